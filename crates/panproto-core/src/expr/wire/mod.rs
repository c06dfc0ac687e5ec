//! Trees and values as JSON with a tag for every kind: `{"Builtin":["Add",[{"Var":"x"},{"Lit":{"Int":1}}]]}`.

mod read;

use super::ast::{Expr, ExprKind, Pattern};
use super::compare::float_text;
use super::env::Env;
use super::json::unrepresentable;
use super::limits::{DEPTH, VALUE_BYTES, VALUE_DEPTH, large_value};
use super::value::{Closure, Value};
use crate::diagnostic::Result;
use crate::limits::Limits;
use crate::name::Name;
use crate::value::{Tree, ValueRef, string};

/// Levels of JSON that the deepest tree takes: four for each of its own, and a literal's.
const JSON_DEPTH: u32 = 4 * (DEPTH + VALUE_DEPTH) + 16;

impl Expr {
    /// The tree as JSON. Nothing is lost but the spans.
    ///
    /// # Errors
    /// `not-representable` of a literal float that is not finite; `limit-memory` of what is shared too often.
    pub fn to_json(&self) -> Result<String> {
        let mut writer = Writer { out: Vec::new(), level: 0 };
        writer.expr(self)?;
        Ok(String::from_utf8(writer.out).unwrap_or_default())
    }

    /// The tree of a JSON text. Structures may be maps or arrays in the order of their members.
    ///
    /// # Errors
    /// `json-syntax`; `expr-json` where the JSON is no tree, `wrong-arity`, `unknown-function` of a builtin,
    /// `limit-depth`, `limit-size`; spans are those of the JSON text.
    pub fn from_json(text: &str) -> Result<Expr> {
        read::expr(tree(text)?.root())
    }

    /// The same of JSON that is parsed already.
    ///
    /// # Errors
    /// As [`Expr::from_json`].
    pub fn from_json_value(value: ValueRef<'_>) -> Result<Expr> {
        read::expr(value)
    }
}

impl Value {
    /// The value as JSON with tags: `{"Int":1}`, `"Null"`, `{"List":[…]}`.
    ///
    /// # Errors
    /// As [`Expr::to_json`].
    pub fn to_tagged_json(&self) -> Result<String> {
        let mut writer = Writer { out: Vec::new(), level: 0 };
        writer.value(self)?;
        Ok(String::from_utf8(writer.out).unwrap_or_default())
    }

    /// The value of JSON with tags.
    ///
    /// # Errors
    /// As [`Expr::from_json`].
    pub fn from_tagged_json(text: &str) -> Result<Value> {
        read::value(tree(text)?.root())
    }
}

impl Env {
    /// The names of JSON with tags: `[["x",{"Int":1}]]`.
    ///
    /// # Errors
    /// As [`Expr::from_json`].
    pub fn from_tagged_json(text: &str) -> Result<Env> {
        Ok(Env::of(read::env(tree(text)?.root())?))
    }
}

fn tree(text: &str) -> Result<Tree> {
    Tree::parse(text.as_bytes(), &Limits { depth: JSON_DEPTH, ..Limits::DEFAULT })
}

struct Writer {
    out: Vec<u8>,
    /// Functions around.
    level: u32,
}

