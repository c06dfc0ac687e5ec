//! `scoped` and `map_items`: steps under a focus, steps on the items of a list.

use super::elementary::Applied;
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::{Action, Step, read_steps};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::schema::{EdgeKind, Kind};

/// Steps under a focus.
#[derive(Clone, Debug, PartialEq)]
pub struct Scoped {
    /// The position that the inner paths start at.
    pub focus: Box<str>,
    /// The focus is a list, and the steps are those of its items.
    pub items: bool,
    /// The steps.
    pub inner: Vec<Step>,
}

impl Scoped {
    pub(super) fn read(reader: &Reader<'_>, items: bool, depth: usize) -> Result<Step> {
        reader.only(&["step_type", "focus", "parent", "name", "inner", "steps"])?;
        let focus = reader.optional_text(&["focus", "parent", "name"])?.unwrap_or_default();
        let member = if reader.get("inner").is_some() { "inner" } else { "steps" };
        let list = match reader.get(member) {
            // One step may stand without a list around it.
            Some(value) if value.is_object() => vec![value],
            _ => reader.list(member)?,
        };
        let inner = read_steps(&list, &reader.place(member), depth + 1)?;
        Ok(Step::Scoped(Scoped { focus, items, inner }))
    }

    fn scope(&self, scope: &Scope) -> Result<Scope> {
        let mut base = scope.find(&self.focus)?;
        if self.items {
            let list = scope.schema.resolve(base).vertex;
            base = scope.schema.target_of(list, EdgeKind::Items).ok_or_else(|| {
                let kind = &scope.schema.vertex(list).kind;
                let message = match kind {
                    Kind::Array => format!("`{}` says nothing of its items", self.focus),
                    kind => format!("`{}` is of kind `{kind}` and has no items", self.focus),
                };
                let error = Diagnostic::new(ErrorKind::Migration, "not-a-list", message).at(&*self.focus);
                match self.focus.strip_suffix("[]") {
                    Some(list) => error.help(format!("name the list itself: `{list}`")).boxed(),
                    None => error.boxed(),
                }
            })?;
        }
        Ok(Scope { schema: scope.schema.clone(), base, inner: true })
    }

    /// The focus, the items' marked.
    fn place(&self) -> String {
        if self.items { format!("{}[]", self.focus) } else { self.focus.to_string() }
    }
}

impl Action for Scoped {
    fn step_type(&self) -> &'static str {
        if self.items { "map_items" } else { "scoped" }
    }

    fn write(&self, out: &mut Writer) {
        out.text("focus", &self.focus);
        out.list("inner", self.inner.iter().map(Step::to_json));
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let mut inner = self.scope(scope)?;
        let mut all = Vec::new();
        for step in &self.inner {
            for applied in step.apply(&inner)? {
                inner = applied.scope(&inner);
                all.push(applied);
            }
        }
        Ok(all)
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let mut at = self.scope(scope)?;
        let mut inner = Vec::new();
        for step in &self.inner {
            inner.push(step.inverse(&at)?);
            for applied in step.apply(&at)? {
                at = applied.scope(&at);
            }
        }
        inner.reverse();
        Ok(Step::Scoped(Scoped { focus: self.focus.clone(), items: self.items, inner }))
    }

    fn needs(&self) -> Vec<Need> {
        let place = self.place();
        self.inner.iter().flat_map(Step::needs).map(|need| need.under(&place)).collect()
    }

    fn optic(&self) -> Optic {
        let many = self.items || self.focus.contains("[]") || self.focus.contains("[*]");
        let focus = if many { Optic::Traversal } else { Optic::Lens };
        self.inner.iter().fold(focus, |optic, step| optic.then(step.optic()))
    }

    fn optic_at(&self, scope: &Scope) -> Result<Optic> {
        let mut at = self.scope(scope)?;
        let into: Vec<EdgeKind> = scope
            .schema
            .edges()
            .filter(|(_, edge)| edge.tgt == at.base)
            .map(|(_, edge)| edge.kind.clone())
            .collect();
        let mut optic = if self.items || into.contains(&EdgeKind::Items) || self.focus.contains("[]") {
            Optic::Traversal
        } else if into.contains(&EdgeKind::Variant) {
            Optic::Prism
        } else {
            Optic::Lens
        };
        for step in &self.inner {
            optic = optic.then(step.optic_at(&at)?);
            for applied in step.apply(&at)? {
                at = applied.scope(&at);
            }
        }
        Ok(optic)
    }

    fn text(&self) -> String {
        let inner: Vec<String> = self.inner.iter().map(Step::text).collect();
        format!("in `{}`: {}", self.place(), inner.join("; "))
    }
}
