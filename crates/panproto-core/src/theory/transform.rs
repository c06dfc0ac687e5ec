//! Elementary changes of theories, and what has to hold before one is made: endofunctors as data.

use super::editor::Editor;
use super::expression;
use super::json::{Writer, invalid, member, name, name_at, only, optional, payload, unknown_tag, variant};
use super::wire::{
    read_class, read_directed, read_equation, read_op, read_sort, read_value_kind, write_directed,
    write_equation, write_op, write_sort,
};
use super::{
    CoercionClass, DirectedEquation, Equation, Operation, Sort, SortKind, Theory, TheoryMorphism, ValueKind,
};
use crate::diagnostic::Result;
use crate::limits::{Budget, depth_error};
use crate::name::Name;
use crate::value::{Json, ValueRef};

/// A condition on theories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TheoryConstraint {
    /// Always holds.
    Unconstrained,
    /// There is a sort.
    HasSort(Name),
    /// There is an operation.
    HasOp(Name),
    /// There is an equation.
    HasEquation(Name),
    /// There is a directed equation.
    HasDirectedEq(Name),
    /// There is a sort of values of a kind.
    HasValSort(ValueKind),
    /// There is a sort of coercions between two kinds.
    HasCoercion {
        /// Kind before.
        from: ValueKind,
        /// Kind after.
        to: ValueKind,
    },
    /// There is a sort of mergers of a kind.
    HasMerger(ValueKind),
    /// There is a policy for values of a kind.
    HasPolicy(ValueKind),
    /// All hold.
    All(Vec<TheoryConstraint>),
    /// One holds.
    Any(Vec<TheoryConstraint>),
    /// It does not hold.
    Not(Box<TheoryConstraint>),
}

/// A change of a theory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TheoryTransform {
    /// Nothing changes.
    Identity,
    /// A new sort; in schemas, vertices of a kind.
    AddSort {
        /// The sort.
        sort: Sort,
        /// Kind of its vertices.
        vertex_kind: Option<Name>,
    },
    /// A sort that nothing uses goes.
    DropSort(Name),
    /// A sort is called otherwise.
    RenameSort {
        /// What it was called.
        old: Name,
        /// What it is called.
        new: Name,
    },
    /// A new operation.
    AddOp(Operation),
    /// An operation that no equation uses goes.
    DropOp(Name),
    /// An operation is called otherwise.
    RenameOp {
        /// What it was called.
        old: Name,
        /// What it is called.
        new: Name,
    },
    /// A new equation.
    AddEquation(Equation),
    /// An equation goes.
    DropEquation(Name),
    /// The values of a sort become values of another kind.
    CoerceSort {
        /// The sort.
        sort_name: Name,
        /// Kind of its values afterwards.
        target_kind: ValueKind,
        /// The expression that does it.
        coercion_expr: Json,
        /// The expression that undoes it.
        inverse_expr: Option<Json>,
        /// What it keeps.
        coercion_class: CoercionClass,
    },
    /// Two sorts become one.
    MergeSorts {
        /// The first.
        sort_a: Name,
        /// The second.
        sort_b: Name,
        /// What they become.
        merged_name: Name,
        /// The expression that merges two values.
        merger_expr: Json,
    },
    /// A new sort whose elements have a default.
    AddSortWithDefault {
        /// The sort.
        sort: Sort,
        /// Kind of its vertices.
        vertex_kind: Option<Name>,
        /// The expression of the default.
        default_expr: Json,
    },
    /// A new directed equation.
    AddDirectedEquation(Box<DirectedEquation>),
    /// A directed equation goes.
    DropDirectedEquation(Name),
    /// What the theory is, seen along a morphism into it.
    Pullback(Box<TheoryMorphism>),
    /// Edges between two sorts get another name; the theory does not speak of names of edges and stays.
    RenameEdgeName {
        /// Sort where they start.
        src_sort: Name,
        /// Sort where they lead.
        tgt_sort: Name,
        /// What they were called.
        old_name: Name,
        /// What they are called.
        new_name: Name,
    },
    /// A change below a part of a schema; on theories it is the change itself.
    ScopedTransform {
        /// The part.
        focus: Name,
        /// The change.
        inner: Box<TheoryTransform>,
    },
    /// One change, then another.
    Compose(Box<TheoryTransform>, Box<TheoryTransform>),
}

