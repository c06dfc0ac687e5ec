//! `case`: steps by the value of a record. All branches lead to the same schema.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::formula::{check_condition, read_expr};
use super::json::{Reader, Writer, array};
use super::{Action, Step, read_steps};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::expr::{Expr, print};
use crate::limits::Budget;
use crate::migration::{Branch, Migration, ObjectMatch};
use crate::schema::{EdgeId, Schema, VertexId};
use std::sync::Arc;

/// Steps by the value of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The object that conditions see; the scope's own if nothing is said.
    pub focus: Option<Box<str>>,
    /// Conditions and the steps of those that they hold of; the first counts.
    pub branches: Vec<(Expr, Vec<Step>)>,
    /// The steps of the others.
    pub otherwise: Vec<Step>,
}

impl Case {
    pub(super) fn read(reader: &Reader<'_>, depth: usize) -> Result<Step> {
        reader.only(&["step_type", "focus", "parent", "branches", "otherwise"])?;
        let mut branches = Vec::new();
        for (at, branch) in reader.list("branches")?.into_iter().enumerate() {
            let branch = Reader::new(branch, format!("{}[{at}]", reader.place("branches")))?;
            branch.only(&["when", "steps"])?;
            let when = read_expr(&branch, "when")?.ok_or_else(|| branch.missing("when"))?;
            branches.push((when, read_steps(&branch.list("steps")?, &branch.place("steps"), depth + 1)?));
        }
        let otherwise = reader.optional_list("otherwise")?.unwrap_or_default();
        let otherwise = read_steps(&otherwise, &reader.place("otherwise"), depth + 1)?;
        let focus = reader.optional_text(&["focus", "parent"])?;
        Ok(Step::Case(Case { focus, branches, otherwise }))
    }

    fn all(&self) -> impl Iterator<Item = &[Step]> {
        self.branches.iter().map(|(_, steps)| steps.as_slice()).chain([self.otherwise.as_slice()])
    }
}

/// A branch as one migration, and where the object is in its target.
struct Arm {
    migration: Arc<Migration>,
    object: VertexId,
    applied: Vec<Applied>,
}

fn arm(steps: &[Step], scope: &Scope, object: VertexId) -> Result<Arm> {
    let mut at = Scope { schema: scope.schema.clone(), base: object, inner: true };
    let mut applied = Vec::new();
    let mut image = object;
    for step in steps {
        for one in step.apply(&at)? {
            image = one.vertex(image).ok_or_else(|| refused("a branch removes the object itself"))?;
            at = one.scope(&at);
            applied.push(one);
        }
    }
    if applied.is_empty() {
        applied.push(Change::new(scope).finish()?);
    }
    let mut budget = Budget::default();
    let mut whole: Option<Arc<Migration>> = None;
    for one in &applied {
        let next = Arc::new(one.migration.clone());
        whole = Some(match whole {
            None => next,
            Some(before) => Arc::new(Migration::compose(&before, &next, &mut budget)?),
        });
    }
    let migration = whole.ok_or_else(|| refused("a branch does nothing"))?;
    Ok(Arm { migration, object: image, applied })
}

#[cold]
fn refused(why: &'static str) -> Error {
    Diagnostic::new(ErrorKind::Migration, "case-not-possible", why)
        .help("let each branch change only members of the object, without expressions in their place")
        .boxed()
}

/// A way of members in one schema as the way of the same names in another.
fn translate(way: &[EdgeId], from: &Schema, to: &Schema, object: VertexId) -> Option<Vec<EdgeId>> {
    let mut at = object;
    let mut out = Vec::with_capacity(way.len());
    for edge in way {
        let there = to.prop_named(at, from.edge(*edge).name.as_deref()?)?;
        at = to.resolve(to.edge(there).tgt).vertex;
        out.push(there);
    }
    Some(out)
}

/// The matches of a branch, in ids of another schema of the same shape.
fn matches(arm: &Arm, object: VertexId, to: &Schema, image: VertexId) -> Option<ObjectMatch> {
    let from = &arm.migration.target;
    let mut all = arm.migration.object(object, arm.object);
    let way = |way: &[EdgeId]| translate(way, from, to, image);
    for link in &mut all.links {
        link.to = way(&link.to)?;
    }
    all.fills = all.fills.iter().map(|(to, value)| Some((way(to)?, value.clone()))).collect::<Option<_>>()?;
    for compute in &mut all.computes {
        for output in &mut compute.outputs {
            output.way = way(&output.way)?;
        }
    }
    Some(all)
}

