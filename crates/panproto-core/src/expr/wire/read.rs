//! Reading trees and values with tags.

use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::expr::ast::{Expr, ExprKind, Pattern};
use crate::expr::builtin::Builtin;
use crate::expr::compare::number_of_text;
use crate::expr::env::Env;
use crate::expr::error::at;
use crate::expr::json::text;
use crate::expr::limits::{NODES, VALUE_DEPTH, deep_expression, large_expression};
use crate::expr::value::{Closure, Value};
use crate::name::Name;
use crate::ordered::Arrange;
use crate::value::{Decimal, JsonKind, ValueRef};
use std::sync::Arc;

pub(super) fn expr(json: ValueRef<'_>) -> Result<Expr> {
    Reader::new().expr(json)
}

pub(super) fn value(json: ValueRef<'_>) -> Result<Value> {
    Reader::new().value(json)
}

pub(super) fn env(json: ValueRef<'_>) -> Result<Vec<(Name, Value)>> {
    Reader::new().pairs(json, Reader::value)
}

struct Reader {
    level: u32,
    left: usize,
}

#[cold]
fn wrong(json: ValueRef<'_>, expected: &str) -> Error {
    let raw = json.raw_str();
    let shown: String = raw.chars().take(40).collect();
    let dots = if shown.len() < raw.len() { "…" } else { "" };
    let message = format!("expected {expected}, found `{shown}{dots}`");
    Diagnostic::new(Kind::Parse, "expr-json", message).spanning(json.span()).boxed()
}

/// The one tag of a structure, and what it holds.
fn tagged<'a>(json: ValueRef<'a>, expected: &str) -> Result<(Name, ValueRef<'a>)> {
    let mut members = json.members();
    match (members.next(), members.next()) {
        (Some((tag, inner)), None) => Ok((text(tag)?, inner)),
        _ => Err(wrong(json, expected)),
    }
}

/// The members of a structure: of an object by name, of an array by place.
fn fields<'a, const N: usize>(json: ValueRef<'a>, names: [&str; N]) -> Result<[ValueRef<'a>; N]> {
    let found: Vec<ValueRef<'a>> = match json.kind() {
        JsonKind::Object if json.len() == N => names.iter().filter_map(|name| json.get(name)).collect(),
        JsonKind::Array => json.items().collect(),
        _ => Vec::new(),
    };
    found.try_into().map_err(|_| wrong(json, &format!("`{}`", names.join("`, `"))))
}

fn string(json: ValueRef<'_>) -> Result<Name> {
    if json.kind() == JsonKind::String { text(json) } else { Err(wrong(json, "a string")) }
}

