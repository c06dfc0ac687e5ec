//! Expressions of steps: there, back, and what is known of the way back.

use super::facts::Optic;
use super::focus::Scope;
use super::json::{Reader, Writer, wrong};
use super::shape::kind_named;
use super::{Action, Shape, no_inverse};
use crate::align::type_of;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::expr::{Expr, Type, check_open, parse, print};
use crate::migration::{Apply, CoercionClass};
use crate::name::Name;
use crate::schema::{Edge, EdgeId, VertexId};

/// An expression, its inverse, and what is known of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// From the record to the view.
    pub forward: Expr,
    /// The way back.
    pub backward: Option<Expr>,
    /// What is known.
    pub class: CoercionClass,
}

impl Formula {
    /// `expr`, `inverse`, `coercion`. Without a class, a formula with an inverse is a retraction, without one opaque.
    pub(crate) fn read(reader: &Reader<'_>) -> Result<Formula> {
        Formula::read_as(reader, "coercion")
    }

    /// The same with another name for the class.
    pub(super) fn read_as(reader: &Reader<'_>, class: &str) -> Result<Formula> {
        let forward = read_expr(reader, "expr")?.ok_or_else(|| reader.missing("expr"))?;
        let backward = read_expr(reader, "inverse")?;
        let class = match reader.optional_text(&[class])? {
            None if backward.is_some() => CoercionClass::Retraction,
            None => CoercionClass::Opaque,
            Some(name) => {
                let found =
                    CoercionClass::ALL.into_iter().find(|class| class.as_str().eq_ignore_ascii_case(&name));
                found.ok_or_else(|| {
                    let value = reader.get(class).unwrap_or(reader.value);
                    wrong(value, &reader.place(class), "`iso`, `retraction`, `projection` or `opaque`")
                })?
            }
        };
        Ok(Formula { forward, backward, class })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.text("expr", &print(&self.forward));
        out.optional("inverse", self.backward.as_ref().map(print).as_deref());
        out.text("coercion", self.class_name());
    }

    /// The class as steps write it.
    pub fn class_name(&self) -> &'static str {
        match self.class {
            CoercionClass::Iso => "iso",
            CoercionClass::Retraction => "retraction",
            CoercionClass::Projection => "projection",
            CoercionClass::Opaque => "opaque",
        }
    }

    /// The other way round, where both undo each other.
    pub(crate) fn turned(&self) -> Option<Formula> {
        let backward = self.backward.clone().filter(|_| self.class == CoercionClass::Iso)?;
        Some(Formula { forward: backward, backward: Some(self.forward.clone()), class: self.class })
    }

    pub(super) fn apply(&self) -> Apply {
        Apply { forward: self.forward.clone(), backward: self.backward.clone(), class: self.class }
    }

    pub(super) fn optic(&self) -> Optic {
        if self.class == CoercionClass::Iso { Optic::Iso } else { Optic::Lens }
    }

    pub(super) fn text(&self) -> String {
        print(&self.forward)
    }
}

/// An expression in its text, or as a tree: `{"Builtin":["Concat",[…]]}`.
pub(super) fn read_expr(reader: &Reader<'_>, name: &str) -> Result<Option<Expr>> {
    let Some(value) = reader.get(name) else { return Ok(None) };
    if value.is_object() {
        return Expr::from_json_value(value).map(Some).map_err(|mut error| {
            error.path = Some(reader.place(name));
            error.span.get_or_insert(value.span());
            error
        });
    }
    let Some(text) = value.as_str() else {
        return Err(wrong(value, &reader.place(name), "an expression, as text or as a tree"));
    };
    parse(&text).map(Some).map_err(|mut error| {
        let inner = error.span.map(|span| format!(" (at byte {} of the expression)", span.start));
        error.message = format!("{}{}", error.message, inner.unwrap_or_default()).into();
        error.path = Some(reader.place(name));
        error.span = Some(value.span());
        error
    })
}

/// Refuses a condition over the members of an object that gives no truth value whatever they are.
pub(super) fn check_condition(when: &Expr, scope: &Scope, object: VertexId, path: &str) -> Result<()> {
    let schema = &scope.schema;
    // An absent member is `null` to the condition.
    let member =
        |(_, edge): (EdgeId, &Edge)| Some((edge.name.clone()?, type_of(schema, edge.tgt, edge.required)));
    let types: Vec<(Name, Type)> = schema.props(object).filter_map(member).collect();
    let found = check_open(when, &types).map_err(|mut error| {
        // The text that was given is the chain's.
        (error.path, error.span) = (Some(path.to_owned()), None);
        error
    })?;
    if matches!(found, Type::Bool | Type::Any | Type::Unknown(_)) {
        return Ok(());
    }
    let message = format!("the condition gives {found}, not a truth value");
    Err(Diagnostic::new(ErrorKind::TypeCheck, "condition-not-boolean", message)
        .at(path)
        .help("compare with `==`, `<`, `is_null`, …")
        .boxed())
}

/// What stands at a position: `shape`, or the name of a kind.
pub(super) fn read_shape(reader: &Reader<'_>, names: &[&str]) -> Result<Option<Shape>> {
    if let Some(shape) = reader.get("shape") {
        return Shape::read(shape, reader.place("shape")).map(Some);
    }
    Ok(reader.optional_text(names)?.map(|kind| Shape::of(kind_named(&kind))))
}

pub(super) fn write_shape(out: &mut Writer, shape: Option<&Shape>) {
    let Some(shape) = shape else { return };
    if *shape == Shape::of(shape.vertex.kind.clone()) {
        out.text("kind", shape.vertex.kind.as_str());
    } else {
        out.raw("shape", &shape.write());
    }
}

/// The error of an expression that names what is not there; `missing` says what is.
#[cold]
pub(super) fn unbound(name: &str, mut missing: Error) -> Error {
    missing.code = "expression-unbound";
    missing.message = format!("the expression names `{name}`, which is no member of the object").into();
    missing
}

/// The error of a step whose formula cannot be turned round.
#[cold]
pub(super) fn not_turned(step: &dyn Action) -> Error {
    let mut error = no_inverse(step, "it states no inverse that undoes it exactly");
    error.help = Some("where `inverse` and `expr` undo each other, say so: `coercion` is `iso`".into());
    error
}
