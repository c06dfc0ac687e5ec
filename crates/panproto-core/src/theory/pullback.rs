//! The common part of two theories over a third: pairs with one image.

use super::check::place;
use super::span::broken;
use super::term::canonical;
use super::{Equation, Operation, Prover, Signature, Sort, SortParam, Term, Theory, TheoryMorphism};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};

/// Pairs of parts of two theories that a third does not tell apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Pullback {
    /// The result.
    pub theory: Theory,
    /// It, in the first theory.
    pub left: TheoryMorphism,
    /// It, in the second theory.
    pub right: TheoryMorphism,
}

/// Equations that are tried for one equation of a side.
const MOST_LIFTS: usize = 16;

/// The pullback of two morphisms into one theory. A pair of equal names keeps the name, others are `a*b`.
///
/// Its equations are those of either side, over pairs, that hold on both sides.
///
/// # Errors
/// `pullback-cospan` where the morphisms do not end together; those of theories that are not well typed.
pub fn pullback(
    left: &Theory,
    right: &Theory,
    f: &TheoryMorphism,
    g: &TheoryMorphism,
    budget: &mut Budget,
) -> Result<Pullback> {
    if f.codomain != g.codomain || f.domain != left.name || g.domain != right.name {
        let message = format!("`{}` and `{}` do not lead from the two theories to one", f.name, g.name);
        return Err(Diagnostic::error(Kind::Schema, "pullback-cospan", message));
    }
    let (l, r) = (Signature::of(left)?, Signature::of(right)?);
    let sorts = Pairs::of(
        left.sorts.iter().map(|sort| &sort.name),
        right.sorts.iter().map(|sort| &sort.name),
        [&f.sort_map, &g.sort_map],
        budget,
    )?;
    let ops = Pairs::of(
        left.ops.iter().map(|op| &op.name),
        right.ops.iter().map(|op| &op.name),
        [&f.op_map, &g.op_map],
        budget,
    )?;
    let name: Name = format!("{} × {}", left.name, right.name).into();
    let mut theory = Theory::new(name.clone());
    let mut zip = Zip { sorts: &sorts, ops: &ops };
    let mut kept_sorts = vec![false; sorts.list.len()];
    for ((a, b, joined), kept) in sorts.list.iter().zip(&mut kept_sorts) {
        budget.spend(1)?;
        let (Some(one), Some(two)) = (l.sort(a), r.sort(b)) else { continue };
        let params = zip.params(&one.params, &two.params);
        if let (Some(params), true) = (params, one.kind == two.kind) {
            theory.sorts.push(Sort { name: joined.clone(), params, kind: one.kind });
            *kept = true;
        }
    }
    let there: BTreeSet<&Name> = sorts.kept(&kept_sorts).map(|(_, _, joined)| joined).collect();
    let mut kept_ops = vec![false; ops.list.len()];
    for ((a, b, joined), kept) in ops.list.iter().zip(&mut kept_ops) {
        budget.spend(1)?;
        let (Some(one), Some(two)) = (l.op(a), r.op(b)) else { continue };
        let inputs = zip.params(&one.inputs, &two.inputs);
        let output = zip.sort(&one.output, &two.output, &renaming(&one.inputs, &two.inputs));
        if let (Some(inputs), Some(output)) = (inputs, output) {
            let known = inputs.iter().map(|input| &input.sort.name).chain([&output.name]);
            if known.into_iter().all(|sort| there.contains(sort)) {
                theory.ops.push(Operation { name: joined.clone(), inputs, output });
                *kept = true;
            }
        }
    }
    let leg = |to: &Theory, second: bool| TheoryMorphism {
        name: format!("{name} → {}", to.name).into(),
        domain: name.clone(),
        codomain: to.name.clone(),
        sort_map: sorts.projection(second, &kept_sorts),
        op_map: ops.projection(second, &kept_ops),
    };
    let (to_left, to_right) = (leg(left, false), leg(right, true));
    let partners = [false, true].map(|second| ops.partners(second, &kept_ops));
    let eqs = equations([left, right], &theory, [&to_left, &to_right], [&l, &r], partners, budget)?;
    theory.eqs = eqs;
    Ok(Pullback { theory, left: to_left, right: to_right })
}

