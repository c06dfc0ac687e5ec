//! Theories glued along a common part (pushout), and the common part of two (pullback), with what makes them so:
//! the square commutes, and every other way to complete it goes through this one, in one way only.

use super::check::place;
use super::resolve::conflict;
use super::term::canonical;
use super::{
    DirectedEquation, Equation, Operation, Signature, Sort, SortParam, Term, Theory, TheoryMorphism,
};
use crate::diagnostic::{Diagnostic, Error, Kind, Path, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};

/// Two theories glued.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushout {
    /// The result.
    pub theory: Theory,
    /// The first theory in it.
    pub left: TheoryMorphism,
    /// The second theory in it.
    pub right: TheoryMorphism,
}

/// Glues two theories by name: what the shared theory has, and what is equal in both, is one; the rest stays apart.
///
/// # Errors
/// `unknown-sort`, `unknown-op` where one of the theories lacks what is shared; `theory-conflict` where parts of one
/// name differ; those of [`pushout`].
pub fn colimit_by_name(
    left: &Theory,
    right: &Theory,
    shared: &Theory,
    budget: &mut Budget,
) -> Result<Pushout> {
    let mut common = Theory::new(shared.name.clone());
    let (l, r) = (Signature::of(left)?, Signature::of(right)?);
    for sort in &shared.sorts {
        if l.sort(&sort.name).is_none() || r.sort(&sort.name).is_none() {
            return Err(missing("unknown-sort", "sorts", &sort.name));
        }
    }
    for op in &shared.ops {
        if l.op(&op.name).is_none() || r.op(&op.name).is_none() {
            return Err(missing("unknown-op", "ops", &op.name));
        }
    }
    let is_shared: BTreeSet<&Name> = shared.sorts.iter().map(|sort| &sort.name).collect();
    for sort in &left.sorts {
        budget.spend(1)?;
        match r.sort(&sort.name) {
            Some(other) if other == sort || is_shared.contains(&sort.name) => common.sorts.push(sort.clone()),
            Some(_) => return Err(conflict("sorts", &sort.name)),
            None => {}
        }
    }
    let is_shared: BTreeSet<&Name> = shared.ops.iter().map(|op| &op.name).collect();
    for op in &left.ops {
        budget.spend(1)?;
        match r.op(&op.name) {
            Some(other) if other == op || is_shared.contains(&op.name) => common.ops.push(op.clone()),
            Some(_) => return Err(conflict("ops", &op.name)),
            None => {}
        }
    }
    let (f, g) = (TheoryMorphism::inclusion(&common, left), TheoryMorphism::inclusion(&common, right));
    pushout(left, right, &f, &g, budget)
}

/// Glues two theories along morphisms from a common one.
///
/// A class of glued parts has the name of its first part in the left theory, else in the right one; where two classes
/// would have one name, the one of the right theory carries the name of its theory in front.
///
/// # Errors
/// `pushout-span` where the morphisms do not begin together; `pushout-params`, `pushout-kind`, `pushout-type` where
/// glued parts do not fit; `theory-conflict`.
pub fn pushout(
    left: &Theory,
    right: &Theory,
    f: &TheoryMorphism,
    g: &TheoryMorphism,
    budget: &mut Budget,
) -> Result<Pushout> {
    if f.domain != g.domain || f.codomain != left.name || g.codomain != right.name {
        let message =
            format!("`{}` and `{}` do not lead from one theory to the two that are given", f.name, g.name);
        return Err(Diagnostic::error(Kind::Schema, "pushout-span", message));
    }
    Signature::of(left)?;
    Signature::of(right)?;
    let ends = [left, right];
    let sorts = glue(
        ends.map(|end| end.sorts.iter().map(|sort| &sort.name).collect()),
        [&f.sort_map, &g.sort_map],
        &right.name,
        budget,
    )?;
    let ops = glue(
        ends.map(|end| end.ops.iter().map(|op| &op.name).collect()),
        [&f.op_map, &g.op_map],
        &right.name,
        budget,
    )?;
    let name: Name = format!("{} + {}", left.name, right.name).into();
    let [sort_left, sort_right] = sorts.maps;
    let [op_left, op_right] = ops.maps;
    let leg = |from: &Theory, sort_map, op_map| TheoryMorphism {
        name: format!("{} → {name}", from.name).into(),
        domain: from.name.clone(),
        codomain: name.clone(),
        sort_map,
        op_map,
    };
    let (into_left, into_right) = (leg(left, sort_left, op_left), leg(right, sort_right, op_right));
    let mut theory = Theory::new(name.clone());
    let mut placed: BTreeMap<Name, Sort> = BTreeMap::new();
    for (end, leg) in [(left, &into_left), (right, &into_right)] {
        for sort in &end.sorts {
            budget.spend(1)?;
            let image =
                Sort { name: leg.sort(&sort.name), params: params(&sort.params, leg), kind: sort.kind };
            match placed.get(&image.name) {
                None => {
                    theory.sorts.push(image.clone());
                    placed.insert(image.name.clone(), image);
                }
                Some(there) if there.kind != image.kind => {
                    return Err(unlike("pushout-kind", "sorts", &sort.name, &image.name));
                }
                Some(there) if alpha(&there.params, &image.params).is_none() => {
                    return Err(unlike("pushout-params", "sorts", &sort.name, &image.name));
                }
                Some(_) => {}
            }
        }
    }
    let mut placed: BTreeMap<Name, Operation> = BTreeMap::new();
    for (end, leg) in [(left, &into_left), (right, &into_right)] {
        for op in &end.ops {
            budget.spend(1)?;
            let image = Operation {
                name: leg.op(&op.name),
                inputs: params(&op.inputs, leg),
                output: leg.sort_expr(&op.output),
            };
            match placed.get(&image.name) {
                None => {
                    theory.ops.push(image.clone());
                    placed.insert(image.name.clone(), image);
                }
                Some(there) => {
                    let fits = alpha(&image.inputs, &there.inputs)
                        .is_some_and(|renamed| image.output.substitute(&renamed) == there.output);
                    if !fits {
                        return Err(unlike("pushout-type", "ops", &op.name, &image.name));
                    }
                }
            }
        }
    }
    add_axioms(&mut theory, [(left, &into_left), (right, &into_right)], budget)?;
    Ok(Pushout { theory, left: into_left, right: into_right })
}