/// A change with its condition: what a step of a chain is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TheoryEndofunctor {
    /// Its name.
    pub name: Name,
    /// What has to hold before.
    pub precondition: TheoryConstraint,
    /// What is done.
    pub transform: TheoryTransform,
}

/// Levels of conditions and changes inside each other.
const DEPTH_MOST: u32 = 200;

impl TheoryConstraint {
    /// Whether it holds of a theory.
    pub fn holds(&self, theory: &Theory) -> bool {
        match self {
            TheoryConstraint::Unconstrained => true,
            TheoryConstraint::HasSort(name) => theory.has_sort(name),
            TheoryConstraint::HasOp(name) => theory.op(name).is_some(),
            TheoryConstraint::HasEquation(name) => theory.eqs.iter().any(|eq| eq.name == *name),
            TheoryConstraint::HasDirectedEq(name) => theory.directed_eqs.iter().any(|eq| eq.name == *name),
            TheoryConstraint::HasValSort(kind) => has_kind(theory, |sort| sort == SortKind::Val(*kind)),
            TheoryConstraint::HasMerger(kind) => has_kind(theory, |sort| sort == SortKind::Merger(*kind)),
            TheoryConstraint::HasCoercion { from, to } => has_kind(
                theory,
                |sort| matches!(sort, SortKind::Coercion { from: one, to: two, .. } if one == *from && two == *to),
            ),
            TheoryConstraint::HasPolicy(kind) => {
                theory.policies.iter().any(|policy| policy.value_kind == *kind)
            }
            TheoryConstraint::All(parts) => parts.iter().all(|part| part.holds(theory)),
            TheoryConstraint::Any(parts) => parts.iter().any(|part| part.holds(theory)),
            TheoryConstraint::Not(part) => !part.holds(theory),
        }
    }

    /// Why it does not hold of a theory; nothing if it does.
    pub fn reasons(&self, theory: &Theory) -> Vec<String> {
        if self.holds(theory) {
            return Vec::new();
        }
        let theory_name = &theory.name;
        let lacks = |what: &str, name: &str| vec![format!("theory `{theory_name}` has no {what} `{name}`")];
        match self {
            TheoryConstraint::Unconstrained => Vec::new(),
            TheoryConstraint::HasSort(name) => lacks("sort", name),
            TheoryConstraint::HasOp(name) => lacks("operation", name),
            TheoryConstraint::HasEquation(name) => lacks("equation", name),
            TheoryConstraint::HasDirectedEq(name) => lacks("directed equation", name),
            TheoryConstraint::HasValSort(kind) => lacks("sort of values of kind", kind.as_str()),
            TheoryConstraint::HasMerger(kind) => lacks("merger of kind", kind.as_str()),
            TheoryConstraint::HasPolicy(kind) => lacks("policy for values of kind", kind.as_str()),
            TheoryConstraint::HasCoercion { from, to } => {
                lacks("coercion", &format!("{} → {}", from.as_str(), to.as_str()))
            }
            TheoryConstraint::All(parts) => parts.iter().flat_map(|part| part.reasons(theory)).collect(),
            TheoryConstraint::Any(parts) => {
                let reasons: Vec<String> = parts.iter().flat_map(|part| part.reasons(theory)).collect();
                vec![format!("none of the alternatives holds: {}", reasons.join("; "))]
            }
            TheoryConstraint::Not(part) => {
                vec![format!("theory `{theory_name}` has what it must not have: {}", part.describe())]
            }
        }
    }

    fn describe(&self) -> String {
        let mut out = Writer::default();
        self.write(&mut out);
        out.finish()
    }

    /// Reads `"Unconstrained"`, `{"HasSort":"a"}`, `{"All":[…]}`, ….
    ///
    /// # Errors
    /// `invalid-theory`, `limit-depth`.
    pub fn from_json(value: ValueRef<'_>) -> Result<TheoryConstraint> {
        read_constraint(value, DEPTH_MOST)
    }

