//! Builtins over lists.

use super::{Machine, truth};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::expr::builtin::Builtin;
use crate::expr::compare::equal;
use crate::expr::error::argument;
use crate::expr::value::{List, Value};

impl Machine<'_> {
    pub(super) fn lists(&mut self, builtin: Builtin, values: &[Value]) -> Result<Value> {
        use Builtin as B;
        match (builtin, values) {
            (B::Map | B::Filter | B::FlatMap, [Value::List(items), function])
            | (B::Map | B::Filter | B::FlatMap, [function @ Value::Closure(_), Value::List(items)]) => {
                match builtin {
                    B::Map => self.map(items, function),
                    B::Filter => self.filter(items, function),
                    _ => self.flat_map(items, function),
                }
            }
            (B::Fold, [Value::List(items), start, function])
            | (B::Fold, [function @ Value::Closure(_), start, Value::List(items)]) => {
                let mut gathered = start.clone();
                for item in items.iter() {
                    gathered = self.apply_both(function, gathered, item.clone())?;
                }
                Ok(gathered)
            }
            (B::Range, [Value::Int(from), Value::Int(to)]) => {
                let count = (i128::from(*to) - i128::from(*from) + 1).max(0);
                self.make_list(usize::try_from(count).unwrap_or(usize::MAX))?;
                Value::list((*from..=*to).map(Value::Int).collect())
            }
            (B::Range, [a, b]) => {
                Err(argument(builtin, "two integers", if matches!(a, Value::Int(_)) { b } else { a }))
            }
            (_, [Value::List(items), rest @ ..]) => self.parts(builtin, items, rest),
            (_, values) => Err(argument(builtin, "a list", values.first().unwrap_or(&Value::Null))),
        }
    }

    fn map(&mut self, items: &[Value], function: &Value) -> Result<Value> {
        self.make_list(items.len())?;
        let mut made = Vec::with_capacity(items.len());
        for item in items {
            made.push(self.apply(function, item.clone())?);
        }
        Value::list(made)
    }

    fn filter(&mut self, items: &[Value], function: &Value) -> Result<Value> {
        self.make_list(items.len())?;
        let mut kept = Vec::new();
        for item in items {
            if truth(Builtin::Filter, &self.apply(function, item.clone())?)? {
                kept.push(item.clone());
            }
        }
        Value::list(kept)
    }

    fn flat_map(&mut self, items: &[Value], function: &Value) -> Result<Value> {
        let mut made: Vec<Value> = Vec::new();
        for item in items {
            let Value::List(list) = &self.apply(function, item.clone())? else {
                let message = "the function of `flat_map` answers with no list";
                return Err(Diagnostic::error(Kind::TypeCheck, "expr-type-mismatch", message));
            };
            self.make_list(list.len())?;
            made.extend_from_slice(list);
            if made.len() > self.limits.list {
                self.make_list(made.len())?;
            }
        }
        Value::list(made)
    }

    fn parts(&mut self, builtin: Builtin, items: &List, rest: &[Value]) -> Result<Value> {
        use Builtin as B;
        match (builtin, rest) {
            (B::Length, []) => Ok(Value::Int(items.len() as i64)),
            (B::Head, []) => items.first().cloned().ok_or_else(|| empty(builtin)),
            (B::Tail, []) => {
                let (_, rest) = items.split_first().ok_or_else(|| empty(builtin))?;
                self.make_list(rest.len())?;
                Value::list(rest.to_vec())
            }
            (B::Reverse, []) => {
                self.make_list(items.len())?;
                Value::list(items.iter().rev().cloned().collect())
            }
            (B::Append, [item]) => {
                self.make_list(items.len().saturating_add(1))?;
                let mut made = Vec::with_capacity(items.len() + 1);
                made.extend_from_slice(items);
                made.push(item.clone());
                Value::list(made)
            }
            (B::Concat, [Value::List(more)]) => {
                self.make_list(items.len().saturating_add(more.len()))?;
                Value::list(items.iter().chain(more.iter()).cloned().collect())
            }
            (B::Slice, [Value::Int(from), Value::Int(to)]) => {
                let from = usize::try_from(*from).unwrap_or(0);
                let count = usize::try_from(*to).unwrap_or(0).saturating_sub(from);
                self.make_list(items.len().min(count))?;
                Value::list(items.iter().skip(from).take(count).cloned().collect())
            }
            (B::Contains, [item]) => {
                for candidate in items.iter() {
                    self.spend(1 + candidate.size().min(item.size()) / super::PIECE)?;
                    if equal(candidate, item)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            (B::Concat, [other]) => Err(argument(builtin, "two lists", other)),
            (_, rest) => {
                let wrong = rest.iter().find(|value| !matches!(value, Value::Int(_)));
                Err(argument(builtin, "integers as places", wrong.unwrap_or(&Value::Null)))
            }
        }
    }
}

#[cold]
fn empty(builtin: Builtin) -> Error {
    let message = format!("`{}` of an empty list", builtin.name());
    Diagnostic::new(Kind::Data, "empty-list", message)
        .help("ask first: `if length xs == 0 then … else …`")
        .boxed()
}
