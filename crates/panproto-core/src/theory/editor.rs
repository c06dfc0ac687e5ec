//! A theory that is being changed: parts by name, renamings gathered and done at once, so that many small changes
//! cost what one large change costs.

use super::check::place;
use super::expression;
use super::{
    DirectedEquation, Equation, Operation, Sort, SortExpr, SortKind, SortParam, Term, Theory, TheoryMorphism,
    TheoryTransform,
};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::name::Name;
use crate::ordered::BTreeMap;

/// Parts in order, found by name; a dropped one leaves a gap.
struct Parts<T> {
    list: Vec<Option<T>>,
    at: BTreeMap<Name, usize>,
}

impl<T> Parts<T> {
    fn add(&mut self, name: &Name, part: T, code: &'static str, what: &'static str) -> Result<()> {
        if self.at.contains_key(name) {
            return Err(wrong(code, format!("there is a part `{name}` already"), what, name));
        }
        self.at.insert(name.clone(), self.list.len());
        self.list.push(Some(part));
        Ok(())
    }

    fn take(&mut self, name: &Name, code: &'static str, what: &'static str) -> Result<T> {
        let found = self.at.remove(name).and_then(|at| self.list.get_mut(at)).and_then(Option::take);
        found.ok_or_else(|| wrong(code, format!("there is no part `{name}`"), what, name))
    }

    /// Gives a part another name; its content is changed when the renamings are done.
    fn rename(&mut self, old: &Name, new: &Name, codes: [&'static str; 2], what: &'static str) -> Result<()> {
        if old == new {
            return Ok(());
        }
        if self.at.contains_key(new) {
            return Err(wrong(codes[1], format!("there is a part `{new}` already"), what, new));
        }
        match self.at.remove(old) {
            Some(at) => {
                self.at.insert(new.clone(), at);
                Ok(())
            }
            None => Err(wrong(codes[0], format!("there is no part `{old}`"), what, old)),
        }
    }

    fn parts(&mut self) -> impl Iterator<Item = &mut T> {
        self.list.iter_mut().flatten()
    }

    fn into_list(self) -> Vec<T> {
        self.list.into_iter().flatten().collect()
    }
}

pub(super) struct Editor {
    name: Name,
    sorts: Parts<Sort>,
    ops: Parts<Operation>,
    eqs: Parts<Equation>,
    directed: Parts<DirectedEquation>,
    policies: Vec<super::ConflictPolicy>,
    /// New names by the names that stand in the parts.
    sort_names: Renames,
    op_names: Renames,
}

/// Renamings that are not yet done in the parts.
#[derive(Default)]
struct Renames {
    forward: BTreeMap<Name, Name>,
    back: BTreeMap<Name, Name>,
}

impl Renames {
    fn add(&mut self, old: &Name, new: &Name) {
        let first = self.back.remove(old).unwrap_or_else(|| old.clone());
        self.forward.insert(first.clone(), new.clone());
        self.back.insert(new.clone(), first);
    }

    fn of(&self, name: &Name) -> Name {
        self.forward.get(name).unwrap_or(name).clone()
    }
}

fn indexed<T: Clone>(list: &[T], name: impl Fn(&T) -> &Name) -> Parts<T> {
    Parts {
        at: list.iter().enumerate().map(|(at, part)| (name(part).clone(), at)).collect(),
        list: list.iter().cloned().map(Some).collect(),
    }
}

impl Editor {
    pub(super) fn new(theory: &Theory) -> Result<Editor> {
        super::Signature::of(theory)?;
        Ok(Editor {
            name: theory.name.clone(),
            sorts: indexed(&theory.sorts, |sort| &sort.name),
            ops: indexed(&theory.ops, |op| &op.name),
            eqs: indexed(&theory.eqs, |eq| &eq.name),
            directed: indexed(&theory.directed_eqs, |eq| &eq.name),
            policies: theory.policies.clone(),
            sort_names: Renames::default(),
            op_names: Renames::default(),
        })
    }

