//! The JSON forms of theories and their parts, both ways: what goes out comes back.

use super::expression;
use super::json::{
    Writer, invalid, list, member, name, name_at, only, optional, payload, text, unknown_tag, variant,
};
use super::{
    CoercionClass, ConflictPolicy, ConflictStrategy, Context, DirectedEquation, Equation, Operation, Sort,
    SortExpr, SortKind, SortParam, Term, Theory, ValueKind,
};
use crate::diagnostic::Result;
use crate::limits::{Limits, depth_error};
use crate::value::{Json, JsonKind, Tree, ValueRef};

impl Theory {
    /// Reads a theory from its JSON form. Every member but `name` may be absent.
    ///
    /// # Errors
    /// Those of JSON; `invalid-theory` with a span; `term-syntax`; `limit-depth`.
    pub fn parse(text: &[u8], limits: &Limits) -> Result<Theory> {
        Theory::from_json(Tree::parse(text, limits)?.root())
    }

    /// Reads a theory from its JSON form.
    ///
    /// # Errors
    /// As [`Theory::parse`].
    pub fn from_json(value: ValueRef<'_>) -> Result<Theory> {
        only(value, "a theory", &["name", "extends", "sorts", "ops", "eqs", "directed_eqs", "policies"])?;
        Ok(Theory {
            name: name_at(value, "name")?,
            extends: list(value, "extends", |item| name(item, "extends"))?,
            sorts: list(value, "sorts", read_sort)?,
            ops: list(value, "ops", read_op)?,
            eqs: list(value, "eqs", read_equation)?,
            directed_eqs: list(value, "directed_eqs", read_directed)?,
            policies: list(value, "policies", read_policy)?,
        })
    }

    /// The JSON form that [`Theory::parse`] reads.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        self.write(&mut out);
        out.finish()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.object(|out| {
            out.text_member("name", &self.name);
            out.list_member("extends", &self.extends, |out, name| out.string(name));
            out.list_member("sorts", &self.sorts, write_sort);
            out.list_member("ops", &self.ops, write_op);
            out.list_member("eqs", &self.eqs, write_equation);
            out.list_member("directed_eqs", &self.directed_eqs, write_directed);
            out.list_member("policies", &self.policies, write_policy);
        });
    }
}

impl Term {
    /// Reads `{"Var":"x"}`, `{"App":{"op":"f","args":[…]}}`, or the text of [`Term::parse`].
    ///
    /// # Errors
    /// `invalid-theory`, `term-syntax`, `limit-depth`.
    pub fn from_json(value: ValueRef<'_>) -> Result<Term> {
        match value.as_str() {
            Some(text) => Term::parse(&text),
            None => read_term(value, Term::DEPTH_MOST),
        }
    }

    /// `{"Var":"x"}` or `{"App":{"op":"f","args":[…]}}`
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        write_term(&mut out, self);
        out.finish()
    }
}

fn read_term(value: ValueRef<'_>, depth: u32) -> Result<Term> {
    let depth = depth.checked_sub(1).ok_or_else(|| depth_error(Term::DEPTH_MOST))?;
    let (tag, inside) = variant(value, "a term")?;
    let inside = payload(value, inside, &tag)?;
    match tag.as_ref() {
        "Var" => Ok(Term::Var(name(inside, "Var")?)),
        "App" => {
            only(inside, "`App`", &["op", "args"])?;
            let args = list(inside, "args", |item| read_term(item, depth))?;
            Ok(Term::App { op: name_at(inside, "op")?, args })
        }
        other => Err(unknown_tag(value, "term", other)),
    }
}

pub(super) fn write_term(out: &mut Writer, term: &Term) {
    match term {
        Term::Var(name) => out.tagged("Var", |out| out.string(name)),
        Term::App { op, args } => out.tagged("App", |out| {
            out.object(|out| {
                out.text_member("op", op);
                out.list_member("args", args, write_term);
            });
        }),
    }
}

