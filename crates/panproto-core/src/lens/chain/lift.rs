//! A chain along a morphism of theories.

use super::Chain;
use crate::diagnostic::Result;
use crate::expr::Expr;
use crate::lens::step::json::{Reader, wrong};
use crate::lens::step::{Field, Formula, Shape, ShapeEnd, Step};
use crate::limits::Limits;
use crate::ordered::BTreeMap;
use crate::schema::{EdgeKind, Kind};
use crate::value::Tree;

/// Sorts to sorts, operations to operations. Sorts are kinds and the vertices that focuses name; operations are edge
/// kinds and the names of members. What it does not map stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Morphism {
    /// Sorts to sorts.
    pub sorts: BTreeMap<String, String>,
    /// Operations to operations.
    pub ops: BTreeMap<String, String>,
}

impl Morphism {
    /// Reads `{"name","domain","codomain","sort_map":{…},"op_map":{…}}`.
    ///
    /// # Errors
    /// `json-syntax`, `wrong-type`, `unknown-member`: with a path and a span.
    pub fn parse(text: &str, limits: &Limits) -> Result<Morphism> {
        let tree = Tree::parse(text.as_bytes(), limits)?;
        let reader = Reader::new(tree.root(), String::new())?;
        reader.only(&["name", "domain", "codomain", "sort_map", "op_map"])?;
        let map = |name: &str| -> Result<BTreeMap<String, String>> {
            let Some(map) = reader.get(name) else { return Ok(BTreeMap::new()) };
            if !map.is_object() {
                return Err(wrong(map, name, "an object of names to names"));
            }
            let member = |(key, value): (crate::value::ValueRef<'_>, crate::value::ValueRef<'_>)| {
                let to = value.as_str().ok_or_else(|| wrong(value, name, "a string"))?;
                Ok((key.as_str().unwrap_or_default().into_owned(), to.into_owned()))
            };
            map.members().map(member).collect()
        };
        Ok(Morphism { sorts: map("sort_map")?, ops: map("op_map")? })
    }

    fn sort(&self, name: &mut Box<str>) {
        if let Some(to) = self.sorts.get(&**name) {
            *name = to.as_str().into();
        }
    }

    fn some_sort(&self, name: &mut Option<Box<str>>) {
        if let Some(name) = name {
            self.sort(name);
        }
    }

    fn op(&self, name: &mut Box<str>) {
        if let Some(to) = self.ops.get(&**name) {
            *name = to.as_str().into();
        }
    }

    fn some_op(&self, name: &mut Option<Box<str>>) {
        if let Some(name) = name {
            self.op(name);
        }
    }

    fn field(&self, field: &mut Field) {
        self.some_sort(&mut field.parent);
        // Without a focus the name may be a vertex.
        if field.parent.is_none() && self.sorts.contains_key(&*field.name) {
            self.sort(&mut field.name);
        } else {
            self.op(&mut field.name);
        }
    }

    fn kind(&self, kind: &Kind) -> Kind {
        self.sorts.get(kind.as_str()).map_or_else(|| kind.clone(), |to| Kind::from_name(to))
    }

    fn edge(&self, kind: &EdgeKind) -> EdgeKind {
        self.ops.get(kind.as_str()).map_or_else(|| kind.clone(), |to| EdgeKind::from_name(to))
    }

    fn shape(&self, shape: &mut Shape) {
        let kind = self.kind(&shape.vertex.kind);
        if kind != shape.vertex.kind {
            shape.vertex.types = kind.types();
            shape.vertex.kind = kind;
        }
        for edge in &mut shape.edges {
            edge.kind = self.edge(&edge.kind);
            if let Some(to) = edge.name.as_ref().and_then(|name| self.ops.get(name.as_str())) {
                edge.name = Some(to.as_str().into());
            }
            match &mut edge.to {
                ShapeEnd::Known(focus) => self.sort(focus),
                ShapeEnd::Shape(inner) => self.shape(inner),
            }
        }
    }

    fn formula(&self, formula: &mut Formula) {
        self.expr(&mut formula.forward);
        if let Some(backward) = &mut formula.backward {
            self.expr(backward);
        }
    }

    /// Free variables are members. Through names that nothing has, so that renames do not meet.
    fn expr(&self, expr: &mut Expr) {
        let free: Vec<_> =
            expr.free_variables().into_iter().filter(|name| self.ops.contains_key(name.as_str())).collect();
        let aside = |name: &str| format!("{name} aside");
        for name in &free {
            if let Ok(renamed) = expr.substitute(name, &Expr::var(aside(name).as_str())) {
                *expr = renamed;
            }
        }
        for name in &free {
            let to = self.ops.get(name.as_str()).map_or("", String::as_str);
            if let Ok(renamed) = expr.substitute(&aside(name), &Expr::var(to)) {
                *expr = renamed;
            }
        }
    }