    pub(super) fn apply(&mut self, step: &TheoryTransform) -> Result<()> {
        let is_rename = matches!(step, TheoryTransform::RenameSort { .. } | TheoryTransform::RenameOp { .. });
        if !is_rename {
            self.settle();
        }
        match step {
            TheoryTransform::Identity
            | TheoryTransform::RenameEdgeName { .. }
            | TheoryTransform::Compose(..)
            | TheoryTransform::ScopedTransform { .. } => Ok(()),
            TheoryTransform::AddSort { sort, .. } | TheoryTransform::AddSortWithDefault { sort, .. } => {
                if let TheoryTransform::AddSortWithDefault { default_expr, .. } = step {
                    expression::check(default_expr, &|| place("sorts", &sort.name).member("default_expr"))?;
                }
                self.sorts.add(&sort.name, sort.clone(), "duplicate-sort", "sorts")
            }
            TheoryTransform::DropSort(name) => self.sorts.take(name, "unknown-sort", "sorts").map(|_| ()),
            TheoryTransform::RenameSort { old, new } => {
                self.sorts.rename(old, new, ["unknown-sort", "duplicate-sort"], "sorts")?;
                self.sort_names.add(old, new);
                Ok(())
            }
            TheoryTransform::AddOp(op) => self.ops.add(&op.name, op.clone(), "duplicate-op", "ops"),
            TheoryTransform::DropOp(name) => self.ops.take(name, "unknown-op", "ops").map(|_| ()),
            TheoryTransform::RenameOp { old, new } => {
                self.ops.rename(old, new, ["unknown-op", "duplicate-op"], "ops")?;
                self.op_names.add(old, new);
                Ok(())
            }
            TheoryTransform::AddEquation(eq) => {
                self.eqs.add(&eq.name, eq.clone(), "duplicate-equation", "eqs")
            }
            TheoryTransform::DropEquation(name) => self.eqs.take(name, "unknown-equation", "eqs").map(|_| ()),
            TheoryTransform::AddDirectedEquation(eq) => {
                self.directed.add(&eq.name, (**eq).clone(), "duplicate-equation", "directed_eqs")
            }
            TheoryTransform::DropDirectedEquation(name) => {
                self.directed.take(name, "unknown-equation", "directed_eqs").map(|_| ())
            }
            TheoryTransform::CoerceSort { sort_name, target_kind, coercion_expr, inverse_expr, .. } => {
                let path = |member| move || place("sorts", sort_name).member(member);
                expression::check(coercion_expr, &path("coercion_expr"))?;
                if let Some(inverse) = inverse_expr {
                    expression::check(inverse, &path("inverse_expr"))?;
                }
                let found = self.sorts.at.get(sort_name).and_then(|at| self.sorts.list.get_mut(*at));
                match found {
                    Some(Some(sort)) => {
                        sort.kind = SortKind::Val(*target_kind);
                        Ok(())
                    }
                    _ => Err(wrong(
                        "unknown-sort",
                        format!("there is no sort `{sort_name}`"),
                        "sorts",
                        sort_name,
                    )),
                }
            }
            TheoryTransform::MergeSorts { sort_a, sort_b, merged_name, merger_expr } => {
                expression::check(merger_expr, &|| place("sorts", merged_name).member("merger_expr"))?;
                self.merge(sort_a, sort_b, merged_name)
            }
            TheoryTransform::Pullback(morphism) => self.pull_back(morphism),
        }
    }

    fn merge(&mut self, a: &Name, b: &Name, merged: &Name) -> Result<()> {
        let first = self.sorts.take(a, "unknown-sort", "sorts")?;
        let second = self.sorts.take(b, "unknown-sort", "sorts")?;
        if first.kind != second.kind || first.params != second.params {
            let message = format!("`{a}` and `{b}` are not of one kind");
            return Err(wrong("merge-kinds", message, "sorts", b));
        }
        self.sorts.add(merged, Sort { name: merged.clone(), ..first }, "duplicate-sort", "sorts")?;
        for old in [a, b] {
            self.sort_names.forward.insert(old.clone(), merged.clone());
        }
        self.settle();
        Ok(())
    }

