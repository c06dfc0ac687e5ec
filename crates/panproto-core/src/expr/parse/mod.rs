//! The parser: recursive descent to a counted depth, with blocks by indentation or braces.

mod block;
mod desugar;
mod pattern;
mod resolve;

use super::ast::{Expr, ExprKind};
use super::builtin::Builtin;
use super::lexer::{Placed, Token, is_keyword, syntax, tokens};
use super::limits::{DEPTH, deep_expression};
use super::print::Level;
use super::value::Value;
use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::name::Name;
use std::sync::Arc;

/// The expression that a text spells.
///
/// # Errors
/// `expr-syntax`, `number-out-of-range`, `duplicate-name`, `limit-depth` and `limit-size`, with the span.
pub fn parse(text: &str) -> Result<Expr> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, start: 0, indents: vec![0], depth: 0 };
    let expr = parser.expr()?;
    if parser.placed().is_some_and(|placed| placed.token != Token::End) {
        return Err(parser.unexpected("an operator or the end of the expression"));
    }
    resolve::resolve(expr, text)
}

struct Parser<'t> {
    tokens: &'t [Placed],
    at: usize,
    /// Where the item of the innermost block begins: there its indentation does not end it.
    start: usize,
    /// Columns of the open blocks; 0 inside brackets, where indentation counts for nothing.
    indents: Vec<u32>,
    depth: u32,
}

/// Levels of text: parentheses take a few more than the tree that they spell.
const NESTING: u32 = DEPTH + 8;

/// Levels of a tree whose builtins are still applications, of up to three arguments each.
const SPINES: u32 = 4 * DEPTH;

/// What stands for a token that indentation hides, and after the last one.
const END: &Token = &Token::End;

