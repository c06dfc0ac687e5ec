//! Whether a theory is well typed: contexts, substitution of arguments into sorts, equality of indices.

use super::expression;
use super::term::Substitution;
use super::{ConflictStrategy, Operation, Sort, SortExpr, SortParam, Term, Theory};
use crate::diagnostic::{Diagnostic, Error, Kind, Path, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};

/// Variables and their sorts.
pub type Context = BTreeMap<Name, SortExpr>;

/// A theory with its sorts and operations by name.
#[derive(Clone, Debug)]
pub struct Signature<'t> {
    theory: &'t Theory,
    sorts: BTreeMap<&'t str, &'t Sort>,
    ops: BTreeMap<&'t str, &'t Operation>,
}

/// Says whether two terms are equal by the theory's equations, where they are not the same.
pub(super) type Equal<'a> = &'a mut dyn FnMut(&Term, &Term) -> Result<bool>;

impl<'t> Signature<'t> {
    /// Indexes a theory; names have to be unique.
    ///
    /// # Errors
    /// `duplicate-sort`, `duplicate-op`, `duplicate-equation`, `unresolved-extends`, with a path.
    pub fn of(theory: &'t Theory) -> Result<Signature<'t>> {
        if let Some(parent) = theory.extends.first() {
            let message = format!("theory `{}` extends `{parent}`, whose parts are not here", theory.name);
            return Err(Diagnostic::new(Kind::Schema, "unresolved-extends", message)
                .at("extends")
                .help("give the theories that it extends")
                .boxed());
        }
        let sorts = index(theory.sorts.iter(), "sorts", "duplicate-sort", |sort| &sort.name)?;
        let ops = index(theory.ops.iter(), "ops", "duplicate-op", |op| &op.name)?;
        index(theory.axioms(), "eqs", "duplicate-equation", |axiom| axiom.0)?;
        index(theory.policies.iter(), "policies", "duplicate-policy", |policy| &policy.name)?;
        Ok(Signature { theory, sorts, ops })
    }

    /// Indexes a theory and checks that every sort, operation and equation is well typed.
    ///
    /// # Errors
    /// Those of [`Signature::of`]; `unknown-sort`, `unknown-op`, `unknown-variable`, `arity-mismatch`,
    /// `ill-typed-term`, `sort-cycle`, `rule-variable`, with the path of what is wrong; those of expressions.
    pub fn check(theory: &'t Theory, budget: &mut Budget) -> Result<Signature<'t>> {
        let signature = Signature::of(theory)?;
        // Only where sorts depend on terms may an index have to be shown equal to another.
        let mut prover = None;
        let equal: Equal<'_> = &mut |lhs, rhs| {
            let prover = prover.get_or_insert_with(|| super::rewrite::Rewriter::directed(theory));
            prover.joins(lhs, rhs, &mut Budget::default())
        };
        signature.check_parts(equal, budget)?;
        Ok(signature)
    }

    fn check_parts(&self, equal: Equal<'_>, budget: &mut Budget) -> Result<()> {
        self.check_cycles()?;
        for sort in &self.theory.sorts {
            budget.spend(1 + sort.params.len() as u64)?;
            let path = || place("sorts", &sort.name);
            self.telescope(&sort.params, "params", &path, equal)?;
        }
        for op in &self.theory.ops {
            budget.spend(1 + op.inputs.len() as u64)?;
            let path = || place("ops", &op.name);
            let context = self.telescope(&op.inputs, "inputs", &path, equal)?;
            self.check_sort(&op.output, &context, &|| path().member("output"), equal)?;
        }
        for eq in &self.theory.eqs {
            self.check_sides((&eq.lhs, &eq.rhs), &|| place("eqs", &eq.name), equal, budget)?;
        }
        for eq in &self.theory.directed_eqs {
            let path = || place("directed_eqs", &eq.name);
            expression::check(&eq.impl_term, &|| path().member("impl_term"))?;
            if let Some(inverse) = &eq.inverse {
                expression::check(inverse, &|| path().member("inverse"))?;
            }
            self.check_sides((&eq.lhs, &eq.rhs), &path, equal, budget)?;
            let known = eq.lhs.variables();
            if let Some(name) = eq.rhs.variables().into_iter().find(|name| !known.contains(name)) {
                let message =
                    format!("the right side has a variable `{name}` that the left side does not have");
                return Err(Diagnostic::new(Kind::TypeCheck, "rule-variable", message)
                    .at(path().member("rhs"))
                    .help("a directed equation is used from left to right; make it an equation")
                    .boxed());
            }
        }
        for policy in &self.theory.policies {
            if let ConflictStrategy::Custom(expr) = &policy.strategy {
                budget.spend(1)?;
                expression::check(expr, &|| place("policies", &policy.name).member("strategy"))?;
            }
        }
        Ok(())
    }

    /// The theory.
    pub fn theory(&self) -> &'t Theory {
        self.theory
    }