/// Equations of both sides, one of those that say the same.
fn add_axioms(theory: &mut Theory, ends: [(&Theory, &TheoryMorphism); 2], budget: &mut Budget) -> Result<()> {
    let mut said: BTreeSet<(Term, Term)> = BTreeSet::new();
    let mut taken: BTreeSet<Name> = BTreeSet::new();
    let mut directed: BTreeMap<Name, usize> = BTreeMap::new();
    let mut policies: BTreeMap<Name, super::ConflictPolicy> = BTreeMap::new();
    for (end, leg) in ends {
        let mut fresh = |name: &Name| {
            let mut free = name.clone();
            while !taken.insert(free.clone()) {
                free = format!("{}.{free}", end.name).into();
            }
            free
        };
        for eq in &end.directed_eqs {
            budget.spend(2)?;
            let (lhs, rhs) = (leg.term(&eq.lhs), leg.term(&eq.rhs));
            let image = DirectedEquation { lhs, rhs, ..eq.clone() };
            let there = directed.get(&eq.name).and_then(|at| theory.directed_eqs.get(*at));
            if there == Some(&image) {
                continue;
            }
            directed.entry(eq.name.clone()).or_insert(theory.directed_eqs.len());
            theory.directed_eqs.push(DirectedEquation { name: fresh(&eq.name), ..image });
        }
        for eq in &end.eqs {
            budget.spend(2)?;
            let (lhs, rhs) = (leg.term(&eq.lhs), leg.term(&eq.rhs));
            if said.contains(&canonical(&rhs, &lhs)) || !said.insert(canonical(&lhs, &rhs)) {
                continue;
            }
            theory.eqs.push(Equation { name: fresh(&eq.name), lhs, rhs });
        }
        for policy in &end.policies {
            match policies.insert(policy.name.clone(), policy.clone()) {
                None => theory.policies.push(policy.clone()),
                Some(there) if there == *policy => {}
                Some(_) => return Err(conflict("policies", &policy.name)),
            }
        }
    }
    Ok(())
}

impl Pushout {
    /// Whether both ways round the square are one.
    pub fn commutes(&self, f: &TheoryMorphism, g: &TheoryMorphism) -> Result<bool> {
        Ok(f.then(&self.left)?.same_maps(&g.then(&self.right)?))
    }

