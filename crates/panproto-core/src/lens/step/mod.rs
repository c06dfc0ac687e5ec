//! Steps: changes of a schema that carry their data along, and do not name a schema.
//!
//! A step applies to every schema in which its focus is found. Applying it gives the changed schema and the
//! [`crate::migration::Migration`] between the two; before that it says what it needs, keeps and costs.
//!
//! ```
//! use panproto_core::lens::step::{Field, RenameField, Scope, Step};
//! use panproto_core::schema::{EdgeKind, Kind, SchemaBuilder};
//! let mut builder = SchemaBuilder::new("json-schema");
//! let root = builder.vertex("user", Kind::Object);
//! let mail = builder.vertex("user.mail", Kind::String);
//! builder.edge(root, mail, EdgeKind::Prop, Some("mail"));
//! let scope = Scope::new(builder.finish().unwrap().into());
//! let step = Step::RenameField(RenameField { field: Field::own("mail"), to: "email".into() });
//! let applied = step.apply(&scope).unwrap();
//! let target = &applied[0].migration.target;
//! assert!(target.prop_named(target.main(), "email").is_some());
//! ```

mod add_field;
mod add_sort;
mod apply_expr;
mod case;
mod close;
mod coerce;
mod coerce_vertex;
mod compute_field;
mod conditional;
mod drop_sort;
mod elementary;
mod equation;
mod facts;
mod focus;
mod formula;
mod fused;
mod head;
mod hoist_field;
pub(crate) mod json;
mod keep_fields;
mod kinds;
mod list_wrap;
mod map_references;
mod nearest;
mod nest_field;
mod ops;
mod published;
mod remove_field;
mod rename_field;
mod rename_vertex;
mod scoped;
mod set_constraint;
mod set_default;
mod set_required;
mod set_vertex;
mod shape;
mod transforms;
mod unwrap;
mod wrap;

pub use add_field::AddField;
pub use add_sort::AddSort;
pub use apply_expr::ApplyExpr;
pub use case::Case;
pub use close::Close;
pub use coerce::Coerce;
pub use coerce_vertex::CoerceVertex;
pub use compute_field::{ComputeField, Computes, Output};
pub use conditional::Conditional;
pub use drop_sort::DropSort;
pub use elementary::Applied;
pub use equation::Equation;
pub use facts::{ComplementSpec, Element, Need, Optic};
pub use focus::{Field, Member, Scope};
pub use formula::Formula;
pub use fused::Fused;
pub use head::Head;
pub use hoist_field::HoistField;
pub use keep_fields::KeepFields;
pub use kinds::{ChangeKinds, Kinds};
pub use list_wrap::ListWrap;
pub use map_references::MapReferences;
pub use nest_field::NestField;
pub use ops::{ChangeOp, Ops};
pub use remove_field::RemoveField;
pub use rename_field::RenameField;
pub use rename_vertex::RenameVertex;
pub use scoped::Scoped;
pub use set_constraint::SetConstraint;
pub use set_default::SetDefault;
pub use set_required::SetRequired;
pub use set_vertex::SetVertex;
pub use shape::{Shape, ShapeEdge, ShapeEnd};
pub(crate) use transforms::{are_transforms, read_transforms};
pub use unwrap::Unwrap;
pub use wrap::Wrap;

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::depth_error;
use crate::value::{Json, Tree, ValueRef};
use json::{Reader, Writer, wrong};

/// Greatest nesting of steps within steps.
const DEPTH: usize = 32;

