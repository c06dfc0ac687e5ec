//! Patterns, and parameters of functions.

use super::{Parser, duplicate, negative};
use crate::diagnostic::Result;
use crate::expr::ast::Pattern;
use crate::expr::lexer::{Token, is_reserved};
use crate::expr::value::Value;
use crate::name::Name;
use crate::ordered::Arrange;

impl Parser<'_> {
    /// A pattern whose names are all different.
    pub(super) fn whole_pattern(&mut self) -> Result<Pattern> {
        let span = self.span_here();
        let pattern = self.pattern()?;
        let mut names = pattern.names();
        names.arrange();
        match names.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
            Some([name, ..]) => Err(duplicate(name, span)),
            _ => Ok(pattern),
        }
    }

    fn pattern(&mut self) -> Result<Pattern> {
        let Some(tag) = self.constructor() else { return self.pattern_atom() };
        let mut arguments = Vec::new();
        while self.starts_pattern() {
            arguments.push(self.pattern_atom()?);
        }
        Ok(Pattern::Constructor(tag, arguments))
    }

    fn starts_pattern(&self) -> bool {
        match self.peek() {
            Token::Number(_) | Token::Text(_) | Token::Bytes(_) | Token::Quoted(_) => true,
            Token::Word(word) => {
                !is_reserved(word) || matches!(word.as_str(), "_" | "True" | "False" | "Nothing")
            }
            Token::Symbol(symbol) => matches!(*symbol, "(" | "[" | "{" | "@" | "-"),
            Token::End => false,
        }
    }

    /// The tag of a constructor, if one is here.
    fn constructor(&mut self) -> Option<Name> {
        let tag = match self.peek() {
            Token::Word(word) if crate::expr::lexer::is_constructor(word) => word.clone(),
            Token::Symbol("@") => match self.tokens.get(self.at + 1).map(|next| &next.token) {
                Some(Token::Text(tag) | Token::Word(tag)) => {
                    self.bump();
                    tag.clone()
                }
                _ => return None,
            },
            _ => return None,
        };
        self.bump();
        Some(tag)
    }

    fn pattern_atom(&mut self) -> Result<Pattern> {
        self.enter()?;
        let pattern = self.pattern_inside()?;
        self.depth -= 1;
        Ok(pattern)
    }

    fn pattern_inside(&mut self) -> Result<Pattern> {
        if let Some(tag) = self.constructor() {
            return Ok(Pattern::Constructor(tag, Vec::new()));
        }
        let pattern = match self.peek() {
            Token::Number(value) => Pattern::Lit(value.clone()),
            Token::Text(text) => Pattern::Lit(Value::Str(text.clone())),
            Token::Bytes(bytes) => Pattern::Lit(Value::Bytes(bytes.clone())),
            Token::Quoted(name) => Pattern::Var(name.clone()),
            Token::Word(word) => match word.as_str() {
                "_" => Pattern::Wildcard,
                "True" => Pattern::Lit(Value::Bool(true)),
                "False" => Pattern::Lit(Value::Bool(false)),
                "Nothing" => Pattern::Lit(Value::Null),
                word if is_reserved(word) => return Err(self.unexpected("a pattern")),
                _ => Pattern::Var(word.clone()),
            },
            Token::Symbol("-") => {
                self.bump();
                match self.peek() {
                    Token::Number(value) => Pattern::Lit(negative(value)?),
                    _ => return Err(self.unexpected("a number")),
                }
            }
            Token::Symbol("(") => return self.bracketed(")", Self::pattern),
            Token::Symbol("[") => {
                let items = self.bracketed("]", |it| it.separated("]", Self::pattern))?;
                return Ok(Pattern::List(items));
            }
            Token::Symbol("{") => {
                let members = self.bracketed("}", |it| it.separated("}", Self::pattern_member))?;
                return Ok(Pattern::Record(members));
            }
            Token::Symbol(_) | Token::End => return Err(self.unexpected("a pattern")),
        };
        self.bump();
        Ok(pattern)
    }

    fn pattern_member(&mut self) -> Result<(Name, Pattern)> {
        let bare = match self.peek() {
            Token::Word(word) => !is_reserved(word),
            token => matches!(token, Token::Quoted(_)),
        };
        let name = self.member("a name of a member")?;
        if bare && !self.is("=") {
            return Ok((name.clone(), Pattern::Var(name)));
        }
        self.expect("=")?;
        Ok((name, self.pattern()?))
    }

    /// Parts between commas, up to the bracket that ends them.
    pub(super) fn separated<T>(
        &mut self,
        close: &str,
        mut part: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut parts = Vec::new();
        while !self.is(close) {
            parts.push(part(self)?);
            if !self.eat(",") {
                break;
            }
        }
        Ok(parts)
    }

    /// One or more patterns up to a symbol.
    pub(super) fn parameters(&mut self, end: &str) -> Result<Vec<Pattern>> {
        let mut patterns = Vec::new();
        while patterns.is_empty() || !self.eat(end) {
            if !self.starts_pattern() {
                return Err(self.unexpected(&format!("a parameter or `{end}`")));
            }
            patterns.push(self.parameter()?);
        }
        Ok(patterns)
    }

    pub(super) fn parameter(&mut self) -> Result<Pattern> {
        let span = self.span_here();
        let pattern = self.pattern_atom()?;
        let mut names = pattern.names();
        names.arrange();
        match names.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
            Some([name, ..]) => Err(duplicate(name, span)),
            _ => Ok(pattern),
        }
    }
}