/// Reads variables and their sorts: `{"x":"Ob","f":{"name":"Hom","args":["x","x"]}}`, or pairs `[["x","Ob"]]`.
///
/// # Errors
/// `invalid-theory`, `term-syntax`.
pub fn context_from_json(value: ValueRef<'_>) -> Result<Context> {
    let mut context = Context::new();
    for (variable, sort) in value.members() {
        context.insert(name(variable, "variable")?, read_sort_expr(sort)?);
    }
    for pair in value.items() {
        let mut parts = pair.items();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(variable), Some(sort), None) => {
                context.insert(name(variable, "variable")?, read_sort_expr(sort)?);
            }
            _ => return Err(invalid(pair, "a variable is an array of a name and a sort")),
        }
    }
    Ok(context)
}

/// A sort expression: its name, or `{"name":…,"args":[…]}`.
pub(super) fn read_sort_expr(value: ValueRef<'_>) -> Result<SortExpr> {
    if value.kind() == JsonKind::String {
        return Ok(SortExpr::plain(name(value, "sort")?));
    }
    only(value, "a sort", &["name", "args"])?;
    Ok(SortExpr { name: name_at(value, "name")?, args: list(value, "args", Term::from_json)? })
}

pub(super) fn write_sort_expr(out: &mut Writer, sort: &SortExpr) {
    if sort.args.is_empty() {
        return out.string(&sort.name);
    }
    out.object(|out| {
        out.text_member("name", &sort.name);
        out.list_member("args", &sort.args, write_term);
    });
}

/// A sort; its name alone is a plain one.
pub(super) fn read_sort(value: ValueRef<'_>) -> Result<Sort> {
    if value.kind() == JsonKind::String {
        return Ok(Sort::plain(name(value, "sort")?));
    }
    only(value, "a sort", &["name", "params", "kind"])?;
    let kind = optional(value, "kind").map(read_sort_kind).transpose()?.unwrap_or_default();
    Ok(Sort { name: name_at(value, "name")?, params: list(value, "params", read_param)?, kind })
}

pub(super) fn write_sort(out: &mut Writer, sort: &Sort) {
    out.object(|out| {
        out.text_member("name", &sort.name);
        out.list_member("params", &sort.params, |out, param| {
            out.object(|out| {
                out.text_member("name", &param.name);
                out.key("sort");
                write_sort_expr(out, &param.sort);
            });
        });
        out.key("kind");
        write_sort_kind(out, &sort.kind);
    });
}

fn read_param(value: ValueRef<'_>) -> Result<SortParam> {
    only(value, "a parameter", &["name", "sort"])?;
    Ok(SortParam { name: name_at(value, "name")?, sort: read_sort_expr(member(value, "sort")?)? })
}

fn read_sort_kind(value: ValueRef<'_>) -> Result<SortKind> {
    let (tag, inside) = variant(value, "a kind of sorts")?;
    match tag.as_ref() {
        "Structural" => Ok(SortKind::Structural),
        "Val" => Ok(SortKind::Val(read_value_kind(payload(value, inside, "Val")?)?)),
        "Merger" => Ok(SortKind::Merger(read_value_kind(payload(value, inside, "Merger")?)?)),
        "Coercion" => {
            let inside = payload(value, inside, "Coercion")?;
            only(inside, "`Coercion`", &["from", "to", "class"])?;
            Ok(SortKind::Coercion {
                from: read_value_kind(member(inside, "from")?)?,
                to: read_value_kind(member(inside, "to")?)?,
                class: optional(inside, "class").map(read_class).transpose()?.unwrap_or_default(),
            })
        }
        other => Err(unknown_tag(value, "kind of sorts", other)),
    }
}

fn write_sort_kind(out: &mut Writer, kind: &SortKind) {
    match kind {
        SortKind::Structural => out.string("Structural"),
        SortKind::Val(kind) => out.tagged("Val", |out| out.string(kind.as_str())),
        SortKind::Merger(kind) => out.tagged("Merger", |out| out.string(kind.as_str())),
        SortKind::Coercion { from, to, class } => out.tagged("Coercion", |out| {
            out.object(|out| {
                out.text_member("from", from.as_str());
                out.text_member("to", to.as_str());
                out.text_member("class", class.as_str());
            });
        }),
    }
}