    fn write(&self, out: &mut Writer) {
        let mut named = |tag: &str, text: &str| out.tagged(tag, |out| out.string(text));
        match self {
            TheoryConstraint::Unconstrained => out.string("Unconstrained"),
            TheoryConstraint::HasSort(name) => named("HasSort", name),
            TheoryConstraint::HasOp(name) => named("HasOp", name),
            TheoryConstraint::HasEquation(name) => named("HasEquation", name),
            TheoryConstraint::HasDirectedEq(name) => named("HasDirectedEq", name),
            TheoryConstraint::HasValSort(kind) => named("HasValSort", kind.as_str()),
            TheoryConstraint::HasMerger(kind) => named("HasMerger", kind.as_str()),
            TheoryConstraint::HasPolicy(kind) => named("HasPolicy", kind.as_str()),
            TheoryConstraint::HasCoercion { from, to } => out.tagged("HasCoercion", |out| {
                out.object(|out| {
                    out.text_member("from", from.as_str());
                    out.text_member("to", to.as_str());
                });
            }),
            TheoryConstraint::All(parts) => {
                out.tagged("All", |out| out.list(parts, |out, part| part.write(out)))
            }
            TheoryConstraint::Any(parts) => {
                out.tagged("Any", |out| out.list(parts, |out, part| part.write(out)))
            }
            TheoryConstraint::Not(part) => out.tagged("Not", |out| part.write(out)),
        }
    }
}

fn has_kind(theory: &Theory, is: impl Fn(SortKind) -> bool) -> bool {
    theory.sorts.iter().any(|sort| is(sort.kind))
}

fn read_constraint(value: ValueRef<'_>, depth: u32) -> Result<TheoryConstraint> {
    let depth = depth.checked_sub(1).ok_or_else(|| depth_error(DEPTH_MOST))?;
    let (tag, inside) = variant(value, "a condition")?;
    if tag == "Unconstrained" {
        return Ok(TheoryConstraint::Unconstrained);
    }
    let inside = payload(value, inside, &tag)?;
    let parts = || -> Result<Vec<TheoryConstraint>> {
        if !inside.is_array() {
            return Err(invalid(inside, format!("`{tag}` has an array of conditions")));
        }
        inside.items().map(|item| read_constraint(item, depth)).collect()
    };
    Ok(match tag.as_ref() {
        "HasSort" => TheoryConstraint::HasSort(name(inside, &tag)?),
        "HasOp" => TheoryConstraint::HasOp(name(inside, &tag)?),
        "HasEquation" => TheoryConstraint::HasEquation(name(inside, &tag)?),
        "HasDirectedEq" => TheoryConstraint::HasDirectedEq(name(inside, &tag)?),
        "HasValSort" => TheoryConstraint::HasValSort(read_value_kind(inside)?),
        "HasMerger" => TheoryConstraint::HasMerger(read_value_kind(inside)?),
        "HasPolicy" => TheoryConstraint::HasPolicy(read_value_kind(inside)?),
        "HasCoercion" => TheoryConstraint::HasCoercion {
            from: read_value_kind(member(inside, "from")?)?,
            to: read_value_kind(member(inside, "to")?)?,
        },
        "All" => TheoryConstraint::All(parts()?),
        "Any" => TheoryConstraint::Any(parts()?),
        "Not" => TheoryConstraint::Not(Box::new(read_constraint(inside, depth)?)),
        other => return Err(unknown_tag(value, "condition", other)),
    })
}

impl TheoryTransform {
    /// The theory after the change.
    ///
    /// # Errors
    /// `unknown-sort` and `unknown-op` (also where something that stays uses what goes), `unknown-equation`,
    /// `duplicate-sort`, `duplicate-op`, `duplicate-equation`, `merge-kinds`, `pullback-ambiguous`, and those of a
    /// theory that is not well typed.
    pub fn apply(&self, theory: &Theory, budget: &mut Budget) -> Result<Theory> {
        apply_all(std::slice::from_ref(self), theory, budget)
    }