/// A change of a schema that carries its data along.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A member gets another name.
    RenameField(RenameField),
    /// A member is dropped.
    RemoveField(RemoveField),
    /// A member is added.
    AddField(AddField),
    /// A member of an object inside comes up.
    HoistField(HoistField),
    /// A member goes into an object inside.
    NestField(NestField),
    /// Steps under a focus, or on the items of a list.
    Scoped(Scoped),
    /// A value becomes a member of an object of its own.
    Wrap(Wrap),
    /// An object is replaced by one of its members.
    Unwrap(Unwrap),
    /// A value becomes the only item of a list.
    ListWrap(ListWrap),
    /// A list is replaced by its first item.
    Head(Head),
    /// A member gets another type.
    Coerce(Coerce),
    /// A member's value goes through an expression.
    ApplyExpr(ApplyExpr),
    /// Members are made of others.
    ComputeField(ComputeField),
    /// A member survives on a condition.
    Conditional(Conditional),
    /// Names are replaced by others.
    MapReferences(MapReferences),
    /// A position gets another type, wherever it is used.
    CoerceVertex(CoerceVertex),
    /// Undeclared members are dropped.
    Close(Close),
    /// An object keeps some members.
    KeepFields(KeepFields),
    /// A member has to be there, or need not.
    SetRequired(SetRequired),
    /// The default of a member.
    SetDefault(SetDefault),
    /// A restriction of values.
    SetConstraint(SetConstraint),
    /// What a position says of its values, all of it.
    SetVertex(SetVertex),
    /// A definition gets another name.
    RenameVertex(RenameVertex),
    /// A vertex is added.
    AddSort(AddSort),
    /// A vertex is dropped.
    DropSort(DropSort),
    /// Kinds change everywhere.
    ChangeKinds(ChangeKinds),
    /// Edges change.
    ChangeOp(ChangeOp),
    /// Equations change.
    Equation(Equation),
    /// Steps by the value of a record.
    Case(Case),
    /// Several steps as one.
    Fused(Fused),
}

/// What every step can do.
pub(super) trait Action {
    /// Its name on the wire.
    fn step_type(&self) -> &'static str;
    /// Writes its members beside `step_type`.
    fn write(&self, out: &mut Writer);
    /// Changes a schema. Steps with steps inside give a migration for each.
    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>>;
    /// The step that leads back, given the schema that this one applies to.
    fn inverse(&self, scope: &Scope) -> Result<Step>;
    /// What it needs and keeps.
    fn needs(&self) -> Vec<Need>;
    /// What it is, whatever the schema.
    fn optic(&self) -> Optic;
    /// What it is on a schema.
    fn optic_at(&self, _: &Scope) -> Result<Optic> {
        Ok(self.optic())
    }
    /// In words.
    fn text(&self) -> String;
}

impl Step {
    fn action(&self) -> &dyn Action {
        match self {
            Step::RenameField(step) => step,
            Step::RemoveField(step) => step,
            Step::AddField(step) => step,
            Step::HoistField(step) => step,
            Step::NestField(step) => step,
            Step::Scoped(step) => step,
            Step::Wrap(step) => step,
            Step::Unwrap(step) => step,
            Step::ListWrap(step) => step,
            Step::Head(step) => step,
            Step::Coerce(step) => step,
            Step::ApplyExpr(step) => step,
            Step::ComputeField(step) => step,
            Step::Conditional(step) => step,
            Step::MapReferences(step) => step,
            Step::CoerceVertex(step) => step,
            Step::Close(step) => step,
            Step::KeepFields(step) => step,
            Step::SetRequired(step) => step,
            Step::SetDefault(step) => step,
            Step::SetConstraint(step) => step,
            Step::SetVertex(step) => step,
            Step::RenameVertex(step) => step,
            Step::AddSort(step) => step,
            Step::DropSort(step) => step,
            Step::ChangeKinds(step) => step,
            Step::ChangeOp(step) => step,
            Step::Equation(step) => step,
            Step::Case(step) => step,
            Step::Fused(step) => step,
        }
    }