    /// The sort with a name.
    pub fn sort(&self, name: &str) -> Option<&'t Sort> {
        self.sorts.get(name).copied()
    }

    /// The operation with a name.
    pub fn op(&self, name: &str) -> Option<&'t Operation> {
        self.ops.get(name).copied()
    }

    /// A sort may depend only on sorts that do not depend on it.
    fn check_cycles(&self) -> Result<()> {
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for sort in self.theory.sorts.iter().filter(|sort| !sort.params.is_empty()) {
            let mut open: BTreeSet<&str> = [sort.name.as_str()].into();
            let mut way = vec![(sort, sort.params.iter())];
            while let Some((at, rest)) = way.last_mut() {
                let Some(param) = rest.next() else {
                    done.insert(&at.name);
                    open.remove(at.name.as_str());
                    way.pop();
                    continue;
                };
                let next = param.sort.name.as_str();
                if open.contains(next) {
                    let message = format!("sort `{next}` depends on itself");
                    return Err(Diagnostic::new(Kind::Schema, "sort-cycle", message)
                        .at(place("sorts", next))
                        .boxed());
                }
                if let Some(found) = self.sort(next).filter(|_| !done.contains(next)) {
                    open.insert(next);
                    way.push((found, found.params.iter()));
                }
            }
        }
        Ok(())
    }

    /// Checks a list of parameters, where each may depend on those before it.
    fn telescope(
        &self,
        params: &[SortParam],
        part: &str,
        path: &dyn Fn() -> Path,
        equal: Equal<'_>,
    ) -> Result<Context> {
        let mut context = Context::new();
        for (at, param) in params.iter().enumerate() {
            self.check_sort(&param.sort, &context, &|| path().member(part).item(at), equal)?;
            if context.insert(param.name.clone(), param.sort.clone()).is_some() {
                let message = format!("two of the {part} have the name `{}`", param.name);
                return Err(Diagnostic::new(Kind::TypeCheck, "duplicate-variable", message)
                    .at(path().member(part).item(at))
                    .boxed());
            }
        }
        Ok(context)
    }

    /// Checks a sort that is used.
    fn check_sort(
        &self,
        sort: &SortExpr,
        context: &Context,
        path: &dyn Fn() -> Path,
        equal: Equal<'_>,
    ) -> Result<()> {
        let declared =
            self.sort(&sort.name).ok_or_else(|| unknown("sort", "unknown-sort", &sort.name, path()))?;
        if sort.args.is_empty() {
            return Ok(());
        }
        self.check_args(&declared.params, &sort.args, &sort.name, context, path, equal).map(|_| ())
    }

    /// Checks arguments against parameters; gives what each parameter is.
    fn check_args(
        &self,
        params: &[SortParam],
        args: &[Term],
        of: &Name,
        context: &Context,
        path: &dyn Fn() -> Path,
        equal: Equal<'_>,
    ) -> Result<Substitution> {
        if params.len() != args.len() {
            return Err(arity(of, params.len(), args.len(), path()));
        }
        let mut known = Substitution::new();
        for (at, (param, arg)) in params.iter().zip(args).enumerate() {
            let path = || path().member("args").item(at);
            let found = self.sort_of(arg, context, &path, equal)?;
            let expected = param.sort.substitute(&known);
            if !fits(&found, &expected, equal)? {
                return Err(ill_typed(arg, &found, &expected, path()));
            }
            known.insert(param.name.clone(), arg.clone());
        }
        Ok(known)
    }

    /// The sort of a term in a context.
    fn sort_of(
        &self,
        term: &Term,
        context: &Context,
        path: &dyn Fn() -> Path,
        equal: Equal<'_>,
    ) -> Result<SortExpr> {
        match term {
            Term::Var(name) => context
                .get(name)
                .cloned()
                .ok_or_else(|| unknown("variable", "unknown-variable", name, path())),
            Term::App { op, args } => {
                let found = self.op(op).ok_or_else(|| unknown("operation", "unknown-op", op, path()))?;
                let known = self.check_args(&found.inputs, args, op, context, path, equal)?;
                Ok(found.output.substitute(&known))
            }
        }
    }

    /// The sort of a term whose variables have the sorts of a context.
    ///
    /// # Errors
    /// `unknown-op`, `unknown-variable`, `arity-mismatch`, `ill-typed-term`, with a path inside the term.
    pub fn infer(&self, term: &Term, context: &Context) -> Result<SortExpr> {
        let mut rewriter = None;
        self.sort_of(term, context, &Path::default, &mut |lhs, rhs| {
            rewriter.get_or_insert_with(|| super::rewrite::Rewriter::directed(self.theory)).joins(
                lhs,
                rhs,
                &mut Budget::default(),
            )
        })
    }

    /// The context in which both sides of an equation make sense: each variable has the sort that the place asks
    /// for where it stands. A variable that stands alone on one side has the sort of the other side.
    ///
    /// # Errors
    /// As [`Signature::infer`]; `untyped-variable` where nothing says what a variable is.
    pub fn context(&self, lhs: &Term, rhs: &Term) -> Result<Context> {
        let mut context = Context::new();
        self.gather(lhs, None, &mut context, &Path::default)?;
        self.gather(rhs, None, &mut context, &Path::default)?;
        for (side, other) in [(lhs, rhs), (rhs, lhs)] {
            if let Term::Var(name) = side
                && !context.contains_key(name)
            {
                let Term::App { .. } = other else {
                    return Err(untyped(name));
                };
                let sort = self.infer(other, &context)?;
                context.insert(name.clone(), sort);
            }
        }
        Ok(context)
    }

    /// Whether a side says by itself what all variables of an equation are: each stands there, with its sort.
    pub(super) fn determines(&self, side: &Term, context: &Context) -> bool {
        let mut own = Context::new();
        if self.gather(side, None, &mut own, &Path::default).is_err() {
            return false;
        }
        if let Term::Var(name) = side {
            return context.len() == 1 && context.get(name).is_some_and(|sort| sort.args.is_empty());
        }
        own == *context
    }

    fn gather(
        &self,
        term: &Term,
        expected: Option<SortExpr>,
        context: &mut Context,
        path: &dyn Fn() -> Path,
    ) -> Result<()> {
        match term {
            Term::Var(name) => {
                if let Some(expected) = expected {
                    match context.get(name) {
                        // The member of a family says more than the family.
                        Some(known) if !(known.args.is_empty() && known.name == expected.name) => {}
                        _ => {
                            context.insert(name.clone(), expected);
                        }
                    }
                }
                Ok(())
            }
            Term::App { op, args } => {
                let found = self.op(op).ok_or_else(|| unknown("operation", "unknown-op", op, path()))?;
                if found.inputs.len() != args.len() {
                    return Err(arity(op, found.inputs.len(), args.len(), path()));
                }
                let mut known = Substitution::new();
                for (at, (input, arg)) in found.inputs.iter().zip(args).enumerate() {
                    let expected = input.sort.substitute(&known);
                    self.gather(arg, Some(expected), context, &|| path().member("args").item(at))?;
                    known.insert(input.name.clone(), arg.clone());
                }
                Ok(())
            }
        }
    }

    fn check_sides(
        &self,
        (lhs, rhs): (&Term, &Term),
        path: &dyn Fn() -> Path,
        equal: Equal<'_>,
        budget: &mut Budget,
    ) -> Result<()> {
        budget.spend(8)?;
        let context = self.context(lhs, rhs).map_err(|error| under(error, path()))?;
        let left = self.sort_of(lhs, &context, &|| path().member("lhs"), equal)?;
        let right = self.sort_of(rhs, &context, &|| path().member("rhs"), equal)?;
        if fits(&left, &right, equal)? || fits(&right, &left, equal)? {
            return Ok(());
        }
        let message = format!("`{lhs}` has the sort `{left}`, `{rhs}` has the sort `{right}`");
        Err(Diagnostic::new(Kind::TypeCheck, "ill-typed-equation", message)
            .at(path())
            .help("both sides of an equation have one sort")
            .boxed())
    }
}

