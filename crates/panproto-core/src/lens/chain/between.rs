//! From a migration between two schemas to a chain that leads from one to the other.

use super::Chain;
use crate::diagnostic::Result;
use crate::diff::Diff;
use crate::lens::step::{
    AddField, AddSort, Coerce, CoerceVertex, DropSort, Field, Head, HoistField, ListWrap, NestField,
    RemoveField, RenameField, Scope, SetRequired, SetVertex, Shape, Step,
};
use crate::limits::Budget;
use crate::migration::{FieldMatch, Migration};
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::{EdgeId, EdgeKind, Kind, Schema, VertexId};
use std::collections::VecDeque;
use std::sync::Arc;

/// A chain that was found, and what it does not express.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The chain.
    pub chain: Chain,
    /// Differences between what it reaches and the schema that was asked for, in words; none where it is exact.
    pub residue: Vec<String>,
}

impl Chain {
    /// The chain that does what a migration says, as far as steps express it. Instantiated on the migration's source
    /// it reaches a schema of the shape of the target; what differs is the residue.
    ///
    /// # Errors
    /// `limit-steps`, `cancelled`.
    pub fn of_migration(migration: &Migration, budget: &mut Budget) -> Result<Found> {
        let mut walk = Walk {
            migration,
            old: &migration.source,
            new: &migration.target,
            scope: Scope::new(migration.source.clone()),
            steps: Vec::new(),
            failed: Vec::new(),
            pairs: BTreeMap::new(),
            taken: BTreeSet::new(),
            work: VecDeque::new(),
        };
        walk.definitions(budget)?;
        while let Some((old, new)) = walk.work.pop_front() {
            budget.spend(1 + walk.scope.schema.len() as u64)?;
            walk.position(old, new, budget)?;
        }
        walk.drop_definitions(budget)?;
        let reached = &walk.scope.schema;
        let mut residue = walk.failed;
        if reached.shape_digest() != migration.target.shape_digest() {
            let diff = Diff::between(reached, &migration.target);
            residue.extend(
                diff.changes()
                    .iter()
                    .filter(|change| change.is_structural())
                    .map(|change| format!("{} at `{}`", change.kind, change.path)),
            );
            if residue.is_empty() {
                residue.push("the schemas differ in what a diff does not show".to_owned());
            }
        }
        Ok(Found { chain: Chain::new(walk.steps), residue })
    }
}

struct Walk<'m> {
    migration: &'m Migration,
    old: &'m Arc<Schema>,
    new: &'m Arc<Schema>,
    /// The schema that the steps so far lead to. Vertices keep the ids that they have in the old one.
    scope: Scope,
    steps: Vec<Step>,
    failed: Vec<String>,
    /// New vertices and the ids that they have in the scope's schema.
    pairs: BTreeMap<VertexId, Box<str>>,
    /// Old vertices that have a counterpart.
    taken: BTreeSet<VertexId>,
    work: VecDeque<(VertexId, VertexId)>,
}