    /// Keeps what the morphism reaches, under the names of its domain.
    fn pull_back(&mut self, morphism: &TheoryMorphism) -> Result<()> {
        let sorts = inverse(&morphism.sort_map, "sort_map")?;
        let ops = inverse(&morphism.op_map, "op_map")?;
        let sort_of = |sort: &SortExpr| {
            let used = sort.args.iter().all(|arg| inside(arg, &ops));
            (used && sorts.contains_key(&sort.name)).then(|| {
                sort.map(&|name| sorts.get(name).unwrap_or(name).clone(), &|name| {
                    ops.get(name).unwrap_or(name).clone()
                })
            })
        };
        let params = |params: &[SortParam]| -> Option<Vec<SortParam>> {
            params
                .iter()
                .map(|param| Some(SortParam { name: param.name.clone(), sort: sort_of(&param.sort)? }))
                .collect()
        };
        let mut theory = Theory::new(self.name.clone());
        for sort in self.sorts.parts() {
            if let (Some(name), Some(params)) = (sorts.get(&sort.name), params(&sort.params)) {
                theory.sorts.push(Sort { name: name.clone(), params, kind: sort.kind });
            }
        }
        // Equations over an operation of which a sort is not reached go with it.
        let mut kept = BTreeMap::new();
        for op in self.ops.parts() {
            let all = (ops.get(&op.name), params(&op.inputs), sort_of(&op.output));
            if let (Some(name), Some(inputs), Some(output)) = all {
                kept.insert(op.name.clone(), name.clone());
                theory.ops.push(Operation { name: name.clone(), inputs, output });
            }
        }
        let back = |term: &Term| term.map_ops(&|name| kept.get(name).unwrap_or(name).clone());
        for eq in self.eqs.parts().filter(|eq| inside(&eq.lhs, &kept) && inside(&eq.rhs, &kept)) {
            theory.eqs.push(Equation { name: eq.name.clone(), lhs: back(&eq.lhs), rhs: back(&eq.rhs) });
        }
        for eq in self.directed.parts().filter(|eq| inside(&eq.lhs, &kept) && inside(&eq.rhs, &kept)) {
            theory.directed_eqs.push(DirectedEquation {
                lhs: back(&eq.lhs),
                rhs: back(&eq.rhs),
                ..eq.clone()
            });
        }
        theory.policies = std::mem::take(&mut self.policies);
        *self = Editor::new(&theory)?;
        Ok(())
    }

    /// Does the renamings.
    fn settle(&mut self) {
        if self.sort_names.forward.is_empty() && self.op_names.forward.is_empty() {
            return;
        }
        let (sorts, ops) = (std::mem::take(&mut self.sort_names), std::mem::take(&mut self.op_names));
        let sort_of = |sort: &mut SortExpr| *sort = sort.map(&|name| sorts.of(name), &|name| ops.of(name));
        let of_params =
            |params: &mut Vec<SortParam>| params.iter_mut().for_each(|param| sort_of(&mut param.sort));
        for sort in self.sorts.parts() {
            sort.name = sorts.of(&sort.name);
            of_params(&mut sort.params);
        }
        for op in self.ops.parts() {
            op.name = ops.of(&op.name);
            of_params(&mut op.inputs);
            sort_of(&mut op.output);
        }
        if ops.forward.is_empty() {
            return;
        }
        let term = |term: &mut Term| *term = term.map_ops(&|name| ops.of(name));
        for eq in self.eqs.parts() {
            term(&mut eq.lhs);
            term(&mut eq.rhs);
        }
        for eq in self.directed.parts() {
            term(&mut eq.lhs);
            term(&mut eq.rhs);
        }
    }

    pub(super) fn finish(mut self) -> Theory {
        self.settle();
        Theory {
            name: self.name,
            extends: Vec::new(),
            sorts: self.sorts.into_list(),
            ops: self.ops.into_list(),
            eqs: self.eqs.into_list(),
            directed_eqs: self.directed.into_list(),
            policies: self.policies,
        }
    }
}

fn inside(term: &Term, ops: &BTreeMap<Name, Name>) -> bool {
    let mut all = true;
    term.walk(&mut |term| all &= !matches!(term, Term::App { op, .. } if !ops.contains_key(op)));
    all
}

fn inverse(map: &BTreeMap<Name, Name>, what: &'static str) -> Result<BTreeMap<Name, Name>> {
    let mut found = BTreeMap::new();
    for (from, to) in map {
        if found.insert(to.clone(), from.clone()).is_some() {
            let message = format!("two parts are mapped to `{to}`: which of them it comes from is open");
            return Err(wrong("pullback-ambiguous", message, what, from));
        }
    }
    Ok(found)
}

#[cold]
fn wrong(code: &'static str, message: String, what: &'static str, name: &Name) -> Error {
    Diagnostic::new(Kind::Schema, code, message).at(place(what, name)).boxed()
}