/// Whether a term of one sort may stand where another is asked for.
pub(super) fn fits(found: &SortExpr, expected: &SortExpr, equal: Equal<'_>) -> Result<bool> {
    if found.name != expected.name {
        return Ok(false);
    }
    if expected.args.is_empty() || found.args == expected.args {
        return Ok(true);
    }
    if found.args.len() != expected.args.len() {
        return Ok(false);
    }
    for (a, b) in found.args.iter().zip(&expected.args) {
        if a != b && !equal(a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn index<'t, T: Copy>(
    parts: impl Iterator<Item = T>,
    what: &str,
    code: &'static str,
    name: impl Fn(T) -> &'t Name,
) -> Result<BTreeMap<&'t str, T>> {
    let mut found = BTreeMap::new();
    for part in parts {
        let name = name(part);
        if found.insert(name.as_str(), part).is_some() {
            return Err(Diagnostic::new(
                Kind::Schema,
                code,
                format!("two of the {what} have the name `{name}`"),
            )
            .at(place(what, name))
            .boxed());
        }
    }
    Ok(found)
}

pub(super) fn place(part: &str, name: &str) -> Path {
    Path::default().member(part).member(name)
}

#[cold]
fn under(mut error: Error, path: Path) -> Error {
    let inner = error.path.take().filter(|inner| !inner.is_empty());
    error.path = Some(inner.map_or_else(|| path.to_string(), |inner| format!("{path}.{inner}")));
    error
}

#[cold]
fn unknown(what: &str, code: &'static str, name: &str, path: Path) -> Error {
    Diagnostic::new(Kind::TypeCheck, code, format!("there is no {what} `{name}`")).at(path).boxed()
}

#[cold]
fn arity(of: &Name, expected: usize, found: usize, path: Path) -> Error {
    let message = format!("`{of}` takes {expected} arguments, {found} are given");
    Diagnostic::new(Kind::TypeCheck, "arity-mismatch", message).at(path).boxed()
}

#[cold]
fn ill_typed(term: &Term, found: &SortExpr, expected: &SortExpr, path: Path) -> Error {
    let message = format!("`{term}` has the sort `{found}`, `{expected}` is asked for");
    Diagnostic::new(Kind::TypeCheck, "ill-typed-term", message).at(path).boxed()
}

#[cold]
fn untyped(name: &Name) -> Error {
    let message = format!("nothing says of what sort the variable `{name}` is");
    Diagnostic::new(Kind::TypeCheck, "untyped-variable", message).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const CATEGORY: &str = "sort Ob
        sort Hom(a Ob, b Ob)
        op id(x Ob) Hom(x, x)
        op comp(x Ob, y Ob, z Ob, f Hom(x, y), g Hom(y, z)) Hom(x, z)
        eq left comp(x, x, y, id(x), f) = f
        eq right comp(x, y, y, f, id(y)) = f
        eq assoc comp(w, y, z, comp(w, x, y, f, g), h) = comp(w, x, z, f, comp(x, y, z, g, h))";

    fn check(lines: &str) -> (&'static str, String) {
        let theory = Theory::declare("T", lines).unwrap();
        match Signature::check(&theory, &mut Budget::default()) {
            Ok(_) => ("", String::new()),
            Err(error) => (error.code, error.path.clone().unwrap_or_default()),
        }
    }

    #[test]
    fn categories_are_well_typed() {
        assert_eq!(check(CATEGORY), ("", String::new()));
        let theory = Theory::declare("T", CATEGORY).unwrap();
        let signature = Signature::of(&theory).unwrap();
        let eq = &theory.eqs[2];
        let context = signature.context(&eq.lhs, &eq.rhs).unwrap();
        assert_eq!(context["g"].to_string(), "Hom(x, y)");
        assert_eq!(signature.infer(&eq.lhs, &context).unwrap().to_string(), "Hom(w, z)");
    }

    #[test]
    fn what_is_ill_typed_is_told_with_its_place() {
        let refused = |lines: &str, code: &str, path: &str| {
            assert_eq!(check(lines), (check(lines).0, path.to_owned()), "{lines}");
            assert_eq!(check(lines).0, code, "{lines}");
        };
        refused("sort A\nsort A", "duplicate-sort", "sorts.A");
        refused("op f() A", "unknown-sort", "ops.f.output");
        refused("sort A\nop f(x B) A", "unknown-sort", "ops.f.inputs[0]");
        refused("sort A\nop f(x A, x A) A", "duplicate-variable", "ops.f.inputs[1]");
        refused("sort A\nop f(x A) A\neq e f(x, y) = x", "arity-mismatch", "eqs.e");
        refused("sort A\nop f(x A) A\neq e g(x) = x", "unknown-op", "eqs.e");
        refused("sort A\neq e x = y", "untyped-variable", "eqs.e");
        refused(
            "sort A\nsort B\nop f(x A) B\nop g(x B) A\neq e f(f(x)) = x",
            "ill-typed-term",
            "eqs.e.lhs.args[0]",
        );
        refused("sort A\nsort B\nop f(x A) B\nop g(x A) A\neq e f(x) = g(x)", "ill-typed-equation", "eqs.e");
        refused("sort A(x B)\nsort B(y A)", "sort-cycle", "sorts.A");
        refused("sort A(x A)", "sort-cycle", "sorts.A");
        refused("sort A\nop f(x A) A\nrule r f(x) = y", "rule-variable", "directed_eqs.r.rhs");
        let hom =
            CATEGORY.replace("f Hom(x, y), g Hom(y, z)) Hom(x, z)", "f Hom(x, y), g Hom(x, z)) Hom(x, z)");
        assert_eq!(check(&hom).0, "ill-typed-term");
        refused("sort A\nsort F(x A)\nop f(x F(y)) A", "unknown-variable", "ops.f.inputs[0].args[0]");
    }

    #[test]
    fn a_family_without_index_takes_all_its_members() {
        let lines = "sort V\nsort C(v V)\nop target(c C) V\nop at(v V) C(v)\neq e target(at(v)) = v";
        assert_eq!(check(lines).0, "");
        let back =
            "sort V\nsort C(v V)\nop any() C\nop use(v V, c C(v)) V\nop v() V\neq e use(v(), any()) = v()";
        assert_eq!(check(back), ("ill-typed-term", "eqs.e.lhs.args[1]".into()));
    }

    #[test]
    fn indices_are_compared_by_the_rules() {
        let lines = "sort N\nop z() N\nop s(n N) N\nop add(a N, b N) N
            sort Vec(n N)\nop nil() Vec(z())\nop join(a N, b N, x Vec(a), y Vec(b)) Vec(add(a, b))
            rule a0 add(z(), n) = n\nrule as add(s(m), n) = s(add(m, n))
            eq e join(z(), n, nil(), v) = v";
        assert_eq!(check(lines), ("", String::new()));
        assert_eq!(check(&lines.replace("rule a0 add(z(), n) = n\n", "")).0, "ill-typed-equation");
    }
}