    /// Its name on the wire: `rename_field`.
    pub fn step_type(&self) -> &'static str {
        self.action().step_type()
    }

    /// Changes a schema: the migrations from the schema before to the one after, in order.
    ///
    /// # Errors
    /// Why it does not apply: `focus-not-found`, `field-not-found`, `field-exists`, `not-an-object`, `not-a-list`, ….
    pub fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        self.action().apply(scope)
    }

    /// The step that leads back to a schema, given that schema.
    ///
    /// # Errors
    /// `no-inverse` with the reason; those of [`Step::apply`].
    pub fn inverse(&self, scope: &Scope) -> Result<Step> {
        self.action().inverse(scope)
    }

    /// What it needs and keeps, before it runs.
    pub fn needs(&self) -> Vec<Need> {
        self.action().needs()
    }

    /// What kind of optic it is, whatever the schema.
    pub fn optic(&self) -> Optic {
        self.action().optic()
    }

    /// What kind of optic it is on a schema: a focus on an arm of a union is a prism.
    ///
    /// # Errors
    /// Those of [`Step::apply`].
    pub fn optic_at(&self, scope: &Scope) -> Result<Optic> {
        self.action().optic_at(scope)
    }

    /// The sum of what its needs cost.
    pub fn cost(&self) -> f64 {
        self.needs().iter().fold(0.0, |cost, need| cost + need.cost())
    }

    /// The view alone tells everything.
    pub fn is_lossless(&self) -> bool {
        !self.needs().iter().any(Need::loses)
    }

    /// In words: ``rename `mail` to `email` ``.
    pub fn text(&self) -> String {
        self.action().text()
    }

    /// Its JSON text.
    pub fn to_json(&self) -> String {
        let mut out = Writer::new();
        out.text("step_type", self.step_type());
        self.action().write(&mut out);
        out.finish()
    }

    /// Reads a step: `{"step_type":"rename_field",…}`, or `{"rename_field":{…}}`.
    ///
    /// # Errors
    /// `unknown-step`, `unknown-member`, `missing-member`, `wrong-type`: with a path and a span.
    pub fn from_json(text: &str) -> Result<Step> {
        let tree = Tree::parse(text.as_bytes(), &crate::limits::Limits::DEFAULT)?;
        Step::read(tree.root(), String::new(), 0)
    }

    pub(crate) fn read(value: ValueRef<'_>, path: String, depth: usize) -> Result<Step> {
        if depth > DEPTH {
            return Err(depth_error(DEPTH as u32));
        }
        let reader = Reader::new(value, path)?;
        if let Some(name) = reader.optional_text(&["step_type"])? {
            return named(&name, &reader, depth);
        }
        if published::is_published(value) {
            return published::read(&reader);
        }
        let mut members = value.members();
        if let (Some((key, body)), None) = (members.next(), members.next()) {
            let name = key.as_str().unwrap_or_default();
            let path = reader.place(&name);
            // `{"remove_field": "nick"}` is short for its one member.
            if let (Some(_), true) = (body.as_str(), KINDS.contains(&&*name)) {
                let text = format!("{{\"name\":{}}}", body.raw_str());
                let inner = Json::parse(&text)?;
                let tree = inner.tree();
                let reader = Reader::new(tree.root(), path)?;
                return named(&name, &reader, depth).map_err(|mut error| {
                    error.span = Some(body.span());
                    error
                });
            }
            if KINDS.contains(&&*name) || body.is_object() {
                return named(&name, &Reader { value: body, path }, depth);
            }
        }
        Err(reader.missing("step_type"))
    }
}

/// The names of steps.
const KINDS: &[&str] = &[
    "add_equation",
    "add_field",
    "add_op",
    "add_sort",
    "apply_expr",
    "case",
    "close",
    "coerce",
    "coerce_sort",
    "coerce_vertex",
    "compute_field",
    "conditional",
    "directed_eq",
    "drop_constraint",
    "drop_directed_eq",
    "drop_equation",
    "drop_op",
    "drop_sort",
    "fused",
    "head",
    "hoist_field",
    "keep_fields",
    "list_wrap",
    "map_items",
    "map_references",
    "merge_fields",
    "merge_sorts",
    "nest_field",
    "pullback",
    "remove_field",
    "rename_edge_name",
    "rename_field",
    "rename_op",
    "rename_sort",
    "rename_vertex",
    "scoped",
    "set_constraint",
    "set_default",
    "set_optional",
    "set_required",
    "set_vertex",
    "split_field",
    "unwrap",
    "wrap",
];

