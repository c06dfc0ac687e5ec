//! A morphism as elementary changes: what goes, what is renamed, what comes; tried before it is believed.

use super::term::canonical;
use super::transform::apply_all;
use super::{
    DirectedEquation, Equation, Operation, Signature, Sort, Term, Theory, TheoryConstraint,
    TheoryEndofunctor, TheoryMorphism, TheoryTransform,
};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap, BTreeSet};

/// Splits a morphism into elementary changes that make the codomain of the domain: equations, operations and sorts
/// go, sorts and operations are renamed, sorts (those on which others depend first), operations and equations come.
///
/// # Errors
/// Those of [`TheoryMorphism::check`]; `factorisation` if the changes do not give the codomain.
pub fn factorize(
    morphism: &TheoryMorphism,
    domain: &Theory,
    codomain: &Theory,
    budget: &mut Budget,
) -> Result<Vec<TheoryEndofunctor>> {
    let (from, to) = (Signature::check(domain, budget)?, Signature::check(codomain, budget)?);
    morphism.check(&from, &to, budget)?;
    let mut steps = Steps { list: Vec::new() };
    let mut kept_sorts = first_of_each(domain.sorts.iter().map(|sort| &sort.name), &morphism.sort_map);
    // A sort that depends on one that goes has to go as well.
    loop {
        let before = kept_sorts.len();
        let stays = |name: &Name| {
            let params = from.sort(name).map_or(&[][..], |sort| &sort.params);
            params.iter().all(|param| kept_sorts.contains_key(&param.sort.name))
        };
        kept_sorts =
            kept_sorts.iter().filter(|(name, _)| stays(name)).map(|(old, new)| (*old, *new)).collect();
        if kept_sorts.len() == before {
            break;
        }
    }
    // An operation that speaks of a sort that goes has to go as well; it comes back with its new type.
    let kept_ops: BTreeMap<&Name, &Name> =
        first_of_each(domain.ops.iter().map(|op| &op.name), &morphism.op_map)
            .into_iter()
            .filter(|(name, _)| {
                from.op(name).is_some_and(|op| {
                    op.inputs
                        .iter()
                        .map(|input| &input.sort.name)
                        .chain([&op.output.name])
                        .all(|sort| kept_sorts.contains_key(sort))
                })
            })
            .collect();
    let kept_eqs = steps.drop_equations(morphism, domain, codomain, &kept_ops);
    for op in domain.ops.iter().filter(|op| !kept_ops.contains_key(&op.name)) {
        steps.add(format!("drop_op_{}", op.name), has_op(&op.name), TheoryTransform::DropOp(op.name.clone()));
    }
    for sort in domain.sorts.iter().rev().filter(|sort| !kept_sorts.contains_key(&sort.name)) {
        let name = sort.name.clone();
        steps.add(format!("drop_sort_{name}"), has_sort(&name), TheoryTransform::DropSort(name));
    }
    steps.rename(&kept_sorts, "sort");
    steps.rename(&kept_ops, "op");
    steps.add_missing(codomain, &kept_sorts, &kept_ops, &kept_eqs);
    let changes: Vec<TheoryTransform> = steps.list.iter().map(|step| step.transform.clone()).collect();
    let found = apply_all(&changes, domain, budget)?;
    if same_parts(&found, codomain) {
        return Ok(steps.list);
    }
    let message =
        format!("the changes of `{}` do not make `{}` of `{}`", morphism.name, codomain.name, domain.name);
    Err(Diagnostic::new(Kind::Schema, "factorisation", message)
        .help("the parts that are kept differ in what a change cannot alter, as the names of inputs")
        .boxed())
}

/// Whether two theories have the same parts, in any order, whatever the inputs of operations are called.
pub fn same_parts(one: &Theory, two: &Theory) -> bool {
    fn sorted<T: Ord>(parts: impl Iterator<Item = T>) -> Vec<T> {
        let mut parts: Vec<T> = parts.collect();
        parts.arrange();
        parts
    }
    let sorts = |theory: &Theory| sorted(theory.sorts.iter().map(plain_sort));
    let ops = |theory: &Theory| sorted(theory.ops.iter().map(plain_op));
    let eqs =
        |theory: &Theory| sorted(theory.eqs.iter().map(|eq| (eq.name.clone(), canonical(&eq.lhs, &eq.rhs))));
    let directed = |theory: &Theory| {
        sorted(theory.directed_eqs.iter().map(|eq| (eq.name.clone(), canonical(&eq.lhs, &eq.rhs))))
    };
    sorts(one) == sorts(two) && ops(one) == ops(two) && eqs(one) == eqs(two) && directed(one) == directed(two)
}