    fn step(&self, step: &mut Step) {
        match step {
            Step::RenameField(step) => {
                self.field(&mut step.field);
                self.op(&mut step.to);
            }
            Step::RemoveField(step) => self.field(&mut step.field),
            Step::AddField(step) => {
                self.field(&mut step.field);
                self.shape(&mut step.shape);
            }
            Step::HoistField(step) => {
                self.some_sort(&mut step.parent);
                self.op(&mut step.intermediate);
                self.op(&mut step.child);
                self.some_op(&mut step.to);
            }
            Step::NestField(step) => {
                self.some_sort(&mut step.parent);
                self.op(&mut step.intermediate);
                self.op(&mut step.child);
                self.some_op(&mut step.to);
            }
            Step::Scoped(step) => {
                self.sort(&mut step.focus);
                step.inner.iter_mut().for_each(|step| self.step(step));
            }
            Step::Wrap(step) => {
                self.field(&mut step.field);
                self.op(&mut step.key);
            }
            Step::Unwrap(step) => {
                self.field(&mut step.field);
                self.some_op(&mut step.key);
            }
            Step::ListWrap(step) => self.field(&mut step.field),
            Step::Head(step) => self.field(&mut step.field),
            Step::Coerce(step) => {
                self.field(&mut step.field);
                self.shape(&mut step.to);
            }
            Step::ApplyExpr(step) => {
                self.field(&mut step.field);
                if let Some(to) = &mut step.to {
                    self.shape(to);
                }
            }
            // Expressions name members: what is renamed in the schema is renamed in them.
            Step::ComputeField(step) => {
                self.some_sort(&mut step.parent);
                self.formula(&mut step.formula);
                step.inputs.iter_mut().for_each(|name| self.op(name));
                for output in &mut step.outputs {
                    self.op(&mut output.name);
                    self.shape(&mut output.shape);
                }
            }
            Step::Conditional(step) => {
                self.field(&mut step.field);
                self.expr(&mut step.when);
            }
            Step::MapReferences(step) => self.field(&mut step.field),
            Step::CoerceVertex(step) => {
                self.sort(&mut step.focus);
                self.shape(&mut step.to);
            }
            Step::Close(step) => self.some_sort(&mut step.focus),
            Step::KeepFields(step) => {
                self.some_sort(&mut step.parent);
                step.fields.iter_mut().for_each(|name| self.op(name));
            }
            Step::SetRequired(step) => self.field(&mut step.field),
            Step::SetDefault(step) => self.field(&mut step.field),
            Step::SetConstraint(step) => self.sort(&mut step.focus),
            Step::SetVertex(step) => {
                self.sort(&mut step.focus);
                self.shape(&mut step.shape);
            }
            Step::RenameVertex(step) => {
                self.sort(&mut step.focus);
                self.sort(&mut step.to);
            }
            Step::AddSort(step) => {
                self.sort(&mut step.name);
                self.shape(&mut step.shape);
            }
            Step::DropSort(step) => self.sort(&mut step.name),
            Step::ChangeKinds(step) => {
                let kinds = step.kinds.iter().map(|(from, to)| (self.kind(from), self.kind(to)));
                step.kinds = kinds.collect();
                let edges = step.edges.iter().map(|(from, to)| (self.edge(from), self.edge(to)));
                step.edges = edges.collect();
            }
            Step::ChangeOp(step) => {
                self.op(&mut step.name);
                self.some_op(&mut step.to);
                self.some_sort(&mut step.src);
                self.some_sort(&mut step.tgt);
                step.kind = step.kind.as_ref().map(|kind| self.edge(kind));
            }
            Step::Equation(_) => {}
            Step::Case(step) => {
                self.some_sort(&mut step.focus);
                for (when, steps) in &mut step.branches {
                    self.expr(when);
                    steps.iter_mut().for_each(|step| self.step(step));
                }
                step.otherwise.iter_mut().for_each(|step| self.step(step));
            }
            Step::Fused(step) => step.steps.iter_mut().for_each(|step| self.step(step)),
        }
    }
}

impl Chain {
    /// The chain for schemas of the morphism's codomain: kinds, focuses, members and edge kinds are renamed. Applied
    /// to a schema along the morphism it gives what the chain itself gives, along the morphism.
    #[must_use]
    pub fn lift(&self, morphism: &Morphism) -> Chain {
        let mut lifted = self.clone();
        lifted.steps.iter_mut().for_each(|step| morphism.step(step));
        lifted
    }
}