fn named(name: &str, reader: &Reader<'_>, depth: usize) -> Result<Step> {
    if !KINDS.contains(&name) {
        let all = format!("steps: `{}`", KINDS.join("`, `"));
        let help = match nearest::nearest(name, KINDS) {
            Some(meant) => format!("did you mean `{meant}`? {all}"),
            None => all,
        };
        return Err(Diagnostic::new(ErrorKind::Parse, "unknown-step", format!("there is no step `{name}`"))
            .at(reader.path.clone())
            .spanning(reader.get("step_type").unwrap_or(reader.value).span())
            .help(help)
            .boxed());
    }
    if !reader.value.is_object() {
        return Err(wrong(reader.value, &reader.path, "an object"));
    }
    match name {
        "add_field" => AddField::read(reader),
        "apply_expr" => ApplyExpr::read(reader, false),
        "coerce" if reader.get("expr").is_some() => ApplyExpr::read(reader, true),
        "coerce" => Coerce::read(reader),
        "compute_field" => ComputeField::read(reader, Computes::Compute),
        "conditional" => Conditional::read(reader),
        "map_references" => MapReferences::read(reader),
        "merge_fields" => ComputeField::read(reader, Computes::Merge),
        "split_field" => ComputeField::read(reader, Computes::Split),
        "head" => Head::read(reader),
        "hoist_field" => HoistField::read(reader),
        "list_wrap" => ListWrap::read(reader),
        "map_items" => Scoped::read(reader, true, depth),
        "nest_field" => NestField::read(reader),
        "remove_field" => RemoveField::read(reader),
        "rename_field" => RenameField::read(reader),
        "unwrap" => Unwrap::read(reader),
        "wrap" => Wrap::read(reader),
        "coerce_vertex" => CoerceVertex::read(reader),
        "close" => Close::read(reader),
        "keep_fields" => KeepFields::read(reader),
        "set_required" => SetRequired::read(reader, true),
        "set_optional" => SetRequired::read(reader, false),
        "set_default" => SetDefault::read(reader),
        "set_constraint" => SetConstraint::read(reader, false),
        "drop_constraint" => SetConstraint::read(reader, true),
        "set_vertex" => SetVertex::read(reader),
        "rename_vertex" => RenameVertex::read(reader),
        "add_sort" => AddSort::read(reader),
        "drop_sort" => DropSort::read(reader),
        "rename_sort" => ChangeKinds::read(reader, Kinds::Rename),
        "coerce_sort" => ChangeKinds::read(reader, Kinds::Coerce),
        "merge_sorts" => ChangeKinds::read(reader, Kinds::Merge),
        "pullback" => ChangeKinds::read(reader, Kinds::Pullback),
        "add_op" => ChangeOp::read(reader, Ops::Add),
        "drop_op" => ChangeOp::read(reader, Ops::Drop),
        "rename_op" => ChangeOp::read(reader, Ops::Rename),
        "rename_edge_name" => ChangeOp::read(reader, Ops::RenameEdgeName),
        "add_equation" => Equation::read(reader, true, false),
        "drop_equation" => Equation::read(reader, false, false),
        "directed_eq" => Equation::read(reader, true, true),
        "drop_directed_eq" => Equation::read(reader, false, true),
        "case" => Case::read(reader, depth),
        "fused" => Fused::read(reader, depth),
        _ => Scoped::read(reader, false, depth),
    }
}

/// Reads a list of steps.
pub(crate) fn read_steps(list: &[ValueRef<'_>], path: &str, depth: usize) -> Result<Vec<Step>> {
    let step = |(at, value): (usize, &ValueRef<'_>)| Step::read(*value, format!("{path}[{at}]"), depth);
    list.iter().enumerate().map(step).collect()
}

/// Reads a member's object and name. Published callers give the vertex id as `name`, which begins with that of the
/// object; `field` is the name as it is.
fn read_field(reader: &Reader<'_>, names: &[&str]) -> Result<Field> {
    let parent = reader.optional_text(&["parent", "focus"])?;
    if let Some(name) = reader.optional_text(&["field"])? {
        return Ok(Field { parent, name });
    }
    let name = reader.text(names)?;
    let rest = parent.as_deref().and_then(|parent| name.strip_prefix(parent)?.strip_prefix('.'));
    let name = match rest {
        Some(rest) if !rest.is_empty() => rest.into(),
        _ => name,
    };
    Ok(Field { parent, name })
}

fn write_field(out: &mut Writer, field: &Field) {
    write_optional_parent(out, field.parent.as_deref());
    let parent = field.parent.as_deref();
    let ambiguous = parent.is_some_and(|parent| {
        field.name.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.') && rest.len() > 1)
    });
    out.text(if ambiguous { "field" } else { "name" }, &field.name);
}

fn write_optional_parent(out: &mut Writer, parent: Option<&str>) {
    out.optional("parent", parent);
}

#[cold]
fn no_inverse(step: &dyn Action, why: &str) -> Error {
    let message = format!("`{}` has no inverse step: {why}", step.step_type());
    Diagnostic::error(ErrorKind::Migration, "no-inverse", message)
}