pub(super) fn read_value_kind(value: ValueRef<'_>) -> Result<ValueKind> {
    let found = text(value, "a kind of values")?;
    ValueKind::from_name(&found).ok_or_else(|| unknown_tag(value, "kind of values", &found))
}

pub(super) fn read_class(value: ValueRef<'_>) -> Result<CoercionClass> {
    let found = text(value, "a class of coercions")?;
    CoercionClass::from_name(&found).ok_or_else(|| unknown_tag(value, "class of coercions", &found))
}

pub(super) fn read_op(value: ValueRef<'_>) -> Result<Operation> {
    only(value, "an operation", &["name", "inputs", "output"])?;
    let inputs = list(value, "inputs", |item| {
        let mut parts = item.items();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(input), Some(sort), None) => {
                Ok(SortParam { name: name(input, "input")?, sort: read_sort_expr(sort)? })
            }
            _ => Err(invalid(item, "an input is an array of a name and a sort")),
        }
    })?;
    Ok(Operation { name: name_at(value, "name")?, inputs, output: read_sort_expr(member(value, "output")?)? })
}

pub(super) fn write_op(out: &mut Writer, op: &Operation) {
    out.object(|out| {
        out.text_member("name", &op.name);
        out.list_member("inputs", &op.inputs, |out, input| {
            out.array(|out| {
                out.string(&input.name);
                write_sort_expr(out, &input.sort);
            });
        });
        out.key("output");
        write_sort_expr(out, &op.output);
    });
}

pub(super) fn read_equation(value: ValueRef<'_>) -> Result<Equation> {
    only(value, "an equation", &["name", "lhs", "rhs"])?;
    Ok(Equation {
        name: name_at(value, "name")?,
        lhs: Term::from_json(member(value, "lhs")?)?,
        rhs: Term::from_json(member(value, "rhs")?)?,
    })
}

pub(super) fn write_equation(out: &mut Writer, eq: &Equation) {
    out.object(|out| write_sides(out, &eq.name, &eq.lhs, &eq.rhs));
}

fn write_sides(out: &mut Writer, name: &str, lhs: &Term, rhs: &Term) {
    out.text_member("name", name);
    out.key("lhs");
    write_term(out, lhs);
    out.key("rhs");
    write_term(out, rhs);
}

pub(super) fn read_directed(value: ValueRef<'_>) -> Result<DirectedEquation> {
    let known =
        ["name", "lhs", "rhs", "impl_term", "inverse", "source_kind", "target_kind", "coercion_class"];
    only(value, "a directed equation", &known)?;
    Ok(DirectedEquation {
        name: name_at(value, "name")?,
        lhs: Term::from_json(member(value, "lhs")?)?,
        rhs: Term::from_json(member(value, "rhs")?)?,
        impl_term: match value.get("impl_term") {
            Some(term) => expression::read(term, "impl_term")?,
            None => Json::null(),
        },
        inverse: optional(value, "inverse").map(|term| expression::read(term, "inverse")).transpose()?,
        source_kind: optional(value, "source_kind").map(read_value_kind).transpose()?,
        target_kind: optional(value, "target_kind").map(read_value_kind).transpose()?,
        coercion_class: optional(value, "coercion_class").map(read_class).transpose()?.unwrap_or_default(),
    })
}

pub(super) fn write_directed(out: &mut Writer, eq: &DirectedEquation) {
    out.object(|out| {
        write_sides(out, &eq.name, &eq.lhs, &eq.rhs);
        out.key("impl_term");
        out.raw(eq.impl_term.as_str());
        out.key("inverse");
        out.raw(eq.inverse.as_ref().map_or("null", Json::as_str));
        for (key, kind) in [("source_kind", eq.source_kind), ("target_kind", eq.target_kind)] {
            if let Some(kind) = kind {
                out.text_member(key, kind.as_str());
            }
        }
        out.text_member("coercion_class", eq.coercion_class.as_str());
    });
}