/// Equations of either side, over pairs, that make sense there and hold on both sides.
fn equations(
    ends: [&Theory; 2],
    theory: &Theory,
    legs: [&TheoryMorphism; 2],
    [l, r]: [&Signature<'_>; 2],
    partners: [BTreeMap<Name, Vec<Name>>; 2],
    budget: &mut Budget,
) -> Result<Vec<Equation>> {
    let signature = Signature::of(theory)?;
    let [left, right] = ends;
    let [to_left, to_right] = legs;
    let mut eqs = Vec::new();
    let mut said: BTreeSet<(Term, Term)> = BTreeSet::new();
    let mut provers = [Prover::new(l), Prover::new(r)];
    // Most equations that hold on the other side are axioms there, and need no proof.
    let axioms =
        ends.map(|end| end.axioms().map(|(_, lhs, rhs)| canonical(lhs, rhs)).collect::<BTreeSet<_>>());
    for ((second, end), partners) in [(false, left), (true, right)].into_iter().zip(partners) {
        for (eq, lhs, rhs) in end.axioms() {
            for (lhs, rhs) in lifts(lhs, rhs, &partners, budget)? {
                if !said.insert(canonical(&lhs, &rhs)) || !makes_sense(&signature, &lhs, &rhs) {
                    continue;
                }
                let (other, signature, axioms, prover) = match (&mut provers, &axioms) {
                    ([first, _], [axioms, _]) if second => (to_left, l, axioms, first),
                    ([_, other], [_, axioms]) => (to_right, r, axioms, other),
                };
                let (left, right) = (other.term(&lhs), other.term(&rhs));
                let is_axiom =
                    axioms.contains(&canonical(&left, &right)) && makes_sense(signature, &left, &right);
                if is_axiom || prover.decide(&left, &right, budget)?.is_proved() {
                    let name = format!("{eq}.{}", eqs.len()).into();
                    eqs.push(Equation { name, lhs, rhs });
                }
            }
        }
    }
    Ok(eqs)
}

fn makes_sense(signature: &Signature<'_>, lhs: &Term, rhs: &Term) -> bool {
    let Ok(context) = signature.context(lhs, rhs) else { return false };
    let sorts = [lhs, rhs].map(|side| signature.infer(side, &context));
    matches!(sorts, [Ok(one), Ok(two)] if one.name == two.name)
}

impl Pullback {
    /// Whether both ways round the square are one.
    pub fn commutes(&self, f: &TheoryMorphism, g: &TheoryMorphism) -> Result<bool> {
        Ok(self.left.then(f)?.same_maps(&self.right.then(g)?))
    }

    /// The one morphism through which another theory over both goes.
    ///
    /// # Errors
    /// `cone-broken` where the two do not meet; those of a morphism that is none.
    pub fn mediate(
        &self,
        p: &TheoryMorphism,
        q: &TheoryMorphism,
        domain: &Signature<'_>,
        budget: &mut Budget,
    ) -> Result<TheoryMorphism> {
        let by_ends =
            |left: &BTreeMap<Name, Name>, right: &BTreeMap<Name, Name>| -> BTreeMap<(Name, Name), Name> {
                left.iter()
                    .filter_map(|(pair, a)| Some(((a.clone(), right.get(pair)?.clone()), pair.clone())))
                    .collect()
            };
        let chosen = |p: &BTreeMap<Name, Name>,
                      q: &BTreeMap<Name, Name>,
                      pairs: BTreeMap<(Name, Name), Name>,
                      part: &str| {
            let mut found = BTreeMap::new();
            for (from, a) in p {
                let pair = q.get(from).and_then(|b| pairs.get(&(a.clone(), b.clone())));
                let Some(pair) = pair else {
                    let message = format!("the images of `{from}` do not meet");
                    return Err(broken("cone-broken", message, place(part, from)));
                };
                found.insert(from.clone(), pair.clone());
            }
            Ok(found)
        };
        // Unique: a pair is known by its two parts.
        let sorts = by_ends(&self.left.sort_map, &self.right.sort_map);
        let ops = by_ends(&self.left.op_map, &self.right.op_map);
        let found = TheoryMorphism {
            name: format!("{} → {}", p.domain, self.theory.name).into(),
            domain: p.domain.clone(),
            codomain: self.theory.name.clone(),
            sort_map: chosen(&p.sort_map, &q.sort_map, sorts, "sort_map")?,
            op_map: chosen(&p.op_map, &q.op_map, ops, "op_map")?,
        };
        found.check(domain, &Signature::of(&self.theory)?, budget)?;
        if !found.then(&self.left)?.same_maps(p) || !found.then(&self.right)?.same_maps(q) {
            return Err(Diagnostic::error(Kind::Schema, "cone-broken", "the triangles do not commute"));
        }
        Ok(found)
    }
}

/// Pairs of names with one image.
struct Pairs {
    list: Vec<(Name, Name, Name)>,
    by_ends: BTreeMap<(Name, Name), Name>,
}

impl Pairs {
    fn of<'a>(
        left: impl Iterator<Item = &'a Name>,
        right: impl Iterator<Item = &'a Name>,
        maps: [&BTreeMap<Name, Name>; 2],
        budget: &mut Budget,
    ) -> Result<Pairs> {
        let mut by_image: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
        for name in right {
            if let Some(image) = maps[1].get(name) {
                by_image.entry(image).or_default().push(name);
            }
        }
        let mut pairs = Pairs { list: Vec::new(), by_ends: BTreeMap::new() };
        let mut taken = BTreeSet::new();
        for a in left {
            for b in maps[0].get(a).and_then(|image| by_image.get(image)).into_iter().flatten() {
                budget.spend(1)?;
                let mut joined = if a == *b { a.clone() } else { format!("{a}*{b}").into() };
                while !taken.insert(joined.clone()) {
                    joined = format!("{joined}'").into();
                }
                pairs.by_ends.insert((a.clone(), (*b).clone()), joined.clone());
                pairs.list.push((a.clone(), (*b).clone(), joined));
            }
        }
        Ok(pairs)
    }

    /// Those that are there; `kept` goes with the list.
    fn kept<'a>(&'a self, kept: &'a [bool]) -> impl Iterator<Item = &'a (Name, Name, Name)> {
        self.list.iter().zip(kept).filter(|(_, kept)| **kept).map(|(pair, _)| pair)
    }

    fn projection(&self, second: bool, kept: &[bool]) -> BTreeMap<Name, Name> {
        let end = |(a, b, joined): &(Name, Name, Name)| (joined.clone(), if second { b } else { a }.clone());
        self.kept(kept).map(end).collect()
    }

    /// For each name of a side the pairs that it is in.
    fn partners(&self, second: bool, kept: &[bool]) -> BTreeMap<Name, Vec<Name>> {
        let mut found: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
        for (a, b, joined) in self.kept(kept) {
            found.entry(if second { b } else { a }.clone()).or_default().push(joined.clone());
        }
        found
    }
}

