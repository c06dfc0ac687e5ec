//! Morphisms of theories: what they have to keep, and the proof that they keep it.

use super::check::place;
use super::json::{Writer, name, name_at, only};
use super::prove::Decision;
use super::term::{Substitution, canonical};
use super::{EqWitness, Operation, Prover, Signature, Sort, SortExpr, SortParam, Term, Theory};
use crate::diagnostic::{Diagnostic, Error, Kind, Path, Result};
use crate::limits::{Budget, Limits};
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::value::{Tree, ValueRef};

/// A map of sorts to sorts and operations to operations.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TheoryMorphism {
    /// Its name.
    pub name: Name,
    /// The theory that it maps.
    pub domain: Name,
    /// The theory that it maps into.
    pub codomain: Name,
    /// Sorts.
    pub sort_map: BTreeMap<Name, Name>,
    /// Operations.
    pub op_map: BTreeMap<Name, Name>,
}

/// Why an equation of the domain holds in the codomain.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// The codomain lists it, but for names of variables.
    Listed(Name),
    /// It follows.
    Proved(EqWitness),
}

/// Where a schema has a name that a renaming changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// Names of edges.
    EdgeLabel,
    /// Ids of vertices.
    VertexId,
    /// Kinds of vertices.
    VertexKind,
    /// Kinds of edges.
    EdgeKind,
    /// Namespaced ids.
    Nsid,
    /// Sorts of constraints.
    ConstraintSort,
    /// Anchors of instances.
    InstanceAnchor,
    /// Names of theories.
    TheoryName,
    /// Names of sorts.
    SortName,
}

impl Site {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Site::EdgeLabel => "EdgeLabel",
            Site::VertexId => "VertexId",
            Site::VertexKind => "VertexKind",
            Site::EdgeKind => "EdgeKind",
            Site::Nsid => "Nsid",
            Site::ConstraintSort => "ConstraintSort",
            Site::InstanceAnchor => "InstanceAnchor",
            Site::TheoryName => "TheoryName",
            Site::SortName => "SortName",
        }
    }
}

/// A name that changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SiteRename {
    /// Where.
    pub site: Site,
    /// What it was.
    pub old: Name,
    /// What it is.
    pub new: Name,
}

impl TheoryMorphism {
    /// The morphism of a theory to itself that changes nothing.
    pub fn identity(theory: &Theory) -> TheoryMorphism {
        TheoryMorphism::inclusion(theory, theory)
    }

    /// The morphism that maps every part to the part of the same name.
    pub fn inclusion(domain: &Theory, codomain: &Theory) -> TheoryMorphism {
        let same = |name: &Name| (name.clone(), name.clone());
        TheoryMorphism {
            name: format!("{} → {}", domain.name, codomain.name).into(),
            domain: domain.name.clone(),
            codomain: codomain.name.clone(),
            sort_map: domain.sorts.iter().map(|sort| same(&sort.name)).collect(),
            op_map: domain.ops.iter().map(|op| same(&op.name)).collect(),
        }
    }

    /// Reads `{"name":…,"domain":…,"codomain":…,"sort_map":{…},"op_map":{…}}`.
    ///
    /// # Errors
    /// Those of JSON; `invalid-theory`.
    pub fn parse(text: &[u8], limits: &Limits) -> Result<TheoryMorphism> {
        TheoryMorphism::from_json(Tree::parse(text, limits)?.root())
    }

    /// Reads a morphism from its JSON form.
    ///
    /// # Errors
    /// `invalid-theory`.
    pub fn from_json(value: ValueRef<'_>) -> Result<TheoryMorphism> {
        only(value, "a morphism", &["name", "domain", "codomain", "sort_map", "op_map"])?;
        let names = |key: &str| -> Result<BTreeMap<Name, Name>> {
            let mut found = BTreeMap::new();
            for (from, to) in super::json::optional(value, key).into_iter().flat_map(ValueRef::members) {
                found.insert(name(from, key)?, name(to, key)?);
            }
            Ok(found)
        };
        Ok(TheoryMorphism {
            name: value.get("name").map(|found| name(found, "name")).transpose()?.unwrap_or_default(),
            domain: name_at(value, "domain")?,
            codomain: name_at(value, "codomain")?,
            sort_map: names("sort_map")?,
            op_map: names("op_map")?,
        })
    }