fn plain_sort(sort: &Sort) -> Sort {
    let (params, _) = plain_params(&sort.params);
    Sort { name: sort.name.clone(), params, kind: sort.kind }
}

fn plain_op(op: &Operation) -> (Name, Vec<super::SortParam>, super::SortExpr) {
    let (inputs, renamed) = plain_params(&op.inputs);
    (op.name.clone(), inputs, op.output.substitute(&renamed))
}

fn plain_params(params: &[super::SortParam]) -> (Vec<super::SortParam>, super::Substitution) {
    let mut renamed = super::Substitution::new();
    let mut plain = Vec::with_capacity(params.len());
    for (at, param) in params.iter().enumerate() {
        let name = Name::from(format!("{at}"));
        plain.push(super::SortParam { name: name.clone(), sort: param.sort.substitute(&renamed) });
        renamed.insert(param.name.clone(), Term::Var(name));
    }
    (plain, renamed)
}

/// For each image the first name that is mapped to it.
fn first_of_each<'a>(
    names: impl Iterator<Item = &'a Name>,
    map: &'a BTreeMap<Name, Name>,
) -> BTreeMap<&'a Name, &'a Name> {
    let mut taken = BTreeSet::new();
    names.filter_map(|name| map.get_key_value(name)).filter(|(_, image)| taken.insert(*image)).collect()
}

fn has_sort(name: &Name) -> TheoryConstraint {
    TheoryConstraint::HasSort(name.clone())
}

fn has_op(name: &Name) -> TheoryConstraint {
    TheoryConstraint::HasOp(name.clone())
}

struct Steps {
    list: Vec<TheoryEndofunctor>,
}

/// Names of equations that stay, plain ones and directed ones.
type KeptEquations = (BTreeSet<Name>, BTreeSet<Name>);

impl Steps {
    fn add(&mut self, name: String, precondition: TheoryConstraint, transform: TheoryTransform) {
        self.list.push(TheoryEndofunctor { name: name.into(), precondition, transform });
    }

    /// Drops the equations whose image the codomain does not list under the same name, or that speak of what goes.
    fn drop_equations(
        &mut self,
        morphism: &TheoryMorphism,
        domain: &Theory,
        codomain: &Theory,
        ops: &BTreeMap<&Name, &Name>,
    ) -> KeptEquations {
        let stays = |term: &Term| {
            let mut stays = true;
            term.walk(&mut |term| stays &= !matches!(term, Term::App { op, .. } if !ops.contains_key(op)));
            stays
        };
        let image = |lhs: &Term, rhs: &Term| canonical(&morphism.term(lhs), &morphism.term(rhs));
        let plain: BTreeMap<&Name, &Equation> = codomain.eqs.iter().map(|eq| (&eq.name, eq)).collect();
        let directed: BTreeMap<&Name, &DirectedEquation> =
            codomain.directed_eqs.iter().map(|eq| (&eq.name, eq)).collect();
        let mut kept = KeptEquations::default();
        for eq in &domain.eqs {
            let there = plain
                .get(&eq.name)
                .is_some_and(|there| canonical(&there.lhs, &there.rhs) == image(&eq.lhs, &eq.rhs));
            let name = eq.name.clone();
            if there && stays(&eq.lhs) && stays(&eq.rhs) {
                kept.0.insert(name);
            } else {
                let condition = TheoryConstraint::HasEquation(name.clone());
                self.add(format!("drop_equation_{name}"), condition, TheoryTransform::DropEquation(name));
            }
        }
        for eq in &domain.directed_eqs {
            let there = directed.get(&eq.name).is_some_and(|there| {
                let same =
                    DirectedEquation { lhs: eq.lhs.clone(), rhs: eq.rhs.clone(), ..(*there).clone() } == *eq;
                same && canonical(&there.lhs, &there.rhs) == image(&eq.lhs, &eq.rhs)
            });
            let name = eq.name.clone();
            if there && stays(&eq.lhs) && stays(&eq.rhs) {
                kept.1.insert(name);
            } else {
                let condition = TheoryConstraint::HasDirectedEq(name.clone());
                self.add(
                    format!("drop_directed_eq_{name}"),
                    condition,
                    TheoryTransform::DropDirectedEquation(name),
                );
            }
        }
        kept
    }

