//! The expressions of a machine on values as they are written.
//!
//! Both engines compute here, so that they compute the same.

use super::machine::{ApplyRule, ComputeRule, Condition};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::expr::{Env, Expr, Value, evaluate};
use crate::limits::Budget;
use crate::name::Name;
use crate::value::{Json, Tree, ValueRef};

/// The name under which an expression over an object sees the object.
const OBJECT: &str = "attrs";

/// What an expression gives for one value, which it sees under all of these names.
///
/// # Errors
/// Those of the expression; of a value that no JSON text has.
pub fn apply(expr: &Expr, names: &[Name], value: Value, budget: &mut Budget) -> Result<Vec<u8>> {
    let env = Env::of(names.iter().map(|name| (name.clone(), value.clone())));
    written(&evaluate(expr, &env, None, budget)?)
}

/// Whether a condition holds on an object: `members` are the values of those that it names, in order, `null` where
/// they are absent; `object` is the object itself, if the condition sees it.
///
/// # Errors
/// Those of the expression; `condition-not-boolean`.
pub fn holds(
    condition: &Condition,
    members: impl IntoIterator<Item = Value>,
    object: Option<Value>,
    budget: &mut Budget,
) -> Result<bool> {
    let members = condition.names.iter().cloned().zip(members);
    let object = object.map(|object| (Name::new(OBJECT), object));
    match evaluate(&condition.expr, &Env::of(members.chain(object)), None, budget)? {
        Value::Bool(holds) => Ok(holds),
        other => {
            let message = format!("the condition gives {}, not a truth value", other.type_name());
            Err(Diagnostic::new(Kind::Data, "condition-not-boolean", message)
                .help("compare with `==`, `<`, `is_null`, …")
                .boxed())
        }
    }
}

/// The outputs of a computation; nothing where `forward` gives none. `inputs` are parallel to those of the rule.
///
/// # Errors
/// Those of the expression; `compute-no-record` where it gives no record for several outputs.
pub fn forward(
    rule: &ComputeRule,
    inputs: impl IntoIterator<Item = Value>,
    budget: &mut Budget,
) -> Result<Vec<Option<Vec<u8>>>> {
    let members: Vec<(Name, Value)> =
        rule.inputs.iter().map(|input| input.name.clone()).zip(inputs).collect();
    let value = evaluate(&rule.forward, &scope(members, rule.attrs.0)?, None, budget)?;
    parts(&value, rule.outputs.iter().map(|(name, _)| name))
}

/// The consumed inputs of a computation, from its outputs (parallel to those of the rule; `null` for an absent one)
/// and its inputs as they are (parallel to those of the rule; it sees those that are kept). Nothing for one that is
/// to be absent.
///
/// # Errors
/// Those of the expression; `compute-no-record`.
pub fn backward(
    rule: &ComputeRule,
    backward: &Expr,
    outputs: impl IntoIterator<Item = Value>,
    inputs: impl IntoIterator<Item = Value>,
    budget: &mut Budget,
) -> Result<Vec<Option<Vec<u8>>>> {
    let kept = rule.inputs.iter().zip(inputs).filter(|(input, _)| input.consumed.is_none());
    let kept = kept.map(|(input, value)| (input.name.clone(), value));
    let outputs = rule.outputs.iter().map(|(name, _)| name.clone()).zip(outputs);
    // An output hides a kept input of the same name.
    let members: Vec<(Name, Value)> = kept.chain(outputs).collect();
    let value = evaluate(backward, &scope(members, rule.attrs.1)?, None, budget)?;
    parts(&value, rule.consumed().map(|(name, _)| name))
}

/// The members by name, and as members of one record where the expression wants that.
fn scope(mut members: Vec<(Name, Value)>, attrs: bool) -> Result<Env> {
    if attrs && !members.iter().any(|(name, _)| name.as_str() == OBJECT) {
        let object = Value::record(members.clone())?;
        members.push((Name::new(OBJECT), object));
    }
    Ok(Env::of(members))
}