    /// The JSON form.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        self.write(&mut out);
        out.finish()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.object(|out| {
            for (key, text) in [("name", &self.name), ("domain", &self.domain), ("codomain", &self.codomain)]
            {
                out.text_member(key, text);
            }
            for (key, map) in [("sort_map", &self.sort_map), ("op_map", &self.op_map)] {
                out.key(key);
                out.object(|out| map.iter().for_each(|(from, to)| out.text_member(from, to)));
            }
        });
    }

    /// The image of a sort; a name that is not mapped stays.
    pub fn sort(&self, name: &Name) -> Name {
        self.sort_map.get(name).unwrap_or(name).clone()
    }

    /// The image of an operation; a name that is not mapped stays.
    pub fn op(&self, name: &Name) -> Name {
        self.op_map.get(name).unwrap_or(name).clone()
    }

    /// The image of a term.
    #[must_use]
    pub fn term(&self, term: &Term) -> Term {
        term.map_ops(&|op| self.op(op))
    }

    /// The image of a sort with its arguments.
    #[must_use]
    pub fn sort_expr(&self, sort: &SortExpr) -> SortExpr {
        sort.map(&|name| self.sort(name), &|op| self.op(op))
    }

    /// Checks that it is a morphism: everything is mapped, dependent sorts and operations keep their types, and the
    /// image of every equation follows from those of the codomain. Gives the reason for each equation.
    ///
    /// # Errors
    /// `morphism-domain`, `morphism-codomain`, `unmapped-sort`, `unmapped-op`, `unknown-sort`, `unknown-op`,
    /// `sort-arity`, `sort-params`, `sort-kind`, `op-arity`, `op-type`, `equation-broken` (it does not hold),
    /// `equation-unproved` (nothing shows that it holds), with the path of the part; `limit-steps`, `cancelled`.
    pub fn check(
        &self,
        domain: &Signature<'_>,
        codomain: &Signature<'_>,
        budget: &mut Budget,
    ) -> Result<Vec<(Name, Kept)>> {
        let ends = [
            ("morphism-domain", &self.domain, &domain.theory().name),
            ("morphism-codomain", &self.codomain, &codomain.theory().name),
        ];
        for (code, named, given) in ends {
            if named != given {
                let message = format!("the morphism speaks of theory `{named}`, `{given}` is given");
                return Err(Diagnostic::error(Kind::Schema, code, message));
            }
        }
        let mut prover = Prover::new(codomain);
        self.check_names(domain)?;
        for sort in &domain.theory().sorts {
            budget.spend(1)?;
            self.check_sort(sort, codomain, &mut prover, budget)?;
        }
        for op in &domain.theory().ops {
            budget.spend(1)?;
            self.check_op(op, codomain, &mut prover, budget)?;
        }
        self.check_equations(domain, codomain, &mut prover, budget)
    }

    /// Nothing is mapped that the domain does not have.
    fn check_names(&self, domain: &Signature<'_>) -> Result<()> {
        if let Some(name) = self.sort_map.keys().find(|name| domain.sort(name).is_none()) {
            return Err(broken(
                "unknown-sort",
                format!("the domain has no sort `{name}`"),
                place("sort_map", name),
            ));
        }
        match self.op_map.keys().find(|name| domain.op(name).is_none()) {
            Some(name) => {
                let message = format!("the domain has no operation `{name}`");
                Err(broken("unknown-op", message, place("op_map", name)))
            }
            None => Ok(()),
        }
    }

    fn check_sort(
        &self,
        sort: &Sort,
        codomain: &Signature<'_>,
        prover: &mut Prover<'_>,
        budget: &mut Budget,
    ) -> Result<()> {
        let path = || place("sort_map", &sort.name);
        let Some(image) = self.sort_map.get(&sort.name) else {
            return Err(broken("unmapped-sort", format!("sort `{}` is not mapped", sort.name), path()));
        };
        let Some(found) = codomain.sort(image) else {
            return Err(broken("unknown-sort", format!("the codomain has no sort `{image}`"), path()));
        };
        if found.params.len() != sort.params.len() {
            let (one, two) = (sort.params.len(), found.params.len());
            let message = format!("sort `{}` has {one} parameters, `{image}` has {two}", sort.name);
            return Err(broken("sort-arity", message, path()));
        }
        if found.kind != sort.kind {
            let message = format!("the elements of `{}` and `{image}` are of different kinds", sort.name);
            return Err(broken("sort-kind", message, path()));
        }
        if self.telescope(&sort.params, &found.params, prover, budget)?.is_none() {
            let message = format!("the parameters of `{}` and `{image}` differ", sort.name);
            return Err(broken("sort-params", message, path()));
        }
        Ok(())
    }

    fn check_op(
        &self,
        op: &Operation,
        codomain: &Signature<'_>,
        prover: &mut Prover<'_>,
        budget: &mut Budget,
    ) -> Result<()> {
        let path = || place("op_map", &op.name);
        let Some(image) = self.op_map.get(&op.name) else {
            return Err(broken("unmapped-op", format!("operation `{}` is not mapped", op.name), path()));
        };
        let Some(found) = codomain.op(image) else {
            return Err(broken("unknown-op", format!("the codomain has no operation `{image}`"), path()));
        };
        if found.inputs.len() != op.inputs.len() {
            let (one, two) = (op.inputs.len(), found.inputs.len());
            let message = format!("operation `{}` has {one} inputs, `{image}` has {two}", op.name);
            return Err(broken("op-arity", message, path()));
        }
        let fits = match self.telescope(&op.inputs, &found.inputs, prover, budget)? {
            None => false,
            Some(renamed) => {
                let output = self.sort_expr(&op.output).substitute(&renamed);
                same_sort(&output, &found.output, prover, budget)?
            }
        };
        if fits {
            return Ok(());
        }
        let message = format!(
            "operation `{}` is mapped to `{image}`, whose type is not the image of its type",
            op.name
        );
        Err(broken("op-type", message, path()))
    }

    /// Whether the image of one list of parameters is another list; gives what its variables are called there.
    fn telescope(
        &self,
        params: &[SortParam],
        others: &[SortParam],
        prover: &mut Prover<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Substitution>> {
        let mut renamed = Substitution::new();
        for (param, other) in params.iter().zip(others) {
            let image = self.sort_expr(&param.sort).substitute(&renamed);
            if !same_sort(&image, &other.sort, prover, budget)? {
                return Ok(None);
            }
            renamed.insert(param.name.clone(), Term::Var(other.name.clone()));
        }
        Ok(Some(renamed))
    }

    fn check_equations(
        &self,
        domain: &Signature<'_>,
        codomain: &Signature<'_>,
        prover: &mut Prover<'_>,
        budget: &mut Budget,
    ) -> Result<Vec<(Name, Kept)>> {
        let listed: BTreeMap<(Term, Term), &Name> =
            codomain.theory().axioms().map(|(name, lhs, rhs)| (canonical(lhs, rhs), name)).collect();
        let mut kept = Vec::new();
        for (at, (name, lhs, rhs)) in domain.theory().axioms().enumerate() {
            budget.spend(4)?;
            let (lhs, rhs) = (self.term(lhs), self.term(rhs));
            let found = listed.get(&canonical(&lhs, &rhs)).or_else(|| listed.get(&canonical(&rhs, &lhs)));
            if let Some(found) = found {
                kept.push((name.clone(), Kept::Listed((*found).clone())));
                continue;
            }
            let part = if at < domain.theory().eqs.len() { "eqs" } else { "directed_eqs" };
            match prover.decide(&lhs, &rhs, budget)? {
                Decision::Proved(witness) => kept.push((name.clone(), Kept::Proved(witness))),
                Decision::Refuted(_) => {
                    let message = format!(
                        "the image of equation `{name}` does not hold: `{lhs} = {rhs}` in `{}`",
                        self.codomain
                    );
                    return Err(broken("equation-broken", message, place(part, name)));
                }
                Decision::Unknown => {
                    let message = format!(
                        "nothing shows that the image of equation `{name}` holds: `{lhs} = {rhs}` in `{}`",
                        self.codomain
                    );
                    return Err(broken("equation-unproved", message, place(part, name)));
                }
            }
        }
        Ok(kept)
    }

    /// This morphism, then another.
    ///
    /// # Errors
    /// `compose-mismatch` where the first does not end where the second begins.
    pub fn then(&self, second: &TheoryMorphism) -> Result<TheoryMorphism> {
        if self.codomain != second.domain {
            let message = format!(
                "`{}` ends in `{}`, `{}` begins in `{}`",
                self.name, self.codomain, second.name, second.domain
            );
            return Err(Diagnostic::error(Kind::Schema, "compose-mismatch", message));
        }
        let chain = |first: &BTreeMap<Name, Name>, then: &BTreeMap<Name, Name>, part: &str| {
            first
                .iter()
                .map(|(from, middle)| match then.get(middle) {
                    Some(to) => Ok((from.clone(), to.clone())),
                    None => {
                        let message = format!("`{}` does not map `{middle}`", second.name);
                        Err(broken("compose-mismatch", message, place(part, middle)))
                    }
                })
                .collect::<Result<BTreeMap<_, _>>>()
        };
        Ok(TheoryMorphism {
            name: format!("{}; {}", self.name, second.name).into(),
            domain: self.domain.clone(),
            codomain: second.codomain.clone(),
            sort_map: chain(&self.sort_map, &second.sort_map, "sort_map")?,
            op_map: chain(&self.op_map, &second.op_map, "op_map")?,
        })
    }

    /// What it renames in schemas: sorts are kinds of vertices there, operations kinds of edges.
    pub fn induce_schema_renames(&self) -> Vec<SiteRename> {
        let renames = |site: Site, map: &BTreeMap<Name, Name>| -> Vec<SiteRename> {
            map.iter()
                .filter(|(old, new)| old != new)
                .map(|(old, new)| SiteRename { site, old: old.clone(), new: new.clone() })
                .collect()
        };
        let mut found = renames(Site::VertexKind, &self.sort_map);
        found.extend(renames(Site::EdgeKind, &self.op_map));
        found
    }

    /// Whether two morphisms map everything alike, whatever they are called.
    pub fn same_maps(&self, other: &TheoryMorphism) -> bool {
        self.sort_map == other.sort_map && self.op_map == other.op_map
    }
}