fn items(json: ValueRef<'_>) -> Result<impl Iterator<Item = ValueRef<'_>>> {
    if json.kind() == JsonKind::Array { Ok(json.items()) } else { Err(wrong(json, "an array")) }
}

impl Reader {
    fn new() -> Reader {
        Reader { level: 0, left: NODES }
    }

    fn deeper<T>(&mut self, json: ValueRef<'_>, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.level += 1;
        self.left = self.left.saturating_sub(1);
        // Exact depths are the trees' and the values' own matter; this bounds the recursion.
        if self.level > VALUE_DEPTH + 2 {
            return Err(deep_expression(json.span()));
        }
        if self.left == 0 {
            return Err(large_expression());
        }
        let result = read(self).map_err(|error| at(error, json.span()))?;
        self.level -= 1;
        Ok(result)
    }

    fn all<T>(
        &mut self,
        json: ValueRef<'_>,
        mut read: impl FnMut(&mut Self, ValueRef<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        items(json)?.map(|item| read(self, item)).collect()
    }

    /// `[[name, …], …]` or `{name: …}`, each name once.
    fn pairs<T>(
        &mut self,
        json: ValueRef<'_>,
        mut read: impl FnMut(&mut Self, ValueRef<'_>) -> Result<T>,
    ) -> Result<Vec<(Name, T)>> {
        let mut pairs: Vec<(Name, T)> = Vec::new();
        if json.kind() == JsonKind::Object {
            for (name, inner) in json.members() {
                pairs.push((text(name)?, read(self, inner)?));
            }
        } else {
            for pair in items(json)? {
                let [name, inner] = fields(pair, ["name", "value"])?;
                pairs.push((string(name)?, read(self, inner)?));
            }
        }
        let mut names: Vec<&Name> = pairs.iter().map(|(name, _)| name).collect();
        names.arrange();
        match names.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
            Some([name, ..]) => {
                let message = format!("`{name}` is here twice");
                Err(Diagnostic::new(Kind::Parse, "duplicate-name", message).spanning(json.span()).boxed())
            }
            _ => Ok(pairs),
        }
    }

    fn arc(&mut self, json: ValueRef<'_>) -> Result<Arc<Expr>> {
        self.expr(json).map(Arc::new)
    }

    fn expr(&mut self, json: ValueRef<'_>) -> Result<Expr> {
        self.deeper(json, |it| {
            let kind = it.kind(json)?;
            // A tree that was read has no text, and so no spans.
            Expr::new(kind, Span::default())
        })
    }

    fn kind(&mut self, json: ValueRef<'_>) -> Result<ExprKind> {
        let expected = "an expression with one tag";
        let (tag, inner) = tagged(json, expected)?;
        Ok(match tag.as_str() {
            "Var" => ExprKind::Var(string(inner)?),
            "Lit" => ExprKind::Lit(self.value(inner)?),
            "Lam" => {
                let [param, body] = fields(inner, ["param", "body"])?;
                ExprKind::Lam(string(param)?, self.arc(body)?)
            }
            "App" => {
                let [function, argument] = fields(inner, ["func", "arg"])?;
                ExprKind::App(self.arc(function)?, self.arc(argument)?)
            }
            "Record" => ExprKind::Record(self.pairs(inner, Self::expr)?),
            "List" => ExprKind::List(self.all(inner, Self::expr)?),
            "Field" => {
                let [record, name] = fields(inner, ["expr", "name"])?;
                ExprKind::Field(self.arc(record)?, string(name)?)
            }
            "Index" => {
                let [list, index] = fields(inner, ["expr", "index"])?;
                ExprKind::Index(self.arc(list)?, self.arc(index)?)
            }
            "Match" => {
                let [scrutinee, arms] = fields(inner, ["scrutinee", "arms"])?;
                let scrutinee = self.arc(scrutinee)?;
                let arms = self.all(arms, |it, arm| {
                    let [pattern, body] = fields(arm, ["pattern", "body"])?;
                    Ok((it.pattern(pattern)?, it.expr(body)?))
                })?;
                ExprKind::Match { scrutinee, arms }
            }
            "Let" => {
                let [name, value, body] = fields(inner, ["name", "value", "body"])?;
                ExprKind::Let { name: string(name)?, value: self.arc(value)?, body: self.arc(body)? }
            }
            "Builtin" => {
                let [op, arguments] = fields(inner, ["op", "args"])?;
                let name = string(op)?;
                let builtin = Builtin::from_wire(&name).ok_or_else(|| {
                    let message = format!("there is no builtin `{name}`");
                    Diagnostic::new(Kind::TypeCheck, "unknown-function", message).spanning(op.span()).boxed()
                })?;
                ExprKind::Builtin(builtin, self.all(arguments, Self::expr)?)
            }
            _ => return Err(wrong(json, expected)),
        })
    }

    fn pattern(&mut self, json: ValueRef<'_>) -> Result<Pattern> {
        self.deeper(json, |it| {
            if json.name_is("Wildcard") {
                return Ok(Pattern::Wildcard);
            }
            let expected = "a pattern with one tag";
            let (tag, inner) = tagged(json, expected)?;
            Ok(match tag.as_str() {
                "Wildcard" => Pattern::Wildcard,
                "Var" => Pattern::Var(string(inner)?),
                "Lit" => Pattern::Lit(it.value(inner)?),
                "Record" => Pattern::Record(it.pairs(inner, Self::pattern)?),
                "List" => Pattern::List(it.all(inner, Self::pattern)?),
                "Constructor" => {
                    let [tag, arguments] = fields(inner, ["tag", "args"])?;
                    Pattern::Constructor(string(tag)?, it.all(arguments, Self::pattern)?)
                }
                _ => return Err(wrong(json, expected)),
            })
        })
    }

    fn value(&mut self, json: ValueRef<'_>) -> Result<Value> {
        self.deeper(json, |it| it.literal(json))
    }

    fn literal(&mut self, json: ValueRef<'_>) -> Result<Value> {
        if json.name_is("Null") {
            return Ok(Value::Null);
        }
        let expected = "a value with one tag";
        let (tag, inner) = tagged(json, expected)?;
        let number = (inner.kind() == JsonKind::Number).then(|| inner.raw_str());
        Ok(match tag.as_str() {
            "Null" => Value::Null,
            "Bool" => Value::Bool(inner.as_bool().ok_or_else(|| wrong(inner, "a truth value"))?),
            "Int" => {
                let integer = inner.as_i64().ok_or_else(|| wrong(inner, "an integer of 64 bits"))?;
                Value::Int(integer)
            }
            "Float" => {
                let float = number.and_then(|text| text.parse().ok()).filter(|value: &f64| value.is_finite());
                Value::Float(float.ok_or_else(|| wrong(inner, "a number that a float can be"))?)
            }
            "Number" => {
                let text = string(inner)?;
                if Decimal::parse(text.as_bytes()).is_none() {
                    return Err(wrong(inner, "the text of a JSON number"));
                }
                number_of_text(&text)?
            }
            "Str" => Value::Str(string(inner)?),
            "Bytes" => {
                let byte = |item: ValueRef<'_>| item.as_u64().and_then(|byte| u8::try_from(byte).ok());
                let bytes: Option<Vec<u8>> = items(inner)?.map(byte).collect();
                Value::Bytes(bytes.ok_or_else(|| wrong(inner, "an array of bytes"))?.into())
            }
            "List" => Value::list(self.all(inner, Self::value)?)?,
            "Record" => Value::record(self.pairs(inner, Self::value)?)?,
            "Closure" => {
                let [param, body, seen] = fields(inner, ["param", "body", "env"])?;
                let (param, body) = (string(param)?, self.arc(body)?);
                let env = Env::of(self.pairs(seen, Self::value)?);
                Value::Closure(Arc::new(Closure { param, body, env }))
            }
            _ => return Err(wrong(json, expected)),
        })
    }
}