    /// Reads `"Identity"`, `{"DropSort":"a"}`, `{"RenameSort":{"old":"a","new":"b"}}`, ….
    ///
    /// # Errors
    /// `invalid-theory`, `term-syntax`, `limit-depth`.
    pub fn from_json(value: ValueRef<'_>) -> Result<TheoryTransform> {
        read_transform(value, DEPTH_MOST)
    }

    /// The JSON form.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        self.write(&mut out);
        out.finish()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        match self {
            TheoryTransform::Identity => out.string("Identity"),
            TheoryTransform::AddSort { sort, vertex_kind } => out.tagged("AddSort", |out| {
                out.object(|out| write_new_sort(out, sort, vertex_kind.as_ref()));
            }),
            TheoryTransform::AddSortWithDefault { sort, vertex_kind, default_expr } => {
                out.tagged("AddSortWithDefault", |out| {
                    out.object(|out| {
                        write_new_sort(out, sort, vertex_kind.as_ref());
                        out.key("default_expr");
                        out.raw(default_expr.as_str());
                    });
                });
            }
            TheoryTransform::DropSort(name) => out.tagged("DropSort", |out| out.string(name)),
            TheoryTransform::DropOp(name) => out.tagged("DropOp", |out| out.string(name)),
            TheoryTransform::DropEquation(name) => out.tagged("DropEquation", |out| out.string(name)),
            TheoryTransform::DropDirectedEquation(name) => {
                out.tagged("DropDirectedEquation", |out| out.string(name));
            }
            TheoryTransform::RenameSort { old, new } => {
                texts(out, "RenameSort", &[("old", old), ("new", new)])
            }
            TheoryTransform::RenameOp { old, new } => texts(out, "RenameOp", &[("old", old), ("new", new)]),
            TheoryTransform::AddOp(op) => out.tagged("AddOp", |out| write_op(out, op)),
            TheoryTransform::AddEquation(eq) => out.tagged("AddEquation", |out| write_equation(out, eq)),
            TheoryTransform::AddDirectedEquation(eq) => {
                out.tagged("AddDirectedEquation", |out| write_directed(out, eq));
            }
            TheoryTransform::CoerceSort {
                sort_name,
                target_kind,
                coercion_expr,
                inverse_expr,
                coercion_class,
            } => {
                out.tagged("CoerceSort", |out| {
                    out.object(|out| {
                        out.text_member("sort_name", sort_name);
                        out.text_member("target_kind", target_kind.as_str());
                        out.key("coercion_expr");
                        out.raw(coercion_expr.as_str());
                        out.key("inverse_expr");
                        out.raw(inverse_expr.as_ref().map_or("null", Json::as_str));
                        out.text_member("coercion_class", coercion_class.as_str());
                    });
                });
            }
            TheoryTransform::MergeSorts { sort_a, sort_b, merged_name, merger_expr } => {
                out.tagged("MergeSorts", |out| {
                    out.object(|out| {
                        out.text_member("sort_a", sort_a);
                        out.text_member("sort_b", sort_b);
                        out.text_member("merged_name", merged_name);
                        out.key("merger_expr");
                        out.raw(merger_expr.as_str());
                    });
                });
            }
            TheoryTransform::Pullback(morphism) => out.tagged("Pullback", |out| morphism.write(out)),
            TheoryTransform::RenameEdgeName { src_sort, tgt_sort, old_name, new_name } => {
                let members = [
                    ("src_sort", src_sort),
                    ("tgt_sort", tgt_sort),
                    ("old_name", old_name),
                    ("new_name", new_name),
                ];
                texts(out, "RenameEdgeName", &members);
            }
            TheoryTransform::ScopedTransform { focus, inner } => out.tagged("ScopedTransform", |out| {
                out.object(|out| {
                    out.text_member("focus", focus);
                    out.key("inner");
                    inner.write(out);
                });
            }),
            TheoryTransform::Compose(first, then) => out.tagged("Compose", |out| {
                out.array(|out| {
                    first.write(out);
                    then.write(out);
                });
            }),
        }
    }
}

