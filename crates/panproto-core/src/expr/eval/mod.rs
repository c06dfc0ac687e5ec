//! The evaluator: call by value, but for `&&`, `||` and the arms of `case`. It recurses to a counted depth.

mod list;
mod number;
mod text;

use super::ast::{Expr, ExprKind, Pattern};
use super::builtin::Builtin;
use super::compare::{equal, order};
use super::env::Env;
use super::error::{argument, at, mismatch, no_instance, undefined, unknown};
use super::graph::Graph;
use super::limits::{EvalLimits, VALUE_DEPTH, deep_value, over};
use super::value::{Closure, Record, Value};
use crate::diagnostic::{Result, Span};
use crate::limits::Budget;
use crate::name::Name;
use std::cmp::Ordering;
use std::sync::Arc;

/// What an expression comes to.
///
/// # Errors
/// `unknown-variable`, `unknown-field`, `expr-type-mismatch`, `division-by-zero`, `integer-overflow`, `float-overflow`,
/// `number-not-representable`, `index-out-of-range`, `empty-list`, `no-match`, `not-a-number`, `invalid-argument`,
/// `no-instance-context`, and the limits `limit-steps`, `limit-depth`, `limit-list`, `limit-memory`; each with the
/// span of the part that failed.
pub fn evaluate(expr: &Expr, env: &Env, graph: Option<&dyn Graph>, budget: &mut Budget) -> Result<Value> {
    evaluate_within(expr, env, graph, EvalLimits::DEFAULT, budget)
}

/// The same within other limits.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_within(
    expr: &Expr,
    env: &Env,
    graph: Option<&dyn Graph>,
    limits: EvalLimits,
    budget: &mut Budget,
) -> Result<Value> {
    Machine { graph, budget, limits, steps: 0, depth: 0, memory: 0 }.eval(expr, env)
}

/// Bytes that one step goes through.
const PIECE: u64 = 1024;

struct Machine<'a> {
    graph: Option<&'a dyn Graph>,
    budget: &'a mut Budget,
    limits: EvalLimits,
    steps: u64,
    depth: u32,
    memory: u64,
}