impl<'t> Parser<'t> {
    fn placed(&self) -> Option<&'t Placed> {
        self.tokens.get(self.at)
    }

    /// The token here; the end where the line's indentation ends the item.
    fn peek(&self) -> &'t Token {
        match self.placed() {
            Some(placed) if !self.hidden(placed) => &placed.token,
            _ => END,
        }
    }

    fn hidden(&self, placed: &Placed) -> bool {
        placed.first
            && self.at != self.start
            && self.indents.last().is_some_and(|indent| placed.column <= *indent)
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if *found == *word)
    }

    fn bump(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.bump();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.eat(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.is_word(word) {
            self.bump();
            return Ok(());
        }
        Err(self.unexpected(&format!("`{word}`")))
    }

    #[cold]
    fn unexpected(&self, wanted: &str) -> Error {
        let hidden = self.placed().is_some_and(|placed| self.hidden(placed));
        let found = match self.placed().map(|placed| &placed.token) {
            None | Some(Token::End) => "the end of the text".to_owned(),
            Some(_) if hidden => "a line that is not indented further".to_owned(),
            Some(Token::Word(word)) if is_keyword(word) => format!("the keyword `{word}`"),
            Some(Token::Word(word) | Token::Quoted(word)) => format!("the name `{word}`"),
            Some(Token::Symbol(symbol)) => format!("`{symbol}`"),
            Some(Token::Number(_)) => "a number".to_owned(),
            Some(Token::Text(_)) => "a string".to_owned(),
            Some(Token::Bytes(_)) => "bytes".to_owned(),
        };
        syntax(format!("expected {wanted}, found {found}"), self.span_here())
    }

    fn span_here(&self) -> Span {
        self.placed().map_or(Span::default(), |placed| placed.span)
    }

    fn here(&self) -> u32 {
        self.span_here().start
    }

    /// From `start` to the end of the token before.
    fn since(&self, start: u32) -> Span {
        let end =
            self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(start, |last| last.span.end);
        Span { start, end: end.max(start) }
    }

    fn node(&self, kind: ExprKind, start: u32) -> Result<Expr> {
        Expr::within(kind, self.since(start), SPINES)
    }

    /// One level deeper.
    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > NESTING { Err(deep_expression(self.span_here())) } else { Ok(()) }
    }

    fn expr(&mut self) -> Result<Expr> {
        let start = self.here();
        let expr = self.binary(Level::Pipe)?;
        if self.is_word("where") { self.with_bindings(expr, start) } else { Ok(expr) }
    }

    #[inline(never)]
    fn with_bindings(&mut self, expr: Expr, start: u32) -> Result<Expr> {
        self.bump();
        self.enter()?;
        let bindings = self.block(Self::binding)?;
        self.depth -= 1;
        self.bind_all(bindings, expr, start)
    }

    fn binary(&mut self, level: Level) -> Result<Expr> {
        self.enter()?;
        let start = self.here();
        let mut left = self.unary()?;
        while let Some((operator, own, right)) = self.operator().filter(|(_, own, _)| *own >= level) {
            self.bump();
            let right = self.binary(right)?;
            let kind = match operator {
                None => ExprKind::App(Arc::new(right), Arc::new(left)),
                Some(builtin) => ExprKind::Builtin(builtin, vec![left, right]),
            };
            debug_assert!(own >= level, "operators that bind looser end the loop");
            left = self.node(kind, start)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator here (none is `&`), its level and that of what follows it.
    fn operator(&self) -> Option<(Option<Builtin>, Level, Level)> {
        let builtin = match self.peek() {
            Token::Symbol("&") => return Some((None, Level::Pipe, Level::Or)),
            Token::Symbol(symbol) => Builtin::all()
                .find(|it| super::print::operator(*it).is_some_and(|(text, ..)| text == *symbol))?,
            Token::Word(word) if *word == *"mod" => Builtin::Mod,
            Token::Word(word) if *word == *"div" => Builtin::Div,
            _ => return None,
        };
        let (_, own, _, right) = super::print::operator(builtin)?;
        Some((Some(builtin), own, right))
    }

    fn unary(&mut self) -> Result<Expr> {
        let start = self.here();
        if self.eat("-") {
            if let Token::Number(value) = self.peek()
                && self.placed().is_some_and(|placed| placed.glued)
            {
                self.bump();
                return self.node(ExprKind::Lit(negative(value)?), start);
            }
            self.enter()?;
            let operand = self.unary()?;
            self.depth -= 1;
            return self.node(ExprKind::Builtin(Builtin::Neg, vec![operand]), start);
        }
        if self.is_word("not") && self.tokens.get(self.at + 1).is_some_and(|next| starts_operand(&next.token))
        {
            self.bump();
            self.enter()?;
            let operand = self.unary()?;
            self.depth -= 1;
            return self.node(ExprKind::Builtin(Builtin::Not, vec![operand]), start);
        }
        self.application()
    }

    fn application(&mut self) -> Result<Expr> {
        let start = self.here();
        let mut expr = self.postfix()?;
        while starts_argument(self.peek()) {
            let argument = self.postfix()?;
            expr = self.node(ExprKind::App(Arc::new(expr), Arc::new(argument)), start)?;
        }
        Ok(expr)
    }

    fn postfix(&mut self) -> Result<Expr> {
        let start = self.here();
        let mut expr = self.atom()?;
        loop {
            let kind = if self.eat(".") {
                ExprKind::Field(Arc::new(expr), self.member("a name of a member")?)
            } else if self.eat("->") {
                let at = self.here();
                let edge = self.member("a name of an edge")?;
                let edge = self.node(ExprKind::Lit(Value::Str(edge)), at)?;
                ExprKind::Builtin(Builtin::Edge, vec![expr, edge])
            } else if self.is("[") && self.placed().is_some_and(|placed| placed.glued) {
                let index = self.index()?;
                ExprKind::Index(Arc::new(expr), Arc::new(index))
            } else {
                return Ok(expr);
            };
            expr = self.node(kind, start)?;
        }
    }

    #[inline(never)]
    fn index(&mut self) -> Result<Expr> {
        self.bracketed("]", Self::expr)
    }

    fn member(&mut self, wanted: &str) -> Result<Name> {
        match self.peek() {
            Token::Word(name) | Token::Text(name) | Token::Quoted(name) => {
                self.bump();
                Ok(name.clone())
            }
            _ => Err(self.unexpected(wanted)),
        }
    }

    /// What stands between this bracket and the one that ends it.
    fn bracketed<T>(&mut self, close: &str, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.bump();
        self.indents.push(0);
        let parsed = parse(self)?;
        self.expect(close)?;
        self.indents.pop();
        Ok(parsed)
    }

    fn atom(&mut self) -> Result<Expr> {
        let start = self.here();
        let kind = match self.peek() {
            Token::Number(value) => ExprKind::Lit(value.clone()),
            Token::Text(text) => ExprKind::Lit(Value::Str(text.clone())),
            Token::Bytes(bytes) => ExprKind::Lit(Value::Bytes(bytes.clone())),
            Token::Quoted(name) => ExprKind::Var(name.clone()),
            Token::Word(word) => match word.as_str() {
                "True" => ExprKind::Lit(Value::Bool(true)),
                "False" => ExprKind::Lit(Value::Bool(false)),
                "Nothing" => ExprKind::Lit(Value::Null),
                "let" => return self.let_in(start),
                "if" => return self.condition(start),
                "case" => return self.case(start),
                "do" => return self.steps(start),
                "_" => return Err(self.unexpected("an expression")),
                word if is_keyword(word) => return Err(self.unexpected("an expression")),
                _ => ExprKind::Var(word.clone()),
            },
            Token::Symbol("(") => return self.parenthesised(),
            Token::Symbol("[") => return self.list(start),
            Token::Symbol("{") => return self.record(start),
            Token::Symbol("\\") => return self.lambda(start),
            Token::Symbol("@") => return self.builtin(start),
            Token::Symbol(_) | Token::End => return Err(self.unexpected("an expression")),
        };
        self.bump();
        self.node(kind, start)
    }

    #[inline(never)]
    fn parenthesised(&mut self) -> Result<Expr> {
        self.bracketed(")", Self::expr)
    }

    /// `@name`: a builtin, whatever is called so around it. Its span starts at the sign, which [`resolve`] sees.
    #[inline(never)]
    fn builtin(&mut self, start: u32) -> Result<Expr> {
        self.bump();
        match self.peek() {
            Token::Word(name) if Builtin::named(name).is_some() => {
                self.bump();
                self.node(ExprKind::Var(name.clone()), start)
            }
            _ => Err(self.unexpected("the name of a builtin")),
        }
    }

    #[inline(never)]
    fn record(&mut self, start: u32) -> Result<Expr> {
        let members = self.bracketed("}", |it| {
            let mut members: Vec<(Name, Expr)> = Vec::new();
            while !it.is("}") {
                let (at, span) = (it.here(), it.span_here());
                let bare = matches!(it.peek(), Token::Word(word) if !is_keyword(word))
                    || matches!(it.peek(), Token::Quoted(_));
                let name = it.member("a name of a member or `}`")?;
                let value = if it.eat("=") {
                    it.expr()?
                } else if bare {
                    it.node(ExprKind::Var(name.clone()), at)?
                } else {
                    return Err(it.unexpected("`=`"));
                };
                if members.iter().any(|(other, _)| *other == name) {
                    return Err(duplicate(&name, span));
                }
                members.push((name, value));
                if !it.eat(",") {
                    break;
                }
            }
            Ok(members)
        })?;
        self.node(ExprKind::Record(members), start)
    }

    #[inline(never)]
    fn lambda(&mut self, start: u32) -> Result<Expr> {
        self.bump();
        let patterns = self.parameters("->")?;
        let body = self.expr()?;
        self.functions(patterns, body, start)
    }

    #[inline(never)]
    fn condition(&mut self, start: u32) -> Result<Expr> {
        self.bump();
        let condition = self.expr()?;
        self.expect_word("then")?;
        let yes = self.expr()?;
        self.expect_word("else")?;
        let no = self.expr()?;
        self.choose(condition, yes, no, start)
    }

    #[inline(never)]
    fn case(&mut self, start: u32) -> Result<Expr> {
        self.bump();
        let scrutinee = Arc::new(self.expr()?);
        self.expect_word("of")?;
        let arms = self.block(|it| {
            let pattern = it.whole_pattern()?;
            it.expect("->")?;
            Ok((pattern, it.expr()?))
        })?;
        self.node(ExprKind::Match { scrutinee, arms }, start)
    }
}

/// A number below zero.
fn negative(value: &Value) -> Result<Value> {
    Ok(match value {
        Value::Float(value) => Value::Float(-value),
        Value::Int(value) => Value::Int(-value),
        Value::Number(text) => super::compare::number_of_text(&format!("-{text}"))?,
        other => other.clone(),
    })
}

fn starts_argument(token: &Token) -> bool {
    !matches!(token, Token::Word(word) if matches!(word.as_str(), "mod" | "div")) && starts_operand(token)
}

fn starts_operand(token: &Token) -> bool {
    match token {
        Token::Number(_) | Token::Text(_) | Token::Bytes(_) | Token::Quoted(_) => true,
        Token::Word(word) => {
            !is_keyword(word) && *word != *"_" || matches!(word.as_str(), "let" | "if" | "case" | "do")
        }
        Token::Symbol(symbol) => matches!(*symbol, "(" | "[" | "{" | "\\" | "@"),
        Token::End => false,
    }
}

#[cold]
fn duplicate(name: &str, span: Span) -> Error {
    let message = format!("`{name}` is here twice");
    Diagnostic::new(Kind::Parse, "duplicate-name", message).spanning(span).boxed()
}