    /// The one morphism through which another completion of the square goes.
    ///
    /// # Errors
    /// `cocone-broken` where the other square does not commute; `not-unique` where a part of this theory comes from
    /// neither side; those of a morphism that is none.
    pub fn mediate(
        &self,
        u: &TheoryMorphism,
        v: &TheoryMorphism,
        codomain: &Signature<'_>,
        budget: &mut Budget,
    ) -> Result<TheoryMorphism> {
        let ends = u.domain == self.left.domain && v.domain == self.right.domain && u.codomain == v.codomain;
        if !ends {
            let message = format!("`{}` and `{}` do not lead from the glued theories to one", u.name, v.name);
            return Err(Diagnostic::error(Kind::Schema, "cocone-broken", message));
        }
        let found = TheoryMorphism {
            name: format!("{} → {}", self.theory.name, u.codomain).into(),
            domain: self.theory.name.clone(),
            codomain: u.codomain.clone(),
            sort_map: mediate(
                [(&self.left.sort_map, &u.sort_map), (&self.right.sort_map, &v.sort_map)],
                "sort_map",
            )?,
            op_map: mediate([(&self.left.op_map, &u.op_map), (&self.right.op_map, &v.op_map)], "op_map")?,
        };
        // Unique: each part is the image of one of the sides, whose values the triangles fix.
        let all = self.theory.sorts.iter().all(|sort| found.sort_map.contains_key(&sort.name))
            && self.theory.ops.iter().all(|op| found.op_map.contains_key(&op.name));
        if !all {
            return Err(Diagnostic::error(Kind::Schema, "not-unique", "a part comes from neither side"));
        }
        found.check(&Signature::of(&self.theory)?, codomain, budget)?;
        if !self.left.then(&found)?.same_maps(u) || !self.right.then(&found)?.same_maps(v) {
            return Err(Diagnostic::error(Kind::Schema, "cocone-broken", "the triangles do not commute"));
        }
        Ok(found)
    }
}

type Names = BTreeMap<Name, Name>;

fn mediate(legs: [(&Names, &Names); 2], part: &str) -> Result<Names> {
    let mut found = Names::new();
    for (leg, other) in legs {
        for (from, glued) in leg {
            let Some(to) = other.get(from) else {
                return Err(broken("cocone-broken", format!("`{from}` is not mapped"), place(part, from)));
            };
            if found.insert(glued.clone(), to.clone()).is_some_and(|there| there != *to) {
                let message = format!("what is glued as `{glued}` is mapped to different parts");
                return Err(broken("cocone-broken", message, place(part, from)));
            }
        }
    }
    Ok(found)
}

/// Classes of glued names as maps of both sides.
struct Glued {
    maps: [BTreeMap<Name, Name>; 2],
}

fn glue(
    names: [Vec<&Name>; 2],
    maps: [&BTreeMap<Name, Name>; 2],
    right: &Name,
    budget: &mut Budget,
) -> Result<Glued> {
    let [left_names, right_names] = &names;
    let at: [BTreeMap<&Name, usize>; 2] = [
        left_names.iter().enumerate().map(|(at, name)| (*name, at)).collect(),
        right_names.iter().enumerate().map(|(at, name)| (*name, at + left_names.len())).collect(),
    ];
    let mut parent: Vec<usize> = (0..left_names.len() + right_names.len()).collect();
    for (from, one) in maps[0] {
        budget.spend(2)?;
        let ends = at[0].get(one).zip(maps[1].get(from).and_then(|two| at[1].get(two)));
        let Some((one, two)) = ends else {
            let message = format!("`{from}` is not mapped into both theories");
            return Err(Diagnostic::error(Kind::Schema, "pushout-span", message));
        };
        let (one, two) = (root(&mut parent, *one), root(&mut parent, *two));
        // The smaller number leads, so that a class is called as its first part in the left theory.
        if let Some(slot) = parent.get_mut(one.max(two)) {
            *slot = one.min(two);
        }
    }
    let mut called: BTreeMap<usize, Name> = BTreeMap::new();
    let mut taken: BTreeSet<Name> = BTreeSet::new();
    let mut found = [BTreeMap::new(), BTreeMap::new()];
    let all = left_names.iter().map(|name| (0, *name)).chain(right_names.iter().map(|name| (1, *name)));
    for (number, (side, name)) in all.enumerate() {
        let class = root(&mut parent, number);
        let chosen = called.entry(class).or_insert_with(|| {
            let mut free = name.clone();
            while !taken.insert(free.clone()) {
                free = format!("{right}.{free}").into();
            }
            free
        });
        if let Some(map) = found.get_mut(side) {
            map.insert(name.clone(), chosen.clone());
        }
    }
    Ok(Glued { maps: found })
}

fn root(parent: &mut [usize], mut at: usize) -> usize {
    while let Some(&up) = parent.get(at).filter(|up| **up != at) {
        let above = parent.get(up).copied().unwrap_or(up);
        if let Some(slot) = parent.get_mut(at) {
            *slot = above;
        }
        at = above;
    }
    at
}

fn params(params: &[SortParam], leg: &TheoryMorphism) -> Vec<SortParam> {
    params
        .iter()
        .map(|param| SortParam { name: param.name.clone(), sort: leg.sort_expr(&param.sort) })
        .collect()
}

/// What the variables of one list of parameters are called in another that says the same.
pub(super) fn alpha(from: &[SortParam], to: &[SortParam]) -> Option<super::Substitution> {
    if from.len() != to.len() {
        return None;
    }
    let mut renamed = super::Substitution::new();
    for (one, two) in from.iter().zip(to) {
        if one.sort.substitute(&renamed) != two.sort {
            return None;
        }
        renamed.insert(one.name.clone(), Term::Var(two.name.clone()));
    }
    Some(renamed)
}

