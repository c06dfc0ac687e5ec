//! Text as tokens, each with its span and its place on its line.

use super::compare::number_of_text;
use super::limits::{TEXT_BYTES, large_expression};
use super::value::Value;
use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::name::Name;
use std::sync::Arc;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(Name),
    /// A name in backticks.
    Quoted(Name),
    /// A string.
    Text(Name),
    /// A byte string.
    Bytes(Arc<[u8]>),
    /// A number without a sign.
    Number(Value),
    /// An operator or a bracket.
    Symbol(&'static str),
    /// The end of the text.
    End,
}

/// A token in its place.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) span: Span,
    /// From 1, in characters; 0 of the end of the text.
    pub(super) column: u32,
    /// Whether it is the first of its line.
    pub(super) first: bool,
    /// Whether nothing stands between it and the token before.
    pub(super) glued: bool,
}

const KEYWORDS: [&str; 9] = ["let", "in", "where", "if", "then", "else", "case", "of", "do"];

/// Longer ones first.
const SYMBOLS: [&str; 32] = [
    "->", "<-", "..", "==", "/=", "<=", ">=", "&&", "||", "++", "\\", ".", ",", ";", "(", ")", "[", "]", "{",
    "}", "=", "|", "&", "<", ">", "+", "-", "*", "/", "%", "@", ":",
];

pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

fn starts_word(c: char) -> bool {
    c == '_' || c == '$' || c.is_alphabetic()
}

fn continues_word(c: char) -> bool {
    c == '\'' || c == '_' || c == '$' || c.is_alphanumeric()
}

/// Whether a name is one token without quotes.
pub(super) fn is_word(name: &str) -> bool {
    name.starts_with(starts_word) && name.chars().all(continues_word)
}

/// Whether a word is a literal, an operator or a wildcard.
pub(super) fn is_reserved(word: &str) -> bool {
    is_keyword(word) || matches!(word, "_" | "True" | "False" | "Nothing" | "not" | "mod" | "div")
}

/// Whether a name can stand for a value without quotes.
pub(super) fn is_plain(name: &str) -> bool {
    is_word(name) && !is_reserved(name)
}

/// Whether a name can be bound without quotes.
pub(super) fn is_variable(name: &str) -> bool {
    is_plain(name) && !name.starts_with(char::is_uppercase)
}

/// Whether a name can be a constructor without quotes.
pub(super) fn is_constructor(name: &str) -> bool {
    is_plain(name) && name.starts_with(char::is_uppercase)
}

#[cold]
pub(super) fn syntax(message: impl Into<std::borrow::Cow<'static, str>>, span: Span) -> Error {
    Diagnostic::new(Kind::Parse, "expr-syntax", message).spanning(span).boxed()
}