fn texts(out: &mut Writer, tag: &str, members: &[(&str, &Name)]) {
    out.tagged(tag, |out| {
        out.object(|out| members.iter().for_each(|(key, text)| out.text_member(key, text)))
    });
}

fn write_new_sort(out: &mut Writer, sort: &Sort, vertex_kind: Option<&Name>) {
    out.key("sort");
    write_sort(out, sort);
    out.key("vertex_kind");
    match vertex_kind {
        Some(kind) => out.string(kind),
        None => out.raw("null"),
    }
}

fn read_transform(value: ValueRef<'_>, depth: u32) -> Result<TheoryTransform> {
    let depth = depth.checked_sub(1).ok_or_else(|| depth_error(DEPTH_MOST))?;
    let (tag, inside) = variant(value, "a change of a theory")?;
    if tag == "Identity" {
        return Ok(TheoryTransform::Identity);
    }
    let inside = payload(value, inside, &tag)?;
    let vertex_kind = || optional(inside, "vertex_kind").map(|kind| name(kind, "vertex_kind")).transpose();
    let expr = |key: &str| expression::read(member(inside, key)?, key);
    Ok(match tag.as_ref() {
        // A sort by itself is read, too.
        "AddSort" if inside.get("sort").is_none() => {
            TheoryTransform::AddSort { sort: read_sort(inside)?, vertex_kind: None }
        }
        "AddSort" => {
            only(inside, "`AddSort`", &["sort", "vertex_kind"])?;
            TheoryTransform::AddSort {
                sort: read_sort(member(inside, "sort")?)?,
                vertex_kind: vertex_kind()?,
            }
        }
        "AddSortWithDefault" => {
            only(inside, "`AddSortWithDefault`", &["sort", "vertex_kind", "default_expr"])?;
            TheoryTransform::AddSortWithDefault {
                sort: read_sort(member(inside, "sort")?)?,
                vertex_kind: vertex_kind()?,
                default_expr: expr("default_expr")?,
            }
        }
        "DropSort" => TheoryTransform::DropSort(name(inside, &tag)?),
        "DropOp" => TheoryTransform::DropOp(name(inside, &tag)?),
        "DropEquation" => TheoryTransform::DropEquation(name(inside, &tag)?),
        "DropDirectedEquation" => TheoryTransform::DropDirectedEquation(name(inside, &tag)?),
        "RenameSort" => {
            only(inside, "`RenameSort`", &["old", "new"])?;
            TheoryTransform::RenameSort { old: name_at(inside, "old")?, new: name_at(inside, "new")? }
        }
        "RenameOp" => {
            only(inside, "`RenameOp`", &["old", "new"])?;
            TheoryTransform::RenameOp { old: name_at(inside, "old")?, new: name_at(inside, "new")? }
        }
        "AddOp" => TheoryTransform::AddOp(read_op(inside)?),
        "AddEquation" => TheoryTransform::AddEquation(read_equation(inside)?),
        "AddDirectedEquation" => TheoryTransform::AddDirectedEquation(Box::new(read_directed(inside)?)),
        "CoerceSort" => {
            let known = ["sort_name", "target_kind", "coercion_expr", "inverse_expr", "coercion_class"];
            only(inside, "`CoerceSort`", &known)?;
            TheoryTransform::CoerceSort {
                sort_name: name_at(inside, "sort_name")?,
                target_kind: read_value_kind(member(inside, "target_kind")?)?,
                coercion_expr: expr("coercion_expr")?,
                inverse_expr: optional(inside, "inverse_expr")
                    .map(|value| expression::read(value, "inverse_expr"))
                    .transpose()?,
                coercion_class: read_class(member(inside, "coercion_class")?)?,
            }
        }
        "MergeSorts" => {
            only(inside, "`MergeSorts`", &["sort_a", "sort_b", "merged_name", "merger_expr"])?;
            TheoryTransform::MergeSorts {
                sort_a: name_at(inside, "sort_a")?,
                sort_b: name_at(inside, "sort_b")?,
                merged_name: name_at(inside, "merged_name")?,
                merger_expr: expr("merger_expr")?,
            }
        }
        "Pullback" => TheoryTransform::Pullback(Box::new(TheoryMorphism::from_json(inside)?)),
        "RenameEdgeName" => {
            only(inside, "`RenameEdgeName`", &["src_sort", "tgt_sort", "old_name", "new_name"])?;
            TheoryTransform::RenameEdgeName {
                src_sort: name_at(inside, "src_sort")?,
                tgt_sort: name_at(inside, "tgt_sort")?,
                old_name: name_at(inside, "old_name")?,
                new_name: name_at(inside, "new_name")?,
            }
        }
        "ScopedTransform" => {
            only(inside, "`ScopedTransform`", &["focus", "inner"])?;
            let inner = Box::new(read_transform(member(inside, "inner")?, depth)?);
            TheoryTransform::ScopedTransform { focus: name_at(inside, "focus")?, inner }
        }
        "Compose" => {
            let parts: Vec<ValueRef<'_>> = inside.items().collect();
            let [first, then] = parts.as_slice() else {
                return Err(invalid(inside, "`Compose` has an array of two changes"));
            };
            let (first, then) = (read_transform(*first, depth)?, read_transform(*then, depth)?);
            TheoryTransform::Compose(Box::new(first), Box::new(then))
        }
        other => return Err(unknown_tag(value, "change of a theory", other)),
    })
}