#[cold]
fn missing(code: &'static str, part: &str, name: &Name) -> Error {
    broken(code, format!("`{name}` is shared, and not in both theories"), place(part, name))
}

#[cold]
fn unlike(code: &'static str, part: &str, name: &Name, glued: &Name) -> Error {
    broken(code, format!("`{name}` is glued to `{glued}`, which is not like it"), place(part, name))
}

#[cold]
pub(super) fn broken(code: &'static str, message: String, path: Path) -> Error {
    Diagnostic::new(Kind::Schema, code, message).at(path).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theory(name: &str, lines: &str) -> Theory {
        Theory::declare(name, lines).unwrap()
    }

    fn maps(
        name: &str,
        from: &str,
        to: &str,
        sorts: &[(&str, &str)],
        ops: &[(&str, &str)],
    ) -> TheoryMorphism {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| (Name::new(a), Name::new(b))).collect();
        TheoryMorphism {
            name: name.into(),
            domain: from.into(),
            codomain: to.into(),
            sort_map: map(sorts),
            op_map: map(ops),
        }
    }

    const GRAPH: &str = "sort Vertex\nsort Edge\nop src(e Edge) Vertex\nop tgt(e Edge) Vertex";

    #[test]
    fn theories_are_glued_by_name() {
        let graph = theory("G", GRAPH);
        let labels = theory("L", "sort Edge\nsort Label\nop label(e Edge) Label\neq e label(x) = label(x)");
        let shared = theory("S", "sort Edge");
        let found = colimit_by_name(&graph, &labels, &shared, &mut Budget::default()).unwrap();
        let names: Vec<&str> = found.theory.sorts.iter().map(|sort| sort.name.as_str()).collect();
        assert_eq!(names, ["Vertex", "Edge", "Label"]);
        Signature::check(&found.theory, &mut Budget::default()).unwrap();
        let odd = theory("L", "sort Edge\nsort Vertex(e Edge)");
        let error = colimit_by_name(&graph, &odd, &shared, &mut Budget::default()).unwrap_err();
        assert_eq!((error.code, error.path.as_deref()), ("theory-conflict", Some("sorts.Vertex")));
        let error = colimit_by_name(&graph, &labels, &theory("S", "sort Vertex"), &mut Budget::default())
            .unwrap_err();
        assert_eq!(error.code, "unknown-sort");
    }

    #[test]
    fn pushouts_commute_and_are_universal() {
        let budget = &mut Budget::default();
        let (a, b) = (theory("A", GRAPH), theory("B", "sort Node\nsort Vertex\nop at(n Node) Vertex"));
        let f = maps("f", "S", "A", &[("x", "Vertex")], &[]);
        let g = maps("g", "S", "B", &[("x", "Node")], &[]);
        let found = pushout(&a, &b, &f, &g, budget).unwrap();
        assert!(found.commutes(&f, &g).unwrap());
        assert_eq!(found.right.sort_map["Node"], *"Vertex");
        assert_eq!(found.right.sort_map["Vertex"], *"B.Vertex");
        let end = theory("X", "sort P\nop s(p P) P");
        let u = maps("u", "A", "X", &[("Vertex", "P"), ("Edge", "P")], &[("src", "s"), ("tgt", "s")]);
        let v = maps("v", "B", "X", &[("Node", "P"), ("Vertex", "P")], &[("at", "s")]);
        let end = Signature::of(&end).unwrap();
        let through = found.mediate(&u, &v, &end, budget).unwrap();
        assert!(found.left.then(&through).unwrap().same_maps(&u));
        let two = theory("X", "sort P\nsort Q\nop s(p P) P\nop t(q Q) Q");
        let bent = maps("v", "B", "X", &[("Node", "Q"), ("Vertex", "Q")], &[("at", "t")]);
        let two = Signature::of(&two).unwrap();
        assert_eq!(found.mediate(&u, &bent, &two, budget).unwrap_err().code, "cocone-broken");
    }

    #[test]
    fn what_does_not_fit_is_not_glued() {
        let budget = &mut Budget::default();
        let (a, b) = (theory("A", "sort P\nop f(x P) P"), theory("B", "sort Q\nop g() Q"));
        let f = maps("f", "S", "A", &[("x", "P")], &[("o", "f")]);
        let g = maps("g", "S", "B", &[("x", "Q")], &[("o", "g")]);
        assert_eq!(pushout(&a, &b, &f, &g, budget).unwrap_err().code, "pushout-type");
        assert_eq!(pushout(&b, &a, &f, &g, budget).unwrap_err().code, "pushout-span");
    }
}