/// The tokens of a text, the last one its end.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>> {
    if text.len() > TEXT_BYTES {
        return Err(large_expression());
    }
    let mut lexer = Lexer { text, at: 0, line: 0, column: 1, first: true };
    let mut tokens = Vec::new();
    loop {
        let before = lexer.at;
        lexer.space();
        let (start, column, first) = (lexer.at, lexer.column, lexer.first);
        let token = lexer.token()?;
        let ended = token == Token::End;
        tokens.push(Placed {
            token,
            span: Span::new(start, lexer.at),
            column: if ended { 0 } else { column },
            first: first || ended,
            glued: start == before && start > 0,
        });
        if ended {
            return Ok(tokens);
        }
        lexer.first = false;
        lexer.count(start);
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    column: u32,
    first: bool,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Moves the column over what was read from `start` on.
    fn count(&mut self, start: usize) {
        self.column += self.text.get(start..self.at).unwrap_or_default().chars().count() as u32;
    }

    fn space(&mut self) {
        loop {
            let rest = self.rest();
            match rest.chars().next() {
                Some('\n') => {
                    self.at += 1;
                    self.line += 1;
                    self.column = 1;
                    self.first = true;
                }
                Some('\t') => {
                    self.at += 1;
                    self.column = (self.column - 1) / 8 * 8 + 9;
                }
                Some(c) if c.is_whitespace() || c == '\u{feff}' => {
                    self.at += c.len_utf8();
                    self.column += 1;
                }
                Some('-') if rest.starts_with("--") => {
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    fn token(&mut self) -> Result<Token> {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return Ok(Token::End) };
        match c {
            '"' => Ok(Token::Text(self.quoted('"')?.into())),
            '`' => Ok(Token::Quoted(self.quoted('`')?.into())),
            'b' if rest.starts_with("b\"") => self.bytes(),
            '0'..='9' => self.number(),
            c if starts_word(c) => {
                let length = rest.find(|c| !continues_word(c)).unwrap_or(rest.len());
                self.at += length;
                Ok(Token::Word(Name::new(rest.get(..length).unwrap_or_default())))
            }
            _ => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
                Some(symbol) => {
                    self.at += symbol.len();
                    Ok(Token::Symbol(symbol))
                }
                None => {
                    let span = Span::new(self.at, self.at + c.len_utf8());
                    Err(syntax(format!("`{}` is no part of an expression", c.escape_debug()), span))
                }
            },
        }
    }

    fn number(&mut self) -> Result<Token> {
        let start = self.at;
        let rest = self.rest();
        let digits = |text: &str, radix| text.find(|c: char| !c.is_digit(radix)).unwrap_or(text.len());
        let (length, value) = if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
            let length = digits(hex, 16);
            let value = u64::from_str_radix(hex.get(..length).unwrap_or_default(), 16).ok();
            (2 + length, value.map(|value| i64::try_from(value).map_or_else(|_| large(value), Value::Int)))
        } else {
            let mut length = digits(rest, 10);
            let after = |length: usize| rest.get(length..).unwrap_or_default();
            let mut float = false;
            if let Some(fraction) = after(length).strip_prefix('.')
                && digits(fraction, 10) > 0
            {
                length += 1 + digits(fraction, 10);
                float = true;
            }
            if let Some(exponent) = after(length).strip_prefix(['e', 'E']) {
                let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                if digits(unsigned, 10) > 0 {
                    length += 1 + (exponent.len() - unsigned.len()) + digits(unsigned, 10);
                    float = true;
                }
            }
            let text = rest.get(..length).unwrap_or_default();
            let value = if float {
                text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Value::Float)
            } else {
                let significant = text.trim_start_matches('0');
                let digits = if significant.is_empty() { "0" } else { significant };
                let span = Span::new(self.at, self.at + length);
                Some(number_of_text(digits).map_err(|error| super::error::at(error, span))?)
            };
            (length, value)
        };
        self.at += length;
        let end = self.rest().find(|c| !continues_word(c)).unwrap_or(self.rest().len());
        if end > 0 {
            return Err(syntax("a number ends where a name begins", Span::new(start, self.at + end)));
        }
        value.map(Token::Number).ok_or_else(|| {
            let message = "the number is beyond those that can be computed with";
            Diagnostic::new(Kind::Parse, "number-out-of-range", message)
                .spanning(Span::new(start, self.at))
                .boxed()
        })
    }

    fn bytes(&mut self) -> Result<Token> {
        self.at += 1;
        let start = self.at;
        let mut bytes = Vec::new();
        for c in self.quoted('"')?.chars() {
            let byte = u8::try_from(u32::from(c)).map_err(|_| {
                let message = "a byte string holds characters up to `\\xff`";
                syntax(message, Span::new(start, self.at))
            })?;
            bytes.push(byte);
        }
        Ok(Token::Bytes(bytes.into()))
    }

    /// Text up to the quote that ends it.
    fn quoted(&mut self, quote: char) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let at = self.at;
            let Some(c) = self.rest().chars().next().filter(|c| *c != '\n') else {
                let message = format!("the text that starts here has no closing `{quote}` on its line");
                return Err(syntax(message, Span::new(start, at)));
            };
            self.at += c.len_utf8();
            match c {
                c if c == quote => return Ok(text),
                '\\' => text.push(self.escape(at)?),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self, start: usize) -> Result<char> {
        let rest = self.rest();
        let c = rest.chars().next().unwrap_or('\n');
        self.at += if c == '\n' { 0 } else { c.len_utf8() };
        let simple = match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            '0' => '\0',
            '\\' | '"' | '\'' | '`' | '/' => c,
            'x' => return self.code(rest.get(1..3), 2, start),
            'u' if rest.starts_with("u{") => {
                let body = rest.get(2..).unwrap_or_default();
                let digits = body.find('}').and_then(|end| body.get(..end));
                self.at += 1;
                return self.code(digits, digits.map_or(0, |digits| digits.len() + 1), start);
            }
            'u' => {
                let high = rest.get(1..5);
                let pair = high.and_then(|high| surrogates(high, rest.get(5..11)?));
                if let Some(c) = pair {
                    self.at += 10;
                    return Ok(c);
                }
                return self.code(high, 4, start);
            }
            _ => {
                let message = format!("`\\{}` is no escape", c.escape_debug());
                return Err(Diagnostic::new(Kind::Parse, "expr-syntax", message)
                    .spanning(Span::new(start, self.at))
                    .help("a backslash itself is `\\\\`")
                    .boxed());
            }
        };
        Ok(simple)
    }

    /// The character of hexadecimal digits, which take `length` bytes.
    fn code(&mut self, digits: Option<&str>, length: usize, start: usize) -> Result<char> {
        let hexadecimal = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = digits.filter(hexadecimal).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(c) = code.and_then(char::from_u32) else {
            return Err(syntax("the escape names no character", Span::new(start, self.at)));
        };
        self.at += length;
        Ok(c)
    }
}

/// The character that two escapes make together.
fn surrogates(high: &str, low: &str) -> Option<char> {
    let high = u16::from_str_radix(high, 16).ok()?;
    let low = u16::from_str_radix(low.strip_prefix("\\u")?, 16).ok()?;
    char::decode_utf16([high, low]).next()?.ok().filter(|c| c.len_utf16() == 2)
}

fn large(value: u64) -> Value {
    Value::Number(value.to_string().into())
}
