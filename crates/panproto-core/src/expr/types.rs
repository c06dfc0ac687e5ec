//! Types of the language, and how they are written: `Int`, `[Str]`, `{a: Int, ..}`, `Int -> Bool`.

use super::lexer::{Placed, Token, syntax, tokens};
use super::limits::deep_expression;
use super::value::Value;
use crate::diagnostic::{Result, Span};
use crate::name::Name;
use std::fmt;
use std::sync::Arc;

/// Levels of a type that are looked at; what is deeper counts as [`Type::Any`].
pub(super) const LEVELS: u32 = 128;

/// A type. `Any` fits everything and everything fits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Not known, or of several types.
    Any,
    /// Only null.
    Null,
    /// Truth values.
    Bool,
    /// Integers.
    Int,
    /// Floats.
    Float,
    /// Integers or floats.
    Number,
    /// Strings.
    Str,
    /// Byte strings.
    Bytes,
    /// Lists of one type of items.
    List(Arc<Type>),
    /// Records.
    Record(Arc<RecordType>),
    /// Functions.
    Function(Arc<Type>, Arc<Type>),
    /// Not known yet.
    #[doc(hidden)]
    Unknown(u32),
}

/// The members of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordType {
    /// Names and types.
    pub members: Vec<(Name, Type)>,
    /// Whether there may be others.
    pub open: bool,
}

impl RecordType {
    /// The type of a member.
    pub fn get(&self, name: &str) -> Option<&Type> {
        self.members.iter().find(|(key, _)| key == name).map(|(_, ty)| ty)
    }
}

impl Type {
    /// Lists of items.
    pub fn list(item: Type) -> Type {
        Type::List(Arc::new(item))
    }

    /// Records of members.
    pub fn record(members: Vec<(Name, Type)>, open: bool) -> Type {
        Type::Record(Arc::new(RecordType { members, open }))
    }

    /// Functions.
    pub fn function(from: Type, to: Type) -> Type {
        Type::Function(Arc::new(from), Arc::new(to))
    }

    /// The type that a text writes.
    ///
    /// # Errors
    /// `expr-syntax`, `limit-depth`, `limit-size`, with the span.
    pub fn parse(text: &str) -> Result<Type> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0, level: 0 };
        let ty = parser.ty()?;
        if *parser.peek() == Token::End { Ok(ty) } else { Err(parser.expected("the end of the type")) }
    }

    /// The type of a value.
    pub fn of(value: &Value) -> Type {
        of_value(value, 0)
    }
}

fn of_value(value: &Value, level: u32) -> Type {
    if level > LEVELS {
        return Type::Any;
    }
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::Number(_) => Type::Number,
        Value::Str(_) => Type::Str,
        Value::Bytes(_) => Type::Bytes,
        Value::List(items) => {
            let mut types = items.iter().map(|item| of_value(item, level + 1));
            let first = types.next().unwrap_or(Type::Any);
            let one = types.all(|other| other == first);
            Type::list(if one { first } else { Type::Any })
        }
        Value::Record(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), of_value(value, level + 1)));
            Type::record(members.collect(), false)
        }
        Value::Closure(_) => Type::function(Type::Any, Type::Any),
    }
}