/// The only part itself, or members of a record.
fn parts<'n>(value: &Value, names: impl Iterator<Item = &'n Name>) -> Result<Vec<Option<Vec<u8>>>> {
    let names: Vec<&Name> = names.collect();
    if let [_] = names.as_slice() {
        return Ok(vec![Some(written(value)?)]);
    }
    let Value::Record(record) = value else {
        let message = format!("the expression gives {}, and has to give a record", value.type_name());
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        return Err(Diagnostic::new(Kind::Data, "compute-no-record", message)
            .help(format!("give a record with the members `{}`", names.join("`, `")))
            .boxed());
    };
    names.iter().map(|name| record.get(name).map(written).transpose()).collect()
}

/// A value as expressions see it.
///
/// # Errors
/// `limit-steps`; of a value that the language does not have.
pub fn read(value: ValueRef<'_>, budget: &mut Budget) -> Result<Value> {
    budget.spend(1 + value.raw().len() as u64)?;
    Value::from_json(value)
}

/// The same of one that may be absent, which is `null`.
///
/// # Errors
/// As [`read`].
pub fn read_or_null(value: Option<ValueRef<'_>>, budget: &mut Budget) -> Result<Value> {
    value.map_or(Ok(Value::Null), |value| read(value, budget))
}

fn written(value: &Value) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    value.write_json(&mut text)?;
    Ok(text)
}

/// A text that an engine wrote itself, as a tree.
///
/// # Errors
/// Those of parsing.
pub fn tree(text: &[u8], budget: &mut Budget) -> Result<Tree> {
    budget.spend(1 + text.len() as u64)?;
    Tree::parse(text, budget.limits())
}

/// The value at the end of a way of names.
pub fn at<'a>(object: ValueRef<'a>, way: &[Name]) -> Option<ValueRef<'a>> {
    way.iter().try_fold(object, |object, name| if object.is_object() { object.get(name) } else { None })
}

/// What an expression in place of a state makes of a value that a lens writes by itself; none where it fails.
pub fn view_of(rule: &ApplyRule, value: &Json) -> Option<Json> {
    let mut budget = Budget::default();
    let tree = value.tree();
    let given = read(tree.root(), &mut budget).ok()?;
    let text = apply(&rule.forward, &rule.names.0, given, &mut budget).ok()?;
    Json::parse(std::str::from_utf8(&text).ok()?).ok()
}

/// Whether a condition holds on an object that is there as a whole.
///
/// # Errors
/// As [`holds`].
pub fn holds_on(condition: &Condition, object: ValueRef<'_>, budget: &mut Budget) -> Result<bool> {
    budget.spend((1 + object.len() * condition.names.len()) as u64)?;
    let members: Vec<Value> =
        condition.names.iter().map(|name| read_or_null(object.get(name), budget)).collect::<Result<_>>()?;
    let whole = condition.attrs.then(|| read(object, budget)).transpose()?;
    holds(condition, members, whole, budget)
}

/// The outputs of a computation on an object of the source that is there as a whole: nothing at all where an input is
/// absent.
///
/// # Errors
/// As [`forward`].
pub fn forward_on(
    rule: &ComputeRule,
    object: ValueRef<'_>,
    budget: &mut Budget,
) -> Result<Vec<Option<Vec<u8>>>> {
    budget.spend((1 + object.len() * rule.inputs.len()) as u64)?;
    let inputs: Option<Vec<ValueRef<'_>>> = rule.inputs.iter().map(|input| at(object, &input.way)).collect();
    let Some(inputs) = inputs else { return Ok(vec![None; rule.outputs.len()]) };
    let inputs: Vec<Value> = inputs.into_iter().map(|value| read(value, budget)).collect::<Result<_>>()?;
    forward(rule, inputs, budget)
}