impl Writer {
    fn open(&mut self, tag: &str) {
        self.out.extend_from_slice(b"{\"");
        self.out.extend_from_slice(tag.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn name(&mut self, name: &str) {
        string::encode(name, &mut self.out);
    }

    fn all<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T) -> Result<()>) -> Result<()> {
        self.out.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            write(self, item)?;
        }
        self.out.push(b']');
        // Sharing makes small values into large texts.
        if self.out.len() as u64 > VALUE_BYTES { Err(large_value()) } else { Ok(()) }
    }

    fn pairs<T>(&mut self, pairs: &[(Name, T)], write: impl Fn(&mut Self, &T) -> Result<()>) -> Result<()> {
        self.all(pairs, |it, (name, value)| {
            it.raw("[");
            it.name(name);
            it.raw(",");
            write(it, value)?;
            it.raw("]");
            Ok(())
        })
    }

    fn two(&mut self, a: &Expr, b: &Expr) -> Result<()> {
        self.raw("[");
        self.expr(a)?;
        self.raw(",");
        self.expr(b)?;
        self.raw("]");
        Ok(())
    }

    fn expr(&mut self, expr: &Expr) -> Result<()> {
        match expr.kind() {
            ExprKind::Var(name) => {
                self.open("Var");
                self.name(name);
            }
            ExprKind::Lam(name, body) => {
                self.open("Lam");
                self.raw("[");
                self.name(name);
                self.raw(",");
                self.expr(body)?;
                self.raw("]");
            }
            ExprKind::App(function, argument) => {
                self.open("App");
                self.two(function, argument)?;
            }
            ExprKind::Lit(value) => {
                self.open("Lit");
                self.value(value)?;
            }
            ExprKind::Record(members) => {
                self.open("Record");
                self.pairs(members, Self::expr)?;
            }
            ExprKind::List(items) => {
                self.open("List");
                self.all(items, Self::expr)?;
            }
            ExprKind::Field(record, name) => {
                self.open("Field");
                self.raw("[");
                self.expr(record)?;
                self.raw(",");
                self.name(name);
                self.raw("]");
            }
            ExprKind::Index(list, index) => {
                self.open("Index");
                self.two(list, index)?;
            }
            ExprKind::Match { scrutinee, arms } => {
                self.open("Match");
                self.raw("{\"scrutinee\":");
                self.expr(scrutinee)?;
                self.raw(",\"arms\":");
                self.all(arms, |it, (pattern, body)| {
                    it.raw("[");
                    it.pattern(pattern)?;
                    it.raw(",");
                    it.expr(body)?;
                    it.raw("]");
                    Ok(())
                })?;
                self.raw("}");
            }
            ExprKind::Let { name, value, body } => {
                self.open("Let");
                self.raw("{\"name\":");
                self.name(name);
                self.raw(",\"value\":");
                self.expr(value)?;
                self.raw(",\"body\":");
                self.expr(body)?;
                self.raw("}");
            }
            ExprKind::Builtin(builtin, arguments) => {
                self.open("Builtin");
                self.raw("[\"");
                self.raw(builtin.wire());
                self.raw("\",");
                self.all(arguments, Self::expr)?;
                self.raw("]");
            }
        }
        self.raw("}");
        Ok(())
    }

    fn pattern(&mut self, pattern: &Pattern) -> Result<()> {
        match pattern {
            Pattern::Wildcard => {
                self.raw("\"Wildcard\"");
                return Ok(());
            }
            Pattern::Var(name) => {
                self.open("Var");
                self.name(name);
            }
            Pattern::Lit(value) => {
                self.open("Lit");
                self.value(value)?;
            }
            Pattern::Record(members) => {
                self.open("Record");
                self.pairs(members, Self::pattern)?;
            }
            Pattern::List(items) => {
                self.open("List");
                self.all(items, Self::pattern)?;
            }
            Pattern::Constructor(tag, arguments) => {
                self.open("Constructor");
                self.raw("[");
                self.name(tag);
                self.raw(",");
                self.all(arguments, Self::pattern)?;
                self.raw("]");
            }
        }
        self.raw("}");
        Ok(())
    }

    fn value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Null => {
                self.raw("\"Null\"");
                return Ok(());
            }
            Value::Bool(value) => {
                self.open("Bool");
                self.raw(if *value { "true" } else { "false" });
            }
            Value::Int(value) => {
                self.open("Int");
                self.raw(&value.to_string());
            }
            Value::Float(value) if value.is_finite() => {
                self.open("Float");
                self.raw(&float_text(*value));
            }
            Value::Float(_) => return Err(unrepresentable("a float that is not finite")),
            Value::Number(text) => {
                self.open("Number");
                self.name(text);
            }
            Value::Str(text) => {
                self.open("Str");
                self.name(text);
            }
            Value::Bytes(bytes) => {
                self.open("Bytes");
                self.all(bytes, |it, byte| {
                    it.raw(&byte.to_string());
                    Ok(())
                })?;
            }
            Value::List(items) => {
                self.open("List");
                self.all(items, Self::value)?;
            }
            Value::Record(members) => {
                self.open("Record");
                self.pairs(members, Self::value)?;
            }
            Value::Closure(closure) => {
                self.open("Closure");
                self.closure(closure)?;
            }
        }
        self.raw("}");
        Ok(())
    }

    /// A function; of what it sees only what it looks up.
    fn closure(&mut self, closure: &Closure) -> Result<()> {
        self.level += 1;
        if self.level > DEPTH {
            return Err(super::limits::deep_value());
        }
        self.raw("{\"param\":");
        self.name(&closure.param);
        self.raw(",\"body\":");
        self.expr(&closure.body)?;
        self.raw(",\"env\":");
        let seen: Vec<(Name, Value)> = closure
            .body
            .free_variables()
            .into_iter()
            .filter(|name| *name != closure.param)
            .filter_map(|name| closure.env.get(&name).cloned().map(|value| (name, value)))
            .collect();
        self.pairs(&seen, Self::value)?;
        self.raw("}");
        self.level -= 1;
        Ok(())
    }
}