/// Whether two sorts are one, their arguments compared by the equations.
fn same_sort(a: &SortExpr, b: &SortExpr, prover: &mut Prover<'_>, budget: &mut Budget) -> Result<bool> {
    if a == b {
        return Ok(true);
    }
    if a.name != b.name || a.args.len() != b.args.len() {
        return Ok(false);
    }
    for (a, b) in a.args.iter().zip(&b.args) {
        if a != b && !prover.decide(a, b, budget).is_ok_and(|decision| decision.is_proved()) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cold]
fn broken(code: &'static str, message: String, path: Path) -> Error {
    Diagnostic::new(Kind::Schema, code, message).at(path).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(domain: &str, codomain: &str, maps: &str) -> Result<Vec<(Name, Kept)>> {
        let (a, b) = (Theory::declare("A", domain).unwrap(), Theory::declare("B", codomain).unwrap());
        let budget = &mut Budget::default();
        let (a, b) = (Signature::check(&a, budget).unwrap(), Signature::check(&b, budget).unwrap());
        let text = format!(r#"{{"name":"f","domain":"A","codomain":"B",{maps}}}"#);
        let morphism = TheoryMorphism::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        assert_eq!(
            morphism.to_json(),
            TheoryMorphism::parse(morphism.to_json().as_bytes(), &Limits::DEFAULT).unwrap().to_json()
        );
        morphism.check(&a, &b, budget)
    }

    const MONOID: &str = "sort M\nop e() M\nop m(a M, b M) M
        eq left m(e(), x) = x\neq right m(x, e()) = x\neq assoc m(m(x, y), z) = m(x, m(y, z))";
    const BAND: &str = "sort S\nop p(a S, b S) S\neq assoc p(p(x, y), z) = p(x, p(y, z))";

    #[test]
    fn equations_are_proved_not_only_listed() {
        let maps = r#""sort_map":{"S":"M"},"op_map":{"p":"m"}"#;
        let kept = check(BAND, MONOID, maps).unwrap();
        assert_eq!(kept, [("assoc".into(), Kept::Listed("assoc".into()))]);
        let four = format!("{BAND}\neq four p(p(p(x, y), z), w) = p(x, p(y, p(z, w)))");
        let kept = check(&four, MONOID, maps).unwrap();
        assert!(matches!(kept[1].1, Kept::Proved(_)));
        let error = check(&format!("{BAND}\neq comm p(x, y) = p(y, x)"), MONOID, maps).unwrap_err();
        assert_eq!((error.code, error.path.as_deref()), ("equation-broken", Some("eqs.comm")));
        let group = "sort M\nop e() M\nop i(a M) M\nop m(a M, b M) M\neq left m(e(), x) = x
            eq inverse m(i(x), x) = e()\neq assoc m(m(x, y), z) = m(x, m(y, z))";
        let error = check("sort S\nop p(a S, b S) S\neq comm p(x, y) = p(y, x)", group, maps).unwrap_err();
        assert_eq!(error.code, "equation-unproved");
    }

    #[test]
    fn what_is_no_morphism_is_told_with_its_place() {
        let refused = |domain: &str, codomain: &str, maps: &str, code: &str, path: &str| {
            let error = check(domain, codomain, maps).unwrap_err();
            assert_eq!((error.code, error.path.as_deref()), (code, Some(path)), "{error}");
        };
        let none = r#""sort_map":{},"op_map":{}"#;
        refused("sort A", "sort B", none, "unmapped-sort", "sort_map.A");
        refused("sort A", "sort B", r#""sort_map":{"A":"C"}"#, "unknown-sort", "sort_map.A");
        refused("sort A", "sort B", r#""sort_map":{"A":"B","X":"B"}"#, "unknown-sort", "sort_map.X");
        refused("sort A", "sort V\nsort B(v V)", r#""sort_map":{"A":"B"}"#, "sort-arity", "sort_map.A");
        let one = r#""sort_map":{"A":"B"}"#;
        refused("sort A\nop f() A", "sort B", one, "unmapped-op", "op_map.f");
        let both = r#""sort_map":{"A":"B"},"op_map":{"f":"g"}"#;
        refused("sort A\nop f() A", "sort B", both, "unknown-op", "op_map.f");
        refused("sort A\nop f() A", "sort B\nop g(x B) B", both, "op-arity", "op_map.f");
        refused("sort A\nop f() A", "sort B\nsort C\nop g() C", both, "op-type", "op_map.f");
        let family = r#""sort_map":{"V":"V","W":"W","F":"F"}"#;
        refused(
            "sort V\nsort W\nsort F(x V)",
            "sort V\nsort W\nsort F(x W)",
            family,
            "sort-params",
            "sort_map.F",
        );
    }

    #[test]
    fn dependent_sorts_are_kept_whatever_variables_are_called() {
        let a = "sort O\nsort H(a O, b O)\nop id(x O) H(x, x)";
        let b = "sort P\nsort K(s P, t P)\nop one(p P) K(p, p)\nop other(p P, q P) K(p, q)";
        let maps = |op: &str| format!(r#""sort_map":{{"O":"P","H":"K"}},"op_map":{{"id":"{op}"}}"#);
        assert!(check(a, b, &maps("one")).is_ok());
        assert_eq!(check(a, b, &maps("other")).unwrap_err().code, "op-arity");
        let turned = b.replace("K(p, p)", "K(q, q)").replace("one(p P)", "one(q P)");
        assert!(check(a, &turned, &maps("one")).is_ok());
    }

    #[test]
    fn morphisms_compose_and_rename() {
        let of = |from: &str, to: &str, a: &str, b: &str| TheoryMorphism {
            name: "m".into(),
            domain: from.into(),
            codomain: to.into(),
            sort_map: [(a.into(), b.into())].into(),
            op_map: [("f".into(), "f".into())].into(),
        };
        let both = of("A", "B", "x", "y").then(&of("B", "C", "y", "z")).unwrap();
        assert_eq!(both.sort_map["x"], *"z");
        assert_eq!(
            of("A", "B", "x", "y").then(&of("C", "D", "y", "z")).unwrap_err().code,
            "compose-mismatch"
        );
        let renames = both.induce_schema_renames();
        assert_eq!(renames, [SiteRename { site: Site::VertexKind, old: "x".into(), new: "z".into() }]);
    }
}