impl Walk<'_> {
    /// Applies a step at once; one that does not apply is told.
    fn push(&mut self, mut step: Step, budget: &mut Budget) -> Result<bool> {
        budget.spend(1 + self.scope.schema.len() as u64)?;
        self.without_root(&mut step);
        match step.apply(&self.scope) {
            Ok(applied) => {
                if let Some(last) = applied.last() {
                    self.scope = Scope::new(last.migration.target.clone());
                }
                self.steps.push(step);
                Ok(true)
            }
            Err(error) => {
                self.failed.push(format!("`{}`: {}", step.text(), error.message));
                Ok(false)
            }
        }
    }

    /// Members of the record itself need no focus: the step then applies to schemas that call the record otherwise.
    fn without_root(&self, step: &mut Step) {
        let parent = match step {
            Step::RemoveField(RemoveField { field, .. })
            | Step::RenameField(RenameField { field, .. })
            | Step::AddField(AddField { field, .. })
            | Step::Coerce(Coerce { field, .. })
            | Step::Head(Head { field })
            | Step::ListWrap(ListWrap { field })
            | Step::SetRequired(SetRequired { field, .. }) => &mut field.parent,
            Step::HoistField(HoistField { parent, .. }) | Step::NestField(NestField { parent, .. }) => parent,
            _ => return,
        };
        let root = self.scope.schema.resolve(self.scope.base).vertex;
        let root = &self.scope.schema.vertex(root).id;
        if parent.as_deref() == Some(root.as_str()) {
            *parent = None;
        }
    }

    /// Pairs two positions, once. False where one has another counterpart.
    fn pair(&mut self, old: VertexId, new: VertexId) -> bool {
        let id: Box<str> = self.old.vertex(old).id.as_str().into();
        match self.pairs.get(&new) {
            Some(known) => *known == id,
            None if self.taken.contains(&old) => false,
            None => {
                self.pairs.insert(new, id);
                self.taken.insert(old);
                self.work.push_back((old, new));
                true
            }
        }
    }

    /// Pairs the main roots, and the definitions of equal names; adds those that are new.
    fn definitions(&mut self, budget: &mut Budget) -> Result<()> {
        let (from, to) = self.migration.roots;
        self.pair(from, to);
        let roots = |schema: &Schema| -> Vec<(Box<str>, VertexId)> {
            schema.roots().iter().map(|root| (root.name.as_str().into(), root.vertex)).collect()
        };
        let (old, mut added) = (roots(self.old), Vec::new());
        for (name, vertex) in roots(self.new) {
            match old.iter().find(|(other, _)| *other == name) {
                Some((_, there)) => {
                    self.pair(*there, vertex);
                }
                None if !self.pairs.contains_key(&vertex) => added.push((name, vertex)),
                None => {}
            }
        }
        // Objects first and empty, so that they can refer to each other.
        let (objects, others): (Vec<_>, Vec<_>) =
            added.into_iter().partition(|(_, vertex)| self.new.vertex(*vertex).kind == Kind::Object);
        for (name, vertex) in &objects {
            let shape = Shape::local(self.new, *vertex);
            self.add_sort(name, *vertex, shape, budget)?;
        }
        for (name, vertex) in &others {
            match self.cut(*vertex) {
                Some(shape) => self.add_sort(name, *vertex, shape, budget)?,
                None => self.failed.push(format!("the definition `{name}` refers to itself")),
            }
        }
        for (_, vertex) in &objects {
            self.add_members(*vertex, &self.new.vertex(*vertex).id.to_string(), &[], budget)?;
        }
        Ok(())
    }

    fn add_sort(&mut self, root: &str, vertex: VertexId, shape: Shape, budget: &mut Budget) -> Result<()> {
        let name: Box<str> = self.new.vertex(vertex).id.as_str().into();
        let step = Step::AddSort(AddSort { name: name.clone(), shape, root: Some(root.into()) });
        if self.push(step, budget)? {
            self.pairs.insert(vertex, name);
        }
        Ok(())
    }

    /// Removes definitions that the new schema does not have.
    fn drop_definitions(&mut self, budget: &mut Budget) -> Result<()> {
        for root in self.old.roots() {
            if self.new.roots().iter().any(|other| other.name == root.name)
                || self.taken.contains(&root.vertex)
            {
                continue;
            }
            let name = self.old.vertex(root.vertex).id.as_str().into();
            self.push(Step::DropSort(DropSort { name }), budget)?;
        }
        Ok(())
    }

    /// The shape of a new position; what has a counterpart is referred to.
    fn cut(&self, new: VertexId) -> Option<Shape> {
        Shape::cut(self.new, new, &|vertex| self.pairs.get(&vertex).cloned())
    }

    /// A pair of positions: what they say themselves, then what they contain.
    fn position(&mut self, old: VertexId, new: VertexId, budget: &mut Budget) -> Result<()> {
        let focus: Box<str> = self.old.vertex(old).id.as_str().into();
        let (was, is) = (Shape::local(self.old, old), Shape::local(self.new, new));
        if !same_local(&was, &is) {
            self.push(Step::SetVertex(SetVertex { focus, shape: is }), budget)?;
        }
        if self.old.vertex(old).kind == Kind::Object {
            return self.object(old, new, budget);
        }
        self.inside(old, new, budget)
    }

    /// What is no member: items, arms, what references mean, undeclared members. Where both sides have the same
    /// edges their ends are paired; where not, the whole position is replaced.
    fn inside(&mut self, old: VertexId, new: VertexId, budget: &mut Budget) -> Result<()> {
        let edges = |schema: &Schema, at: VertexId| -> Vec<(EdgeKind, Option<crate::name::Name>, VertexId)> {
            let all = schema.outgoing(at).filter(|(_, edge)| edge.kind != EdgeKind::Prop);
            all.map(|(_, edge)| (edge.kind.clone(), edge.name.clone(), edge.tgt)).collect()
        };
        let (was, is) = (edges(self.old, old), edges(self.new, new));
        let alike = was.len() == is.len() && was.iter().zip(&is).all(|(a, b)| (&a.0, &a.1) == (&b.0, &b.1));
        if !alike {
            if self.new.vertex(new).kind == Kind::Object {
                // Its members have been seen to.
                return Ok(());
            }
            self.pairs.remove(&new);
            return self.replace(old, new, budget);
        }
        for ((kind, _, from), (_, _, to)) in was.iter().zip(&is) {
            if !self.descend(*from, *to) && *kind != EdgeKind::Ref && !self.taken.contains(from) {
                self.replace(*from, *to, budget)?;
            }
        }
        Ok(())
    }

    /// Puts another shape in the place of a position.
    fn replace(&mut self, old: VertexId, new: VertexId, budget: &mut Budget) -> Result<()> {
        let focus: Box<str> = self.old.vertex(old).id.as_str().into();
        match self.cut(new) {
            Some(to) => {
                self.push(Step::CoerceVertex(CoerceVertex { focus, to }), budget)?;
            }
            None => self.failed.push(format!("`{focus}` contains itself")),
        }
        Ok(())
    }

    /// Positions inside that keep their kinds are paired; others stay as they are, and are told in the end.
    fn descend(&mut self, old: VertexId, new: VertexId) -> bool {
        self.old.vertex(old).kind == self.new.vertex(new).kind && self.pair(old, new)
    }

    fn object(&mut self, old: VertexId, new: VertexId, budget: &mut Budget) -> Result<()> {
        let focus = self.old.vertex(old).id.to_string();
        let mut links = self.links(old, new);
        self.moves(&focus, &links, budget)?;
        for (id, edge) in self.old.props(old) {
            let name = edge.name.as_deref().unwrap_or("");
            let used = links.iter().any(|link| link.from == [id]);
            if !used && self.scope.member(&Field::new(&focus, name)).is_ok() {
                let fill = self.migration.object(old, new).source_fills.get(&vec![id]).cloned();
                self.push(
                    Step::RemoveField(RemoveField { field: Field::new(&focus, name), default: fill }),
                    budget,
                )?;
            }
        }
        links.retain(|link| link.from.len() == 1 && link.to.len() == 1);
        self.renames(&focus, &links, budget)?;
        let linked: Vec<EdgeId> = links.iter().filter_map(|link| link.to.first().copied()).collect();
        // What is new goes in before what changes, which may refer to it.
        self.add_members(new, &focus, &linked, budget)?;
        for link in &links {
            if let (Some(from), Some(to)) = (link.from.first(), link.to.first()) {
                self.member(&focus, *from, *to, (old, new), budget)?;
            }
        }
        self.inside(old, new, budget)
    }

    /// The links of a pair of objects, by properties of both.
    fn links(&self, old: VertexId, new: VertexId) -> Vec<FieldMatch> {
        // Definitions that no record reaches are not in the migration: their members go by name.
        self.migration.object(old, new).links
    }

    /// Members that change their level.
    fn moves(&mut self, focus: &str, links: &[FieldMatch], budget: &mut Budget) -> Result<()> {
        let name = |schema: &Schema, edge: &EdgeId| -> Box<str> {
            schema.edge(*edge).name.as_deref().unwrap_or("").into()
        };
        let mut containers = Vec::new();
        for link in links {
            match (link.from.as_slice(), link.to.as_slice()) {
                ([_], [_]) => {}
                (way, [to]) => {
                    let to = name(self.new, to);
                    let outer = way.first().and_then(|edge| self.old.edge(*edge).name.clone());
                    let object = link.to.first().map(|edge| self.new.edge(*edge).src);
                    let keep = object
                        .is_some_and(|object| self.new.props(object).any(|(_, edge)| edge.name == outer));
                    self.hoists(focus, way, &to, keep, budget)?;
                }
                ([from], [outer, inner]) => {
                    let step = NestField {
                        parent: Some(focus.into()),
                        child: name(self.old, from),
                        intermediate: name(self.new, outer),
                        to: Some(name(self.new, inner)),
                    };
                    self.push(Step::NestField(step), budget)?;
                    if !containers.contains(outer) {
                        containers.push(*outer);
                    }
                }
                (way, [outer, inner]) if way.len() > 1 => {
                    let aside = format!("{}~", name(self.new, inner));
                    self.hoists(focus, way, &aside, true, budget)?;
                    let step = NestField {
                        parent: Some(focus.into()),
                        child: aside.into(),
                        intermediate: name(self.new, outer),
                        to: Some(name(self.new, inner)),
                    };
                    self.push(Step::NestField(step), budget)?;
                    if !containers.contains(outer) {
                        containers.push(*outer);
                    }
                }
                _ => self.failed.push(format!("a member of `{focus}` moves down several levels")),
            }
            if let ([.., from], [.., to], true) =
                (link.from.as_slice(), link.to.as_slice(), link.from.len() != link.to.len())
            {
                self.descend(self.old.edge(*from).tgt, self.new.edge(*to).tgt);
            }
        }
        for outer in containers {
            self.container(focus, outer, budget)?;
        }
        Ok(())
    }

    /// Brings a member up, level by level.
    fn hoists(
        &mut self,
        focus: &str,
        way: &[EdgeId],
        to: &str,
        keep: bool,
        budget: &mut Budget,
    ) -> Result<()> {
        let name = |edge: &EdgeId| Box::<str>::from(self.old.edge(*edge).name.as_deref().unwrap_or(""));
        let Some((last, above)) = way.split_last() else { return Ok(()) };
        let mut child = name(last);
        let mut steps = Vec::new();
        for (at, outer) in above.iter().enumerate().rev() {
            let object = at.checked_sub(1).and_then(|at| above.get(at)).map(|edge| {
                let inner = self.old.resolve(self.old.edge(*edge).tgt).vertex;
                self.old.vertex(inner).id.to_string()
            });
            let target: Box<str> = if at == 0 { to.into() } else { format!("{child}~").into() };
            steps.push(Step::HoistField(HoistField {
                parent: Some(object.map_or_else(|| focus.into(), Into::into)),
                intermediate: name(outer),
                child,
                to: Some(target.clone()),
                // What is left over is dropped or paired afterwards.
                keep: keep || at > 0,
            }));
            child = target;
        }
        for step in steps {
            self.push(step, budget)?;
        }
        Ok(())
    }

    /// What else a container says that members were nested in.
    fn container(&mut self, focus: &str, outer: EdgeId, budget: &mut Budget) -> Result<()> {
        let edge = self.new.edge(outer);
        let field = Field::new(focus, edge.name.as_deref().unwrap_or(""));
        let Ok(member) = self.scope.member(&field) else { return Ok(()) };
        let id = self.scope.schema.vertex(member.value).id.clone();
        let known = self.old.find(&id).is_some();
        if known || self.new.vertex(edge.tgt).kind != Kind::Object || self.pairs.contains_key(&edge.tgt) {
            return Ok(());
        }
        let (was, is) = (Shape::local(&self.scope.schema, member.value), Shape::local(self.new, edge.tgt));
        if !same_local(&was, &is) {
            self.push(Step::SetVertex(SetVertex { focus: id.as_str().into(), shape: is }), budget)?;
        }
        self.add_members(edge.tgt, &id, &[], budget)?;
        let mut inside = vec![(field, edge.required)];
        for (_, inner) in self.new.props(edge.tgt) {
            inside.push((Field::new(&id, inner.name.as_deref().unwrap_or("")), inner.required));
        }
        for (field, required) in inside {
            let now = self.scope.member(&field).map(|member| self.scope.schema.edge(member.edge).required);
            if now.is_ok_and(|now| now != required) {
                self.push(Step::SetRequired(SetRequired { field, required, default: None }), budget)?;
            }
        }
        Ok(())
    }

    /// Renames, also those that go in a circle.
    fn renames(&mut self, focus: &str, links: &[FieldMatch], budget: &mut Budget) -> Result<()> {
        let name = |schema: &Schema, way: &[EdgeId]| -> Box<str> {
            way.first().and_then(|edge| schema.edge(*edge).name.as_deref()).unwrap_or("").into()
        };
        let mut open: Vec<(Box<str>, Box<str>)> = links
            .iter()
            .map(|link| (name(self.old, &link.from), name(self.new, &link.to)))
            .filter(|(from, to)| from != to)
            .collect();
        while !open.is_empty() {
            budget.spend(open.len() as u64)?;
            let free = open.iter().position(|(_, to)| open.iter().all(|(from, _)| from != to));
            let (from, to) = open.swap_remove(free.unwrap_or(0));
            let rename = |from: &str, to: &str| {
                Step::RenameField(RenameField { field: Field::new(focus, from), to: to.into() })
            };
            if free.is_some() {
                self.push(rename(&from, &to), budget)?;
            } else {
                let aside: Box<str> = format!("{from}~").into();
                self.push(rename(&from, &aside), budget)?;
                open.push((aside, to));
            }
        }
        Ok(())
    }

    /// What a member is on both sides. It has its new name already.
    fn member(
        &mut self,
        focus: &str,
        from: EdgeId,
        to: EdgeId,
        objects: (VertexId, VertexId),
        budget: &mut Budget,
    ) -> Result<()> {
        let (was, is) = (self.old.edge(from), self.new.edge(to));
        let field = Field::new(focus, is.name.as_deref().unwrap_or(""));
        let (old_kind, new_kind) = (&self.old.vertex(was.tgt).kind, &self.new.vertex(is.tgt).kind);
        if !self.descend(was.tgt, is.tgt) {
            let (list, other) = (*old_kind == Kind::Array, *new_kind == Kind::Array);
            let item = |schema: &Schema, list| schema.target_of(list, EdgeKind::Items);
            let (inner, outer) = (item(self.old, was.tgt), item(self.new, is.tgt));
            let step = match (list, other, inner, outer) {
                (true, false, Some(inner), _) if self.descend(inner, is.tgt) => {
                    Some(Step::Head(Head { field: field.clone() }))
                }
                (false, true, _, Some(outer)) if self.descend(was.tgt, outer) => {
                    Some(Step::ListWrap(ListWrap { field: field.clone() }))
                }
                _ => self.cut(is.tgt).map(|to| Step::Coerce(Coerce { field: field.clone(), to })),
            };
            match step {
                Some(step) => {
                    self.push(step, budget)?;
                }
                None => self.failed.push(format!("`{}` refers to itself", field.text())),
            }
        }
        let now = self.scope.member(&field).map(|member| self.scope.schema.edge(member.edge).required);
        if now.is_ok_and(|required| required != is.required) {
            let matches = self.migration.object(objects.0, objects.1);
            let default = if is.required {
                matches.fills.get(&vec![to]).cloned()
            } else {
                matches.source_fills.get(&vec![from]).cloned()
            };
            self.push(Step::SetRequired(SetRequired { field, required: is.required, default }), budget)?;
        }
        Ok(())
    }

    /// Members of a new object that its counterpart lacks.
    fn add_members(
        &mut self,
        new: VertexId,
        focus: &str,
        linked: &[EdgeId],
        budget: &mut Budget,
    ) -> Result<()> {
        let fills = self.migration.objects.iter().filter(|((_, to), _)| *to == new);
        let fills: BTreeMap<_, _> = fills.flat_map(|(_, matches)| matches.fills.clone()).collect();
        for (id, edge) in self.new.props(new) {
            let field = Field::new(focus, edge.name.as_deref().unwrap_or(""));
            if linked.contains(&id) || self.scope.member(&field).is_ok() {
                continue;
            }
            let Some(shape) = self.cut(edge.tgt) else {
                self.failed.push(format!("`{}` contains itself", field.text()));
                continue;
            };
            let default = fills.get(&vec![id]).cloned();
            let step = AddField { field, shape, required: edge.required, default };
            self.push(Step::AddField(step), budget)?;
        }
        Ok(())
    }
}

/// Whether two positions say the same themselves, in any order.
fn same_local(a: &Shape, b: &Shape) -> bool {
    let plain = |shape: &Shape| {
        let mut vertex = shape.vertex.clone();
        vertex.constraints.arrange();
        vertex.doc = None;
        if !vertex.tainted {
            vertex.extra.clear();
        }
        vertex
    };
    plain(a) == plain(b)
}
