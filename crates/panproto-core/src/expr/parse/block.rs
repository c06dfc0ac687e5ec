//! Blocks: bindings, arms and steps, by indentation or in braces.

use super::Parser;
use crate::diagnostic::Result;
use crate::expr::ast::{Expr, Pattern};
use crate::expr::lexer::{Token, is_variable};
use crate::expr::value::Value;

/// A name or a pattern for a value.
pub(super) struct Bound {
    pub(super) pattern: Pattern,
    pub(super) value: Expr,
}

/// A step of `do`, or what follows the `|` of a comprehension.
pub(super) enum Step {
    /// `p <- xs`
    Each(Pattern, Expr),
    /// `let x = e`
    Let(Vec<Bound>),
    /// A condition, or a list of which only the number of items counts.
    Plain(Expr),
}

impl Parser<'_> {
    /// The items of a block: in braces, or as long as lines start in the column of the first one.
    pub(super) fn block<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        if self.is("{") && !self.is_record_pattern() {
            return self.bracketed("}", |it| {
                let mut items = Vec::new();
                loop {
                    while it.eat(";") || it.eat(",") {}
                    if it.is("}") {
                        return Ok(items);
                    }
                    items.push(item(it)?);
                    if !it.is(";") && !it.is(",") && !it.is("}") {
                        return Err(it.unexpected("`,`, `;` or `}`"));
                    }
                }
            });
        }
        if *self.peek() == Token::End {
            return Err(self.unexpected("an indented block"));
        }
        let column = self.placed().map_or(0, |placed| placed.column);
        self.indents.push(column);
        let mut items = Vec::new();
        loop {
            self.start = self.at;
            items.push(item(self)?);
            if self.eat(";") {
                continue;
            }
            let next = self.placed().filter(|placed| placed.first && placed.column == column);
            if next.is_none_or(|next| next.token == Token::End) {
                break;
            }
        }
        self.indents.pop();
        Ok(items)
    }

    /// Whether the brace here opens a pattern that is bound: `let {a, b} = r in …`.
    fn is_record_pattern(&self) -> bool {
        let mut depth = 0_u32;
        for (at, placed) in self.tokens.iter().enumerate().skip(self.at) {
            match placed.token {
                Token::Symbol("{") => depth += 1,
                Token::Symbol("}") => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let next = self.tokens.get(at + 1).map(|next| &next.token);
                return matches!(next, Some(Token::Symbol("=" | "<-" | "->")));
            }
        }
        false
    }

    /// `x = e`, `f x y = e`, `{a, b} = e`
    pub(super) fn binding(&mut self) -> Result<Bound> {
        let start = self.here();
        let named = match self.peek() {
            Token::Word(word) => is_variable(word) || *word == *"_",
            token => matches!(token, Token::Quoted(_)),
        };
        if !named {
            let pattern = self.whole_pattern()?;
            self.expect("=")?;
            return Ok(Bound { pattern, value: self.expr()? });
        }
        let pattern = self.parameter()?;
        if self.eat("=") {
            return Ok(Bound { pattern, value: self.expr()? });
        }
        let parameters = self.parameters("=")?;
        let body = self.expr()?;
        let value = self.functions(parameters, body, start)?;
        Ok(Bound { pattern, value })
    }

    #[inline(never)]
    pub(super) fn let_in(&mut self, start: u32) -> Result<Expr> {
        self.bump();
        let bindings = self.block(Self::binding)?;
        self.expect_word("in")?;
        let body = self.expr()?;
        self.bind_all(bindings, body, start)
    }

    fn step(&mut self) -> Result<Step> {
        if self.is_word("let") {
            let start = self.here();
            self.bump();
            let bindings = self.block(Self::binding)?;
            if !self.is_word("in") {
                return Ok(Step::Let(bindings));
            }
            self.bump();
            let body = self.expr()?;
            return Ok(Step::Plain(self.bind_all(bindings, body, start)?));
        }
        let (at, start, indents, depth) = (self.at, self.start, self.indents.len(), self.depth);
        if let Ok(pattern) = self.whole_pattern()
            && self.eat("<-")
        {
            return Ok(Step::Each(pattern, self.expr()?));
        }
        (self.at, self.start, self.depth) = (at, start, depth);
        self.indents.truncate(indents);
        self.expr().map(Step::Plain)
    }

    #[inline(never)]
    pub(super) fn steps(&mut self, start: u32) -> Result<Expr> {
        self.bump();
        let mut steps = self.block(Self::step)?;
        match steps.pop() {
            Some(Step::Plain(last)) => self.do_steps(steps, last, start),
            _ => Err(self.unexpected("a list as the last step of `do`")),
        }
    }

    /// A list, a range or a comprehension.
    #[inline(never)]
    pub(super) fn list(&mut self, start: u32) -> Result<Expr> {
        self.bracketed("]", |it| {
            if it.is("]") {
                return Ok(Listed::Items(Vec::new()));
            }
            let first = it.expr()?;
            if it.eat("..") {
                return Ok(Listed::Range(first, it.expr()?));
            }
            if it.eat("|") {
                if it.is("]") {
                    return Err(it.unexpected("`x <- xs`"));
                }
                return Ok(Listed::Each(first, it.separated("]", Self::step)?));
            }
            let mut items = vec![first];
            while it.eat(",") {
                items.push(it.expr()?);
                if it.is("..") && items.len() == 2 {
                    it.bump();
                    let last = it.expr()?;
                    return Ok(Listed::Steps(items, last));
                }
            }
            Ok(Listed::Items(items))
        })
        .and_then(|listed| self.listed(listed, start))
    }
}

/// What stands between two square brackets.
pub(super) enum Listed {
    Items(Vec<Expr>),
    /// `a .. b`
    Range(Expr, Expr),
    /// `a, b .. c`
    Steps(Vec<Expr>, Expr),
    /// `e | steps`
    Each(Expr, Vec<Step>),
}

/// Whether a condition may stand for a step.
pub(super) fn is_true(value: bool) -> Pattern {
    Pattern::Lit(Value::Bool(value))
}