/// Changes one after another; the theory is indexed once, and checked at the end.
///
/// # Errors
/// As [`TheoryTransform::apply`].
pub fn apply_all(steps: &[TheoryTransform], theory: &Theory, budget: &mut Budget) -> Result<Theory> {
    let mut editor = Editor::new(theory)?;
    // Compositions may be deep: they are taken apart on a stack.
    let mut open: Vec<&TheoryTransform> = steps.iter().rev().collect();
    while let Some(step) = open.pop() {
        budget.spend(1)?;
        match step {
            TheoryTransform::Compose(first, then) => open.extend([&**then, &**first]),
            TheoryTransform::ScopedTransform { inner, .. } => open.push(inner),
            step => editor.apply(step)?,
        }
    }
    let changed = editor.finish();
    super::Signature::check(&changed, budget)?;
    Ok(changed)
}

impl TheoryEndofunctor {
    /// Reads `{"name":…,"precondition":…,"transform":…}`.
    ///
    /// # Errors
    /// `invalid-theory`, `term-syntax`, `limit-depth`.
    pub fn from_json(value: ValueRef<'_>) -> Result<TheoryEndofunctor> {
        only(value, "an endofunctor", &["name", "precondition", "transform"])?;
        let precondition = value.get("precondition").map(TheoryConstraint::from_json).transpose()?;
        Ok(TheoryEndofunctor {
            name: name_at(value, "name")?,
            precondition: precondition.unwrap_or(TheoryConstraint::Unconstrained),
            transform: TheoryTransform::from_json(member(value, "transform")?)?,
        })
    }

    /// The JSON form.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        self.write(&mut out);
        out.finish()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.object(|out| {
            out.text_member("name", &self.name);
            out.key("precondition");
            self.precondition.write(out);
            out.key("transform");
            self.transform.write(out);
        });
    }

    /// The theory after the change, if the condition holds.
    ///
    /// # Errors
    /// `precondition` with the reasons; those of [`TheoryTransform::apply`].
    pub fn apply(&self, theory: &Theory, budget: &mut Budget) -> Result<Theory> {
        let reasons = self.precondition.reasons(theory);
        if !reasons.is_empty() {
            let message = format!("`{}` does not apply: {}", self.name, reasons.join("; "));
            return Err(crate::diagnostic::Diagnostic::error(
                crate::diagnostic::Kind::Schema,
                "precondition",
                message,
            ));
        }
        self.transform.apply(theory, budget)
    }
}

#[cfg(test)]
#[path = "transform_tests.rs"]
mod tests;