/// Whether stated matches are those by equal names, which hold where nothing is stated.
fn is_by_name(migration: &Migration, pair: (VertexId, VertexId), matches: &ObjectMatch) -> bool {
    let name = |schema: &Schema, way: &[EdgeId]| match way {
        [only] => schema.edge(*only).name.clone(),
        _ => None,
    };
    let same = matches.links.iter().all(|link| {
        let from = name(&migration.source, &link.from);
        from.is_some() && from == name(&migration.target, &link.to)
    });
    let by_name = migration.source.props(pair.0).filter(|(_, edge)| {
        edge.name.as_deref().is_some_and(|name| migration.target.prop_named(pair.1, name).is_some())
    });
    let plain = matches.fills.is_empty()
        && matches.source_fills.is_empty()
        && matches.computes.is_empty()
        && matches.reserved.is_empty();
    same && plain && matches.links.len() == by_name.count()
}

impl Action for Case {
    fn step_type(&self) -> &'static str {
        "case"
    }

    fn write(&self, out: &mut Writer) {
        out.optional("focus", self.focus.as_deref());
        let branch = |(when, steps): &(Expr, Vec<Step>)| {
            let mut out = Writer::new();
            out.text("when", &print(when));
            out.raw("steps", &array(steps.iter().map(Step::to_json)));
            out.finish()
        };
        out.list("branches", self.branches.iter().map(branch));
        if !self.otherwise.is_empty() {
            out.list("otherwise", self.otherwise.iter().map(Step::to_json));
        }
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let object = scope.object(self.focus.as_deref().unwrap_or(""))?;
        let last = arm(&self.otherwise, scope, object)?;
        let digest = last.migration.target.shape_digest();
        let target = last.migration.target.clone();
        let image = last.object;
        let mut migration = Migration::clone(&last.migration);
        let mut branches = Vec::new();
        for (at, (when, steps)) in self.branches.iter().enumerate() {
            check_condition(when, scope, object, &format!("branches[{at}].when"))?;
            let arm = arm(steps, scope, object)?;
            if arm.migration.target.shape_digest() != digest {
                let message = format!("branch {at} leads to another schema than the others");
                return Err(Diagnostic::new(ErrorKind::Migration, "branches-disagree", message)
                    .help("let all branches, and `otherwise`, add and remove the same members")
                    .boxed());
            }
            let inside = arm.migration.objects.iter().any(|(pair, matches)| {
                *pair != (object, arm.object) && !is_by_name(&arm.migration, *pair, matches)
            });
            if inside || !arm.migration.applies.is_empty() || !arm.migration.survival.is_empty() {
                return Err(refused("a branch changes more than the members of the object"));
            }
            let then = matches(&arm, object, &target, image)
                .ok_or_else(|| refused("the members of a branch cannot be found in the others"))?;
            branches.push(Branch { when: when.clone(), then });
        }
        migration.branches.insert((object, image), branches);
        // Positions go where `otherwise` brings them.
        Ok(vec![Applied::through(migration, &last.applied)])
    }

    fn inverse(&self, _: &Scope) -> Result<Step> {
        Err(super::no_inverse(self, "which branch a view came from is told by its complement only"))
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        for need in self.all().flatten().flat_map(Step::needs) {
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        needs
    }

    fn optic(&self) -> Optic {
        self.all().flatten().fold(Optic::Lens, |optic, step| optic.then(step.optic()))
    }

    fn text(&self) -> String {
        let list = |steps: &[Step]| steps.iter().map(Step::text).collect::<Vec<_>>().join("; ");
        let mut parts: Vec<String> = self
            .branches
            .iter()
            .map(|(when, steps)| format!("where `{}`: {}", print(when), list(steps)))
            .collect();
        parts.push(format!("otherwise: {}", list(&self.otherwise)));
        parts.join("; ")
    }
}
