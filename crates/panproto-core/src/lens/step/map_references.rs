//! `map_references`: a string, or each string of a list, is replaced by another one; `null` removes it.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::json::{Reader, Writer, wrong};
use super::{Action, Step, read_field, write_field};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result, Span};
use crate::expr::{Builtin, Expr, ExprKind, Pattern};
use crate::migration::{Apply, CoercionClass};
use crate::schema::{EdgeKind, Kind};
use std::sync::Arc;

/// Replaces names.
#[derive(Clone, Debug, PartialEq)]
pub struct MapReferences {
    /// The member that holds them.
    pub field: Field,
    /// Old names to new ones; none removes.
    pub names: Vec<Renamed>,
}

/// A name, and the one that replaces it; none removes it.
type Renamed = (Box<str>, Option<Box<str>>);

/// `rename_map`: an object of names to names, or to `null`.
pub(super) fn read_names(reader: &Reader<'_>) -> Result<Vec<Renamed>> {
    let map = reader.get("rename_map").ok_or_else(|| reader.missing("rename_map"))?;
    if !map.is_object() {
        return Err(wrong(map, &reader.place("rename_map"), "an object of names to names"));
    }
    let mut names: Vec<Renamed> = Vec::new();
    for (key, value) in map.members() {
        let to = match value.as_str() {
            Some(to) => Some(Box::from(&*to)),
            None if value.raw() == b"null" => None,
            None => return Err(wrong(value, &reader.place("rename_map"), "a name, or `null`")),
        };
        names.push((key.as_str().unwrap_or_default().into(), to));
    }
    Ok(names)
}

impl MapReferences {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field", "rename_map"])?;
        let names = read_names(reader)?;
        Ok(Step::MapReferences(MapReferences { field: read_field(reader, &["name"])?, names }))
    }

    /// No two names become one, so that the way back is known.
    fn is_injective(&self) -> bool {
        let mut seen: Vec<&str> = Vec::new();
        self.names.iter().all(|(_, to)| {
            to.as_deref().is_some_and(|to| {
                let fresh = !seen.contains(&to);
                seen.push(to);
                fresh
            })
        })
    }

    /// Nothing that is not renamed has a name that something is renamed to.
    fn is_permutation(&self) -> bool {
        let named = |to: &str| self.names.iter().any(|(from, _)| **from == *to);
        self.is_injective() && self.names.iter().all(|(_, to)| to.as_deref().is_some_and(named))
    }
}

fn none() -> Span {
    Span::default()
}

/// The name that stands for a name.
fn lookup(variable: &str, pairs: &[(&str, &str)]) -> Result<Expr> {
    let mut arms = Vec::new();
    for (from, to) in pairs {
        arms.push((Pattern::Lit((*from).into()), Expr::lit(*to)?));
    }
    arms.push((Pattern::Wildcard, Expr::var(variable)));
    Expr::new(ExprKind::Match { scrutinee: Arc::new(Expr::var(variable)), arms }, none())
}

impl Action for MapReferences {
    fn step_type(&self) -> &'static str {
        "map_references"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        let mut map = Writer::new();
        for (from, to) in &self.names {
            match to {
                Some(to) => map.text(from, to),
                None => map.raw(from, "null"),
            }
        }
        out.raw("rename_map", &map.finish());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field)?;
        let schema = &scope.schema;
        let value = schema.resolve(member.value).vertex;
        let list = schema.vertex(value).kind == Kind::Array;
        let leaf = match schema.target_of(value, EdgeKind::Items).filter(|_| list) {
            Some(items) => schema.resolve(items).vertex,
            None => value,
        };
        if schema.vertex(leaf).kind != Kind::String {
            let message = format!("`{}` holds no string and no list of strings", self.field.text());
            return Err(Diagnostic::new(ErrorKind::Migration, "kind-mismatch", message)
                .at(self.field.text())
                .boxed());
        }
        let there: Vec<(&str, &str)> =
            self.names.iter().filter_map(|(from, to)| Some((&**from, to.as_deref()?))).collect();
        let back: Vec<(&str, &str)> = there.iter().map(|(from, to)| (*to, *from)).collect();
        let gone: Vec<&str> =
            self.names.iter().filter(|(_, to)| to.is_none()).map(|(from, _)| &**from).collect();
        let removed = |name: &str| -> Result<Expr> {
            let mut test = Expr::lit(true)?;
            for from in &gone {
                let other = Expr::builtin(Builtin::Neq, vec![Expr::var(name), Expr::lit(*from)?])?;
                test = Expr::builtin(Builtin::And, vec![test, other])?;
            }
            Ok(test)
        };
        let each = |pairs: &[(&str, &str)], drop: bool| -> Result<Expr> {
            if !list {
                return lookup("v", pairs);
            }
            let mut items = Expr::var("v");
            if drop && !gone.is_empty() {
                let keep = Expr::new(ExprKind::Lam("x".into(), Arc::new(removed("x")?)), none())?;
                items = Expr::builtin(Builtin::Filter, vec![items, keep])?;
            }
            let map = Expr::new(ExprKind::Lam("x".into(), Arc::new(lookup("x", pairs)?)), none())?;
            Expr::builtin(Builtin::Map, vec![items, map])
        };
        let mut change = Change::new(scope);
        change.matched(member.object);
        let class = if self.is_permutation() { CoercionClass::Iso } else { CoercionClass::Projection };
        change.send(
            member.edge,
            Apply { forward: each(&there, true)?, backward: Some(each(&back, false)?), class },
        );
        if !list && !gone.is_empty() {
            let name = schema.edge(member.edge).name.clone().unwrap_or_default();
            if let Some(edge) = change.editor.edge_mut(member.edge) {
                edge.required = false;
            }
            change.survives(member.edge, removed(&name)?);
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, _: &Scope) -> Result<Step> {
        if !self.is_injective() {
            return Err(super::no_inverse(
                self,
                "names that became one, or were removed, cannot be told apart",
            ));
        }
        let names = self.names.iter().filter_map(|(from, to)| Some((to.clone()?, Some(from.clone()))));
        Ok(Step::MapReferences(MapReferences { field: self.field.clone(), names: names.collect() }))
    }

    fn needs(&self) -> Vec<Need> {
        let class = if self.is_permutation() { "iso" } else { "projection" };
        vec![Need::Coerced { name: self.field.text(), class }]
    }

    fn optic(&self) -> Optic {
        if self.is_permutation() { Optic::Iso } else { Optic::Lens }
    }

    fn text(&self) -> String {
        format!("replace strings in `{}` by others ({})", self.field.text(), self.names.len())
    }
}