struct Parser<'t> {
    tokens: &'t [Placed],
    at: usize,
    level: u32,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> &'t Token {
        self.tokens.get(self.at).map_or(&Token::End, |placed| &placed.token)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).map_or(Span::default(), |placed| placed.span)
    }

    #[cold]
    fn expected(&self, what: &str) -> crate::diagnostic::Error {
        syntax(format!("expected {what}"), self.span())
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(found) if *found == symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.eat(symbol) { Ok(()) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    fn ty(&mut self) -> Result<Type> {
        self.level += 1;
        if self.level > LEVELS {
            return Err(deep_expression(self.span()));
        }
        let from = self.atom()?;
        let ty = if self.eat("->") { Type::function(from, self.ty()?) } else { from };
        self.level -= 1;
        Ok(ty)
    }

    fn atom(&mut self) -> Result<Type> {
        if self.eat("(") {
            let ty = self.ty()?;
            self.expect(")")?;
            return Ok(ty);
        }
        if self.eat("[") {
            let item = self.ty()?;
            self.expect("]")?;
            return Ok(Type::list(item));
        }
        if self.eat("{") {
            return self.record();
        }
        let what = "a type: Any, Null, Bool, Int, Float, Number, Str, Bytes, `[…]`, `{…}` or `… -> …`";
        let Token::Word(word) = self.peek() else { return Err(self.expected(what)) };
        let ty = match word.as_str() {
            "Any" => Type::Any,
            "Null" => Type::Null,
            "Bool" => Type::Bool,
            "Int" => Type::Int,
            "Float" => Type::Float,
            "Number" => Type::Number,
            "Str" => Type::Str,
            "Bytes" => Type::Bytes,
            "List" => {
                self.at += 1;
                self.level += 1;
                if self.level > LEVELS {
                    return Err(deep_expression(self.span()));
                }
                let item = self.atom()?;
                self.level -= 1;
                return Ok(Type::list(item));
            }
            _ => return Err(self.expected(what)),
        };
        self.at += 1;
        Ok(ty)
    }

    fn record(&mut self) -> Result<Type> {
        let mut members: Vec<(Name, Type)> = Vec::new();
        let mut open = false;
        while !self.eat("}") {
            if self.eat("..") {
                open = true;
                self.expect("}")?;
                break;
            }
            let (Token::Word(name) | Token::Text(name) | Token::Quoted(name)) = self.peek() else {
                return Err(self.expected("a name of a member, `..` or `}`"));
            };
            self.at += 1;
            self.expect(":")?;
            let ty = self.ty()?;
            members.retain(|(other, _)| other != name);
            members.push((name.clone(), ty));
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(Type::record(members, open))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, out, 0)
    }
}

fn write(ty: &Type, out: &mut fmt::Formatter<'_>, level: u32) -> fmt::Result {
    if level > LEVELS {
        return out.write_str("Any");
    }
    match ty {
        Type::Any | Type::Unknown(_) => out.write_str("Any"),
        Type::Null => out.write_str("Null"),
        Type::Bool => out.write_str("Bool"),
        Type::Int => out.write_str("Int"),
        Type::Float => out.write_str("Float"),
        Type::Number => out.write_str("Number"),
        Type::Str => out.write_str("Str"),
        Type::Bytes => out.write_str("Bytes"),
        Type::List(item) => {
            out.write_str("[")?;
            write(item, out, level + 1)?;
            out.write_str("]")
        }
        Type::Function(from, to) => {
            let nested = matches!(**from, Type::Function(..));
            out.write_str(if nested { "(" } else { "" })?;
            write(from, out, level + 1)?;
            out.write_str(if nested { ") -> " } else { " -> " })?;
            write(to, out, level + 1)
        }
        Type::Record(record) => {
            out.write_str("{")?;
            for (at, (name, ty)) in record.members.iter().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                out.write_str(&super::print::member_text(name))?;
                out.write_str(": ")?;
                write(ty, out, level + 1)?;
            }
            if record.open {
                out.write_str(if record.members.is_empty() { ".." } else { ", .." })?;
            }
            out.write_str("}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_print_as_they_are_written() {
        for text in [
            "Any",
            "[Int]",
            "{a: Int, \"b c\": [Str], ..}",
            "{..}",
            "{}",
            "Int -> Number -> Bool",
            "(Int -> Float) -> Null",
            "[{a: Bytes}]",
        ] {
            assert_eq!(Type::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Type::parse("List List Int").unwrap().to_string(), "[[Int]]");
        assert_eq!(Type::parse("Integer").unwrap_err().code, "expr-syntax");
        assert_eq!(Type::parse("[Int").unwrap_err().code, "expr-syntax");
        assert_eq!(Type::parse(&"[".repeat(10_000)).unwrap_err().code, "limit-depth");
        assert_eq!(Type::parse(&"List ".repeat(10_000)).unwrap_err().code, "limit-depth");
    }
}