fn read_policy(value: ValueRef<'_>) -> Result<ConflictPolicy> {
    only(value, "a policy", &["name", "value_kind", "strategy"])?;
    let given = member(value, "strategy")?;
    let (tag, inside) = variant(given, "a strategy")?;
    let strategy = match tag.as_ref() {
        "KeepLeft" => ConflictStrategy::KeepLeft,
        "KeepRight" => ConflictStrategy::KeepRight,
        "Fail" => ConflictStrategy::Fail,
        "Custom" => ConflictStrategy::Custom(expression::read(payload(given, inside, "Custom")?, "Custom")?),
        other => return Err(unknown_tag(given, "strategy", other)),
    };
    Ok(ConflictPolicy {
        name: name_at(value, "name")?,
        value_kind: read_value_kind(member(value, "value_kind")?)?,
        strategy,
    })
}

fn write_policy(out: &mut Writer, policy: &ConflictPolicy) {
    out.object(|out| {
        out.text_member("name", &policy.name);
        out.text_member("value_kind", policy.value_kind.as_str());
        out.key("strategy");
        match &policy.strategy {
            ConflictStrategy::KeepLeft => out.string("KeepLeft"),
            ConflictStrategy::KeepRight => out.string("KeepRight"),
            ConflictStrategy::Fail => out.string("Fail"),
            ConflictStrategy::Custom(expr) => out.tagged("Custom", |out| out.raw(expr.as_str())),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn theories_go_out_and_come_back() {
        let text = r#"{"name":"Th","extends":["ThGraph"],"sorts":[{"name":"Ob","params":[],"kind":"Structural"},{"name":"Hom","params":[{"name":"a","sort":"Ob"},{"name":"b","sort":"Ob"}],"kind":"Structural"},{"name":"Age","params":[],"kind":{"Val":"Int"}},{"name":"C","params":[],"kind":{"Coercion":{"from":"Int","to":"Str","class":"Retraction"}}},{"name":"M","params":[],"kind":{"Merger":"Str"}}],"ops":[{"name":"id","inputs":[["x","Ob"]],"output":{"name":"Hom","args":[{"Var":"x"},{"Var":"x"}]}}],"eqs":[{"name":"e","lhs":{"App":{"op":"id","args":[{"Var":"x"}]}},"rhs":{"App":{"op":"id","args":[{"Var":"x"}]}}}],"directed_eqs":[{"name":"d","lhs":{"Var":"x"},"rhs":{"Var":"x"},"impl_term":{"Var":"v"},"inverse":null,"source_kind":"Int","target_kind":"Str","coercion_class":"Opaque"}],"policies":[{"name":"p","value_kind":"Str","strategy":{"Custom":{"Var":"l"}}},{"name":"q","value_kind":"Any","strategy":"KeepLeft"}]}"#;
        let theory = Theory::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        assert_eq!(theory.to_json(), text);
    }

    #[test]
    fn what_is_no_theory_is_refused_with_its_place() {
        let check = |text: &str, code: &str| {
            let error = Theory::parse(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
            assert_eq!(error.code, code, "{text}: {error}");
            assert!(error.span.is_some() || code == "limit-depth", "{text}");
        };
        check("{", "json-syntax");
        check("[]", "invalid-theory");
        check("{}", "invalid-theory");
        check(r#"{"name":"a","sort":[]}"#, "invalid-theory");
        check(r#"{"name":"a","sorts":{}}"#, "invalid-theory");
        check(r#"{"name":"a","sorts":[{"name":"x","kind":"Odd"}]}"#, "invalid-theory");
        check(r#"{"name":"a","ops":[{"name":"f","inputs":[["x"]],"output":"A"}]}"#, "invalid-theory");
        check(r#"{"name":"a","eqs":[{"name":"e","lhs":"f(","rhs":"x"}]}"#, "term-syntax");
        check(r#"{"name":"a","eqs":[{"name":"e","lhs":{"Fun":1},"rhs":"x"}]}"#, "invalid-theory");
        let deep = format!(r#"{}"x"{}"#, r#"{"App":{"op":"f","args":["#.repeat(600), "]}}".repeat(600));
        let limits = Limits { depth: 4000, ..Limits::DEFAULT };
        let text = format!(r#"{{"name":"a","eqs":[{{"name":"e","lhs":{deep},"rhs":"x"}}]}}"#);
        assert_eq!(Theory::parse(text.as_bytes(), &limits).unwrap_err().code, "limit-depth");
    }
}