    /// Renames so that no name is taken twice on the way: the last of a row first, rings over a name that is free.
    fn rename(&mut self, kept: &BTreeMap<&Name, &Name>, what: &str) {
        let mut open: BTreeMap<Name, Name> = kept
            .iter()
            .filter(|(old, new)| old != new)
            .map(|(old, new)| ((*old).clone(), (*new).clone()))
            .collect();
        let mut step = |old: &Name, new: &Name| {
            let (old, new) = (old.clone(), new.clone());
            let name = format!("rename_{what}_{old}_{new}");
            match what {
                "sort" => self.add(name, has_sort(&old), TheoryTransform::RenameSort { old, new }),
                _ => self.add(name, has_op(&old), TheoryTransform::RenameOp { old, new }),
            }
        };
        while let Some(start) = open.keys().next().cloned() {
            let mut row = vec![start.clone()];
            let mut ring = false;
            while let Some(next) = row.last().and_then(|last| open.get(last)) {
                if *next == start {
                    ring = true;
                    break;
                }
                if !open.contains_key(next) {
                    break;
                }
                row.push(next.clone());
            }
            let mut free = Name::from(format!("{start}'"));
            while ring && (kept.contains_key(&free) || kept.values().any(|new| **new == free)) {
                free = format!("{free}'").into();
            }
            let last = row.last().cloned().unwrap_or_else(|| start.clone());
            if ring {
                step(&last, &free);
            }
            for old in row.iter().rev() {
                if let Some(new) = open.remove(old)
                    && !(ring && *old == last)
                {
                    step(old, &new);
                }
            }
            if ring {
                step(&free, &start);
            }
        }
    }

    fn add_missing(
        &mut self,
        codomain: &Theory,
        sorts: &BTreeMap<&Name, &Name>,
        ops: &BTreeMap<&Name, &Name>,
        eqs: &KeptEquations,
    ) {
        let there: BTreeSet<&Name> = sorts.values().copied().collect();
        for sort in sorted_by_params(codomain).into_iter().filter(|sort| !there.contains(&sort.name)) {
            let step = TheoryTransform::AddSort { sort: sort.clone(), vertex_kind: None };
            self.add(format!("add_sort_{}", sort.name), TheoryConstraint::Unconstrained, step);
        }
        let there: BTreeSet<&Name> = ops.values().copied().collect();
        for op in codomain.ops.iter().filter(|op| !there.contains(&op.name)) {
            let all = op.inputs.iter().map(|input| &input.sort.name).chain([&op.output.name]);
            let condition =
                TheoryConstraint::All(all.collect::<BTreeSet<_>>().into_iter().map(has_sort).collect());
            self.add(format!("add_op_{}", op.name), condition, TheoryTransform::AddOp(op.clone()));
        }
        for eq in codomain.eqs.iter().filter(|eq| !eqs.0.contains(&eq.name)) {
            let step = TheoryTransform::AddEquation(eq.clone());
            self.add(format!("add_equation_{}", eq.name), TheoryConstraint::Unconstrained, step);
        }
        for eq in codomain.directed_eqs.iter().filter(|eq| !eqs.1.contains(&eq.name)) {
            let step = TheoryTransform::AddDirectedEquation(Box::new(eq.clone()));
            self.add(format!("add_directed_eq_{}", eq.name), TheoryConstraint::Unconstrained, step);
        }
    }
}

/// Sorts after those on which they depend.
fn sorted_by_params(theory: &Theory) -> Vec<&Sort> {
    let by_name: BTreeMap<&Name, &Sort> = theory.sorts.iter().map(|sort| (&sort.name, sort)).collect();
    let mut done: BTreeSet<&Name> = BTreeSet::new();
    let mut found = Vec::with_capacity(theory.sorts.len());
    for start in &theory.sorts {
        let mut way = vec![(start, start.params.iter())];
        while let Some((at, rest)) = way.last_mut() {
            match rest.next().and_then(|param| by_name.get(&param.sort.name)) {
                Some(next) if !done.contains(&next.name) => way.push((next, next.params.iter())),
                Some(_) => {}
                None => {
                    if done.insert(&at.name) {
                        found.push(*at);
                    }
                    way.pop();
                }
            }
        }
    }
    found
}