struct Zip<'a> {
    sorts: &'a Pairs,
    ops: &'a Pairs,
}

impl Zip<'_> {
    fn params(&mut self, one: &[SortParam], two: &[SortParam]) -> Option<Vec<SortParam>> {
        let renamed = renaming(one, two);
        (one.len() == two.len()).then_some(())?;
        one.iter()
            .zip(two)
            .map(|(a, b)| {
                Some(SortParam { name: a.name.clone(), sort: self.sort(&a.sort, &b.sort, &renamed)? })
            })
            .collect()
    }

    fn sort(
        &mut self,
        one: &super::SortExpr,
        two: &super::SortExpr,
        renamed: &BTreeMap<Name, Name>,
    ) -> Option<super::SortExpr> {
        (one.args.len() == two.args.len()).then_some(())?;
        Some(super::SortExpr {
            name: self.sorts.by_ends.get(&(one.name.clone(), two.name.clone()))?.clone(),
            args: one
                .args
                .iter()
                .zip(&two.args)
                .map(|(a, b)| self.term(a, b, renamed))
                .collect::<Option<_>>()?,
        })
    }

    fn term(&self, one: &Term, two: &Term, renamed: &BTreeMap<Name, Name>) -> Option<Term> {
        match (one, two) {
            (Term::Var(a), Term::Var(b)) => (renamed.get(b) == Some(a)).then(|| one.clone()),
            (Term::App { op: f, args: a }, Term::App { op: g, args: b }) if a.len() == b.len() => {
                Some(Term::App {
                    op: self.ops.by_ends.get(&(f.clone(), g.clone()))?.clone(),
                    args: a.iter().zip(b).map(|(a, b)| self.term(a, b, renamed)).collect::<Option<_>>()?,
                })
            }
            _ => None,
        }
    }
}