impl Machine<'_> {
    /// Counts steps.
    fn spend(&mut self, steps: u64) -> Result<()> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.limits.steps {
            return Err(over(
                "limit-steps",
                format!("the expression passes its budget of {} steps", self.limits.steps),
            ));
        }
        self.budget.spend(steps)
    }

    /// Counts the work of going through so many bytes.
    fn spend_bytes(&mut self, bytes: usize) -> Result<()> {
        self.spend(bytes as u64 / PIECE)
    }

    /// Counts the work of going through a value.
    fn spend_value(&mut self, value: &Value) -> Result<()> {
        self.spend(value.size() / PIECE)
    }

    /// Counts bytes that are about to be made.
    fn make(&mut self, bytes: u64) -> Result<()> {
        self.memory = self.memory.saturating_add(bytes);
        if self.memory > self.limits.memory {
            return Err(over(
                "limit-memory",
                format!("the expression makes more than {} bytes", self.limits.memory),
            ));
        }
        Ok(())
    }

    /// Counts a list that is about to be made.
    fn make_list(&mut self, items: usize) -> Result<()> {
        if items > self.limits.list {
            return Err(over(
                "limit-list",
                format!("a list of this expression passes {} items", self.limits.list),
            ));
        }
        self.spend(items as u64 / 8)?;
        self.make(items as u64 * size_of::<Value>() as u64)
    }

    /// A text that is about to be made.
    fn make_text(&mut self, bytes: usize) -> Result<()> {
        if bytes as u64 > super::limits::VALUE_BYTES {
            return Err(super::limits::large_value());
        }
        self.make(bytes as u64)?;
        self.spend_bytes(bytes)
    }

    fn eval(&mut self, expr: &Expr, env: &Env) -> Result<Value> {
        if self.depth >= self.limits.depth {
            let message = format!("the evaluation passes {} levels of nesting", self.limits.depth);
            return Err(at(over("limit-depth", message), expr.span()));
        }
        self.depth += 1;
        let result = self.spend(1).and_then(|()| self.eval_kind(expr, env));
        self.depth -= 1;
        result.map_err(|error| at(error, expr.span()))
    }

    // Small, since it is on the stack once per level: what needs room is a function of its own.
    fn eval_kind(&mut self, expr: &Expr, env: &Env) -> Result<Value> {
        match expr.kind() {
            ExprKind::Var(name) => variable(name, env),
            ExprKind::Lit(value) => Ok(value.clone()),
            ExprKind::Lam(param, body) => closure(param, body, env),
            ExprKind::App(function, argument) => {
                let function_value = self.eval(function, env)?;
                let argument = self.eval(argument, env)?;
                self.apply(&function_value, argument).map_err(|error| at(error, function.span()))
            }
            ExprKind::Let { name, value, body } => {
                let value = self.eval(value, env)?;
                self.eval(body, &env.with(name.clone(), value))
            }
            ExprKind::Match { scrutinee, arms } => self.eval_match(scrutinee, arms, env),
            ExprKind::Record(members) => self.eval_record(members, env),
            ExprKind::List(items) => self.eval_list(items, env),
            ExprKind::Field(record, name) => {
                let record = self.eval(record, env)?;
                field(&record, name)
            }
            ExprKind::Index(list, index) => {
                let list = self.eval(list, env)?;
                let index = self.eval(index, env)?;
                item(&list, &index)
            }
            ExprKind::Builtin(builtin, arguments) => self.eval_builtin(*builtin, arguments, env),
        }
    }

    #[inline(never)]
    fn eval_match(&mut self, scrutinee: &Expr, arms: &[(Pattern, Expr)], env: &Env) -> Result<Value> {
        let value = self.eval(scrutinee, env)?;
        for (pattern, expr) in arms {
            self.spend(1)?;
            let mut inner = env.clone();
            if self.fits(pattern, &value, &mut inner)? {
                return self.eval(expr, &inner);
            }
        }
        let condition = arms.iter().all(|(pattern, _)| matches!(pattern, Pattern::Lit(Value::Bool(_))));
        if condition && !matches!(value, Value::Bool(_)) {
            return Err(at(mismatch("a condition", "a truth value", &value), scrutinee.span()));
        }
        Err(undefined("no-match", format!("no arm of `case` fits this {}", value.type_name())))
    }

    /// Whether a pattern fits, and what its names stand for then.
    fn fits(&mut self, pattern: &Pattern, value: &Value, env: &mut Env) -> Result<bool> {
        self.spend(1)?;
        match (pattern, value) {
            (Pattern::Wildcard, _) => Ok(true),
            (Pattern::Var(name), value) => {
                *env = env.with(name.clone(), value.clone());
                Ok(true)
            }
            (Pattern::Lit(Value::Closure(_)), _) | (Pattern::Lit(_), Value::Closure(_)) => Ok(false),
            (Pattern::Lit(literal), value) => {
                self.spend_value(literal)?;
                equal(literal, value)
            }
            (Pattern::Record(members), Value::Record(record)) => self.fit_members(members, record, env),
            (Pattern::List(patterns), Value::List(items)) if patterns.len() == items.len() => {
                for (pattern, item) in patterns.iter().zip(items.iter()) {
                    if !self.fits(pattern, item, env)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Pattern::Constructor(tag, arguments), Value::Record(record)) => {
                if !matches!(record.get("$tag"), Some(Value::Str(found)) if found == tag) {
                    return Ok(false);
                }
                for (at, pattern) in arguments.iter().enumerate() {
                    let Some(value) = record.get(&format!("${at}")) else { return Ok(false) };
                    if !self.fits(pattern, value, env)? {
                        return Ok(false);
                    }
                }
                Ok(record.get(&format!("${}", arguments.len())).is_none())
            }
            _ => Ok(false),
        }
    }

    fn fit_members(&mut self, members: &[(Name, Pattern)], record: &Record, env: &mut Env) -> Result<bool> {
        for (name, pattern) in members {
            self.spend(record.len() as u64 / 8)?;
            let Some(value) = record.get(name) else { return Ok(false) };
            if !self.fits(pattern, value, env)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    #[inline(never)]
    fn eval_record(&mut self, members: &[(Name, Expr)], env: &Env) -> Result<Value> {
        self.make_list(members.len())?;
        let mut values = Vec::with_capacity(members.len());
        for (name, expr) in members {
            values.push((name.clone(), self.eval(expr, env)?));
        }
        Value::record(values)
    }

    #[inline(never)]
    fn eval_list(&mut self, items: &[Expr], env: &Env) -> Result<Value> {
        self.make_list(items.len())?;
        let mut values = Vec::with_capacity(items.len());
        for expr in items {
            values.push(self.eval(expr, env)?);
        }
        Value::list(values)
    }

    #[inline(never)]
    fn eval_builtin(&mut self, builtin: Builtin, arguments: &[Expr], env: &Env) -> Result<Value> {
        if let (Builtin::And | Builtin::Or, [a, b]) = (builtin, arguments) {
            let first = truth(builtin, &self.eval(a, env)?).map_err(|error| at(error, a.span()))?;
            if first == (builtin == Builtin::Or) {
                return Ok(Value::Bool(first));
            }
            let second = self.eval(b, env)?;
            return Ok(Value::Bool(truth(builtin, &second).map_err(|error| at(error, b.span()))?));
        }
        let mut values = [Value::Null, Value::Null, Value::Null];
        for (value, expr) in values.iter_mut().zip(arguments) {
            *value = self.eval(expr, env)?;
        }
        self.call(builtin, values.get(..arguments.len()).unwrap_or_default())
    }

    /// A builtin of values.
    #[inline(never)]
    fn call(&mut self, builtin: Builtin, values: &[Value]) -> Result<Value> {
        use Builtin as B;
        match (builtin, values) {
            (B::Eq | B::Neq, [a, b]) => {
                self.spend(a.size().min(b.size()) / PIECE)?;
                Ok(Value::Bool(equal(a, b)? == (builtin == B::Eq)))
            }
            (B::Lt | B::Lte | B::Gt | B::Gte, [a, b]) => {
                self.spend(a.size().min(b.size()) / PIECE)?;
                compare(builtin, a, b)
            }
            (B::Not, [a]) => Ok(Value::Bool(!truth(builtin, a)?)),
            (B::Default, [a, b]) => Ok(if matches!(a, Value::Null) { b.clone() } else { a.clone() }),
            (B::TypeOf, [a]) => Ok(Value::str(a.type_name())),
            (B::IsNull, [a]) => Ok(Value::Bool(matches!(a, Value::Null))),
            (B::IsList, [a]) => Ok(Value::Bool(matches!(a, Value::List(_)))),
            (B::Edge | B::Children | B::HasEdge | B::EdgeCount | B::Anchor, values) => {
                self.ask(builtin, values)
            }
            (B::Merge | B::Keys | B::Values | B::HasField, values) => self.records(builtin, values),
            (B::Concat | B::Slice | B::Contains, [Value::List(_), ..]) => self.lists(builtin, values),
            (
                B::Concat
                | B::Len
                | B::Slice
                | B::Upper
                | B::Lower
                | B::Trim
                | B::Split
                | B::Join
                | B::Replace
                | B::Contains
                | B::TruncateStr,
                values,
            ) => self.texts(builtin, values),
            (
                B::Map
                | B::Filter
                | B::Fold
                | B::FlatMap
                | B::Append
                | B::Head
                | B::Tail
                | B::Reverse
                | B::Length
                | B::Range,
                values,
            ) => self.lists(builtin, values),
            (builtin, values) => number::call(builtin, values),
        }
    }

    fn records(&mut self, builtin: Builtin, values: &[Value]) -> Result<Value> {
        for value in values.iter().take(if builtin == Builtin::Merge { 2 } else { 1 }) {
            let Value::Record(record) = value else { return Err(argument(builtin, "a record", value)) };
            self.make_list(record.len())?;
        }
        match (builtin, values) {
            (Builtin::Merge, [Value::Record(a), Value::Record(b)]) => {
                Value::record(a.iter().chain(b.iter()).cloned().collect())
            }
            (Builtin::Keys, [Value::Record(record)]) => {
                Value::list(record.iter().map(|(name, _)| Value::Str(name.clone())).collect())
            }
            (Builtin::Values, [Value::Record(record)]) => {
                Value::list(record.iter().map(|(_, value)| value.clone()).collect())
            }
            (Builtin::HasField, [Value::Record(record), Value::Str(name)]) => {
                Ok(Value::Bool(record.get(name).is_some()))
            }
            (_, values) => Err(argument(builtin, "a string", values.last().unwrap_or(&Value::Null))),
        }
    }

    fn ask(&mut self, builtin: Builtin, values: &[Value]) -> Result<Value> {
        let Some(graph) = self.graph else { return Err(no_instance(builtin)) };
        match (builtin, values) {
            (Builtin::Edge, [node, Value::Str(name)]) => graph.edge(node, name),
            (Builtin::HasEdge, [node, Value::Str(name)]) => graph.has_edge(node, name).map(Value::Bool),
            (Builtin::EdgeCount, [node]) => graph.edge_count(node).map(Value::Int),
            (Builtin::Anchor, [node]) => graph.anchor(node),
            (Builtin::Children, [node]) => {
                let children = graph.children(node)?;
                self.make_list(children.len())?;
                Value::list(children)
            }
            (_, values) => Err(argument(builtin, "a string", values.last().unwrap_or(&Value::Null))),
        }
    }

    /// A function of a value.
    fn apply(&mut self, function: &Value, argument: Value) -> Result<Value> {
        let Value::Closure(closure) = function else {
            return Err(mismatch("an application", "a function", function));
        };
        self.eval(&closure.body, &closure.env.with(closure.param.clone(), argument))
    }

    /// A function of two values, one after the other.
    fn apply_both(&mut self, function: &Value, first: Value, second: Value) -> Result<Value> {
        if let Value::Closure(closure) = function
            && let ExprKind::Lam(param, body) = closure.body.kind()
        {
            let env = closure.env.with(closure.param.clone(), first).with(param.clone(), second);
            return self.eval(body, &env);
        }
        let inner = self.apply(function, first)?;
        self.apply(&inner, second)
    }
}

fn variable(name: &Name, env: &Env) -> Result<Value> {
    if let Some(value) = env.get(name) {
        return Ok(value.clone());
    }
    let Some(builtin) = Builtin::named(name) else { return Err(unknown(name)) };
    as_function(builtin)
}

/// A builtin as a function of its first argument, of its second, …
pub(super) fn as_lambda(builtin: Builtin) -> Result<Expr> {
    let names = ["a", "b", "c"];
    let arguments = names.iter().take(builtin.arity()).map(|name| Expr::var(*name)).collect();
    let mut expr = Expr::builtin(builtin, arguments)?;
    for name in names.iter().take(builtin.arity()).rev() {
        expr = Expr::new(ExprKind::Lam((*name).into(), Arc::new(expr)), Span::default())?;
    }
    Ok(expr)
}

#[cold]
fn as_function(builtin: Builtin) -> Result<Value> {
    match as_lambda(builtin)?.into_kind() {
        ExprKind::Lam(param, body) => closure(&param, &body, &Env::new()),
        _ => Err(unknown(builtin.name())),
    }
}

fn closure(param: &Name, body: &Arc<Expr>, env: &Env) -> Result<Value> {
    let value =
        Value::Closure(Arc::new(Closure { param: param.clone(), body: body.clone(), env: env.clone() }));
    if value.depth() > VALUE_DEPTH { Err(deep_value()) } else { Ok(value) }
}

fn field(record: &Value, name: &Name) -> Result<Value> {
    let Value::Record(members) = record else {
        return Err(mismatch(&format!("`.{name}`"), "a record", record));
    };
    members
        .get(name)
        .cloned()
        .ok_or_else(|| undefined("unknown-field", format!("the record has no member `{name}`")))
}

fn item(list: &Value, index: &Value) -> Result<Value> {
    match (list, index) {
        (Value::List(items), Value::Int(at)) => {
            usize::try_from(*at).ok().and_then(|at| items.get(at)).cloned().ok_or_else(|| {
                undefined("index-out-of-range", format!("a list of {} items has no item {at}", items.len()))
            })
        }
        (Value::Record(_), Value::Str(name)) => field(list, name),
        (Value::List(_), other) => Err(mismatch("an index of a list", "an integer", other)),
        (Value::Record(_), other) => Err(mismatch("an index of a record", "a string", other)),
        (other, _) => Err(mismatch("an index", "a list or a record", other)),
    }
}

fn truth(builtin: Builtin, value: &Value) -> Result<bool> {
    match value {
        Value::Bool(value) => Ok(*value),
        other => Err(argument(builtin, "truth values", other)),
    }
}

fn compare(builtin: Builtin, a: &Value, b: &Value) -> Result<Value> {
    use Ordering::{Equal, Greater, Less};
    let Some(order) = order(a, b) else {
        let sortable = |value: &Value| number::is_number(value) || matches!(value, Value::Str(_));
        let wrong = if sortable(a) { b } else { a };
        return Err(argument(builtin, "two numbers or two strings", wrong));
    };
    Ok(Value::Bool(match builtin {
        Builtin::Lt => order == Less,
        Builtin::Lte => order != Greater,
        Builtin::Gt => order == Greater,
        _ => matches!(order, Greater | Equal),
    }))
}
