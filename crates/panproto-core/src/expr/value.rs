//! Values of the language: cheap to clone, bounded in depth and size.

use super::ast::Expr;
use super::env::Env;
use super::limits::{VALUE_BYTES, VALUE_DEPTH, deep_value, large_value};
use crate::diagnostic::Result;
use crate::name::Name;
use crate::ordered::Arrange;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A value.
///
/// `PartialEq` is identity of structure, floats by their bits. Equality as the language has it (`1 == 1.0`, members
/// in any order) is [`super::compare::equal`].
#[derive(Clone)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An exact integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// An exact JSON number that is neither an `i64` nor the shortest text of a double. It passes through, and
    /// compares exactly; nothing is computed with it.
    Number(Name),
    /// Text.
    Str(Name),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// Items in order.
    List(List),
    /// Members in order, each name once.
    Record(Record),
    /// A function.
    Closure(Arc<Closure>),
}

/// A function with what it sees.
pub struct Closure {
    /// Name of the argument.
    pub param: Name,
    /// What it computes.
    pub body: Arc<Expr>,
    /// The names that stood around it.
    pub env: Env,
}

impl Value {
    /// Text.
    pub fn str(text: impl AsRef<str>) -> Value {
        Value::Str(Name::new(text))
    }

    /// Items.
    ///
    /// # Errors
    /// `limit-depth`, `limit-memory`.
    pub fn list(items: Vec<Value>) -> Result<Value> {
        Ok(Value::List(List::new(items)?))
    }

    /// Members; of a name that comes twice the last value counts.
    ///
    /// # Errors
    /// `limit-depth`, `limit-memory`.
    pub fn record(members: Vec<(Name, Value)>) -> Result<Value> {
        Ok(Value::Record(Record::new(members)?))
    }

    /// What `type_of` answers.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Number(_) => "number",
            Value::Str(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Record(_) => "record",
            Value::Closure(_) => "function",
        }
    }

    /// Levels of nesting below it.
    pub(super) fn depth(&self) -> u32 {
        match self {
            Value::List(list) => list.0.depth,
            Value::Record(record) => record.0.depth,
            Value::Closure(closure) => 1 + closure.env.depth().max(closure.body.depth()),
            _ => 0,
        }
    }

    /// Bytes that it would take if nothing were shared.
    pub(super) fn size(&self) -> u64 {
        16 + match self {
            Value::Number(text) | Value::Str(text) => text.len() as u64,
            Value::Bytes(bytes) => bytes.len() as u64,
            Value::List(list) => list.0.size,
            Value::Record(record) => record.0.size,
            _ => 0,
        }
    }
}

/// Items of a list.
#[derive(Clone, PartialEq)]
pub struct List(Arc<Items<Value>>);

/// Members of a record.
#[derive(Clone, PartialEq)]
pub struct Record(Arc<Items<(Name, Value)>>);

#[derive(PartialEq)]
struct Items<T> {
    depth: u32,
    size: u64,
    items: Vec<T>,
}

/// Depth and size of a container of these values: both bounded, so that nothing that walks a value has to count.
fn measure<'v>(values: impl Iterator<Item = &'v Value>, own: u64) -> Result<(u32, u64)> {
    let (mut depth, mut size) = (0, own);
    for value in values {
        depth = depth.max(value.depth());
        size += value.size();
    }
    if depth >= VALUE_DEPTH {
        return Err(deep_value());
    }
    if size > VALUE_BYTES {
        return Err(large_value());
    }
    Ok((depth + 1, size))
}

impl List {
    /// A list.
    ///
    /// # Errors
    /// `limit-depth`, `limit-memory`.
    pub fn new(items: Vec<Value>) -> Result<List> {
        let (depth, size) = measure(items.iter(), 16)?;
        Ok(List(Arc::new(Items { depth, size, items })))
    }
}

impl Deref for List {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        &self.0.items
    }
}

impl Record {
    /// A record; of a name that comes twice the last value counts, in the first place.
    ///
    /// # Errors
    /// `limit-depth`, `limit-memory`.
    pub fn new(mut members: Vec<(Name, Value)>) -> Result<Record> {
        drop_duplicates(&mut members);
        let names: u64 = members.iter().map(|(name, _)| 16 + name.len() as u64).sum();
        let (depth, size) = measure(members.iter().map(|(_, value)| value), 16 + names)?;
        Ok(Record(Arc::new(Items { depth, size, items: members })))
    }

    /// A member's value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl Deref for Record {
    type Target = [(Name, Value)];
    fn deref(&self) -> &[(Name, Value)] {
        &self.0.items
    }
}

fn drop_duplicates(members: &mut Vec<(Name, Value)>) {
    let mut order: Vec<usize> = (0..members.len()).collect();
    let name = |at: usize| members.get(at).map(|(name, _)| name.as_str());
    // Stable: equal names stay in the order of the members.
    order.arrange_by(|&a, &b| name(a).cmp(&name(b)));
    if order.windows(2).all(|pair| matches!(pair, [a, b] if name(*a) != name(*b))) {
        return;
    }
    let mut kept: Vec<(usize, Value)> = Vec::new();
    for run in order.chunk_by(|&a, &b| name(a) == name(b)) {
        if let (Some(first), Some(last)) = (run.first(), run.last().and_then(|last| members.get(*last))) {
            kept.push((*first, last.1.clone()));
        }
    }
    kept.arrange_by_key(|(at, _)| *at);
    *members = kept
        .into_iter()
        .filter_map(|(at, value)| members.get(at).map(|(name, _)| (name.clone(), value)))
        .collect();
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::Number(a), Value::Number(b)) | (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Record(a), Value::Record(b)) => a == b,
            (Value::Closure(a), Value::Closure(b)) => {
                Arc::ptr_eq(a, b) || (a.param == b.param && a.body == b.body && a.env == b.env)
            }
            _ => false,
        }
    }
}

impl Eq for Value {}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&super::print::value_text(self))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::str(text)
    }
}