fn renaming(one: &[SortParam], two: &[SortParam]) -> BTreeMap<Name, Name> {
    two.iter().zip(one).map(|(b, a)| (b.name.clone(), a.name.clone())).collect()
}

/// An equation with each operation replaced by a pair that it is in, the same one wherever it stands.
fn lifts(
    lhs: &Term,
    rhs: &Term,
    partners: &BTreeMap<Name, Vec<Name>>,
    budget: &mut Budget,
) -> Result<Vec<(Term, Term)>> {
    let mut used = BTreeSet::new();
    for side in [lhs, rhs] {
        side.walk(&mut |term| {
            if let Term::App { op, .. } = term {
                used.insert(op.clone());
            }
        });
    }
    let mut choices: Vec<BTreeMap<Name, Name>> = vec![BTreeMap::new()];
    for op in used {
        let mut next = Vec::new();
        for choice in &choices {
            for pair in partners.get(&op).into_iter().flatten().take(MOST_LIFTS) {
                budget.spend(1)?;
                let mut choice = choice.clone();
                choice.insert(op.clone(), pair.clone());
                next.push(choice);
            }
        }
        next.truncate(MOST_LIFTS);
        choices = next;
    }
    let lift =
        |term: &Term, choice: &BTreeMap<Name, Name>| term.map_ops(&|op| choice.get(op).unwrap_or(op).clone());
    Ok(choices.iter().map(|choice| (lift(lhs, choice), lift(rhs, choice))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pullbacks_commute_and_are_universal() {
        let budget = &mut Budget::default();
        let monoid = "sort M\nop e() M\nop m(a M, b M) M\neq left m(e(), x) = x";
        let a = Theory::declare("A", monoid).unwrap();
        let b = Theory::declare(
            "B",
            "sort N\nsort K\nop z() N\nop p(a N, b N) N\nop k() K\neq l p(z(), x) = x\neq r p(x, z()) = x",
        )
        .unwrap();
        let c = Theory::declare(
            "C",
            "sort X\nop e() X\nop m(a X, b X) X\neq l m(e(), x) = x\neq r m(x, e()) = x",
        )
        .unwrap();
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<Name, Name> {
            pairs.iter().map(|(a, b)| (Name::new(a), Name::new(b))).collect()
        };
        let f = TheoryMorphism {
            name: "f".into(),
            domain: "A".into(),
            codomain: "C".into(),
            sort_map: map(&[("M", "X")]),
            op_map: map(&[("e", "e"), ("m", "m")]),
        };
        let g = TheoryMorphism {
            name: "g".into(),
            domain: "B".into(),
            codomain: "C".into(),
            sort_map: map(&[("N", "X"), ("K", "X")]),
            op_map: map(&[("z", "e"), ("k", "e"), ("p", "m")]),
        };
        let c = Signature::of(&c).unwrap();
        f.check(&Signature::of(&a).unwrap(), &c, budget).unwrap();
        g.check(&Signature::of(&b).unwrap(), &c, budget).unwrap();
        let found = pullback(&a, &b, &f, &g, budget).unwrap();
        assert!(found.commutes(&f, &g).unwrap());
        let signature = Signature::check(&found.theory, budget).unwrap();
        assert!(signature.op("m*p").is_some() && signature.op("e*z").is_some());
        // `left` holds on both sides, `r` only on one.
        assert_eq!(found.theory.eqs.len(), 1);
        for (leg, end) in [(&found.left, &a), (&found.right, &b)] {
            leg.check(&signature, &Signature::of(end).unwrap(), budget).unwrap();
        }
        let over = Theory::declare("X", "sort S\nop u() S").unwrap();
        let to = |end: &str, sort: &str, op: &str| TheoryMorphism {
            name: end.into(),
            domain: "X".into(),
            codomain: end.into(),
            sort_map: map(&[("S", sort)]),
            op_map: map(&[("u", op)]),
        };
        let over = Signature::of(&over).unwrap();
        let through = found.mediate(&to("A", "M", "e"), &to("B", "N", "z"), &over, budget).unwrap();
        assert_eq!(through.op_map["u"], *"e*z");
        assert_eq!(pullback(&b, &a, &f, &g, budget).unwrap_err().code, "pullback-cospan");
    }
}
