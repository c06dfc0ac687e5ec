//! Laws of theories and of their models, over random small ones. `PROPTEST_CASES` says how many.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use panproto_core::language::{self, Options};
use panproto_core::limits::Budget;
use panproto_core::name::Name;
use panproto_core::schema::model_of;
use panproto_core::theory::{
    Carrier, Decision, Equation, MOST_ASSIGNMENTS, Model, ModelValue, Operation, Prover, Signature, Sort,
    SortExpr, SortParam, Term, Theory, TheoryMorphism, apply_all, builtin, check_rewriting,
    count_homomorphisms, delta, factorize, normalize, pi, pullback, pushout, same_parts, sigma,
};
use panproto_testkit::corpus;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

fn budget() -> Budget {
    Budget::default()
}

/// A theory of sorts, and of operations of one input.
fn unary(name: &str, prefix: &str, sorts: usize, arrows: &[(usize, usize)]) -> Theory {
    let mut theory = Theory::new(name);
    theory.sorts = (0..sorts).map(|at| Sort::plain(format!("{prefix}{at}"))).collect();
    theory.ops = arrows
        .iter()
        .enumerate()
        .map(|(at, (from, to))| Operation {
            name: format!("{prefix}f{at}").into(),
            inputs: vec![SortParam {
                name: "x".into(),
                sort: SortExpr::plain(format!("{prefix}{}", from % sorts)),
            }],
            output: SortExpr::plain(format!("{prefix}{}", to % sorts)),
        })
        .collect();
    theory
}

/// Arrows that only lead onwards, so that there are finitely many ways.
fn onwards(sorts: usize, arrows: &[(usize, usize)]) -> Vec<(usize, usize)> {
    arrows
        .iter()
        .map(|(a, b)| (a % sorts, b % sorts))
        .filter(|(a, b)| a != b)
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect()
}

/// A theory that a random morphism leads into: each of its sorts is an image or new, each arrow has images of its
/// ends.
fn over(
    domain: &Theory,
    name: &str,
    images: &[usize],
    sorts: usize,
    extra: &[(usize, usize)],
) -> (Theory, TheoryMorphism) {
    let image = |at: usize| images[at] % sorts;
    let place = |name: &str| name[1..].parse::<usize>().unwrap();
    let mut arrows: Vec<(usize, usize)> = domain
        .ops
        .iter()
        .map(|op| (image(place(&op.inputs[0].sort.name)), image(place(&op.output.name))))
        .collect();
    let own = arrows.len();
    arrows.extend(extra.iter().map(|(a, b)| (a % sorts, b % sorts)));
    let codomain = unary(name, &name.to_lowercase(), sorts, &arrows);
    let morphism = TheoryMorphism {
        name: format!("to {name}").into(),
        domain: domain.name.clone(),
        codomain: codomain.name.clone(),
        sort_map: (0..domain.sorts.len())
            .map(|at| (domain.sorts[at].name.clone(), codomain.sorts[image(at)].name.clone()))
            .collect(),
        op_map: (0..own).map(|at| (domain.ops[at].name.clone(), codomain.ops[at].name.clone())).collect(),
    };
    (codomain, morphism)
}

/// A random model of a theory without equations.
fn model(theory: &Theory, counts: &[usize], values: &[usize]) -> Model {
    let mut model = Model { theory: theory.name.clone(), ..Model::default() };
    let count = |at: usize| counts[at % counts.len()];
    // An arrow from elements needs a target: where the next set is empty, so is this one.
    let mut sizes: Vec<usize> = (0..theory.sorts.len()).map(count).collect();
    let place = |name: &Name| theory.sorts.iter().position(|sort| sort.name == *name).unwrap();
    loop {
        let before = sizes.clone();
        for op in &theory.ops {
            if sizes[place(&op.output.name)] == 0 {
                sizes[place(&op.inputs[0].sort.name)] = 0;
            }
        }
        if sizes == before {
            break;
        }
    }
    for (sort, size) in theory.sorts.iter().zip(&sizes) {
        let values = (0..*size as i64).map(ModelValue::Int).collect();
        model.sorts.insert(sort.name.clone(), Carrier { values, params: Vec::new() });
    }
    let mut next = 0;
    for op in &theory.ops {
        let (from, to) = (sizes[place(&op.inputs[0].sort.name)], sizes[place(&op.output.name)]);
        let table = (0..from as u32).map(|element| {
            next += 1;
            (vec![element], (values[next % values.len()] % to) as u32)
        });
        model.ops.insert(op.name.clone(), table.collect());
    }
    model
}

fn pairs(most: usize) -> impl Strategy<Value = Vec<(usize, usize)>> {
    proptest::collection::vec((0..10usize, 0..10usize), 0..=most)
}

fn numbers(len: usize) -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..10usize, len)
}

proptest! {
    // Schemas with loops are drawn and thrown away.
    #![proptest_config(ProptestConfig { max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn pushouts_commute_and_mediate_to_themselves(
        sorts in 1..4usize, arrows in pairs(3), left in numbers(4), right in numbers(4), extra in pairs(2),
        (a, b) in (1..4usize, 1..4usize),
    ) {
        let shared = unary("S", "s", sorts, &arrows);
        let (one, f) = over(&shared, "A", &left, a, &extra);
        let (two, g) = over(&shared, "B", &right, b, &extra);
        let found = pushout(&one, &two, &f, &g, &mut budget()).unwrap();
        prop_assert!(found.commutes(&f, &g).unwrap());
        let signature = Signature::check(&found.theory, &mut budget()).unwrap();
        for (leg, end) in [(&found.left, &one), (&found.right, &two)] {
            leg.check(&Signature::of(end).unwrap(), &signature, &mut budget()).unwrap();
        }
        let through = found.mediate(&found.left, &found.right, &signature, &mut budget()).unwrap();
        prop_assert!(through.same_maps(&TheoryMorphism::identity(&found.theory)));
    }

    #[test]
    fn pullbacks_commute_and_mediate_to_themselves(
        (a, b, c) in (1..4usize, 1..4usize, 1..3usize), arrows in (pairs(3), pairs(3)), images in (numbers(4), numbers(4)),
    ) {
        let (one, two) = (unary("A", "a", a, &arrows.0), unary("B", "b", b, &arrows.1));
        // Both lead into one theory: that of all images together.
        let (first, f) = over(&one, "C", &images.0, c, &[]);
        let (second, mut g) = over(&two, "C", &images.1, c, &[]);
        let mut end = first.clone();
        for (at, op) in second.ops.iter().enumerate() {
            let name: Name = format!("cg{at}").into();
            g.op_map.insert(two.ops[at].name.clone(), name.clone());
            end.ops.push(Operation { name, ..op.clone() });
        }
        let found = pullback(&one, &two, &f, &g, &mut budget()).unwrap();
        prop_assert!(found.commutes(&f, &g).unwrap());
        let signature = Signature::check(&found.theory, &mut budget()).unwrap();
        let through = found.mediate(&found.left, &found.right, &signature, &mut budget()).unwrap();
        prop_assert!(through.same_maps(&TheoryMorphism::identity(&found.theory)));
    }

    #[test]
    fn factors_make_the_codomain(
        sorts in 1..5usize, arrows in pairs(4), images in numbers(5), target in 1..5usize, extra in pairs(3),
    ) {
        let domain = unary("A", "a", sorts, &arrows);
        let (codomain, along) = over(&domain, "B", &images, target, &extra);
        let steps = factorize(&along, &domain, &codomain, &mut budget()).unwrap();
        let changes: Vec<_> = steps.iter().map(|step| step.transform.clone()).collect();
        prop_assert!(same_parts(&apply_all(&changes, &domain, &mut budget()).unwrap(), &codomain));
        // One by one, each under its condition, to the same end.
        let mut theory = domain;
        for step in &steps {
            theory = step.apply(&theory, &mut budget()).unwrap();
        }
        prop_assert!(same_parts(&theory, &codomain));
    }

    #[test]
    fn renames_in_rings_are_split(order in Just(vec![0, 1, 2, 3, 4]).prop_shuffle()) {
        let theory = unary("A", "a", 5, &[(0, 1), (1, 2), (3, 4)]);
        let sort = |at: usize| Name::from(format!("a{at}"));
        let mut along = TheoryMorphism::identity(&theory);
        along.sort_map = (0..5).map(|at| (sort(at), sort(order[at]))).collect();
        let mut turned = theory.clone();
        for op in &mut turned.ops {
            op.inputs[0].sort.name = along.sort_map[&op.inputs[0].sort.name].clone();
            op.output.name = along.sort_map[&op.output.name].clone();
        }
        factorize(&along, &theory, &turned, &mut budget()).unwrap();
    }

    #[test]
    fn restriction_is_a_functor(
        sorts in 1..4usize, arrows in pairs(3), images in (numbers(4), numbers(4)), (b, c) in (1..4usize, 1..4usize),
        counts in proptest::collection::vec(0..4usize, 4), values in numbers(20),
    ) {
        let one = unary("A", "a", sorts, &arrows);
        let (two, f) = over(&one, "B", &images.0, b, &[(0, 1)]);
        let (three, g) = over(&two, "C", &images.1, c, &[(1, 0)]);
        let given = model(&three, &counts, &values);
        let both = f.then(&g).unwrap();
        both.check(&Signature::of(&one).unwrap(), &Signature::of(&three).unwrap(), &mut budget()).unwrap();
        let mut once = delta(&both, &given).unwrap();
        let twice = delta(&f, &delta(&g, &given).unwrap()).unwrap();
        once.theory = twice.theory.clone();
        prop_assert_eq!(&once, &twice);
        prop_assert_eq!(once.check(&Signature::of(&one).unwrap(), MOST_ASSIGNMENTS, &mut budget()).unwrap(), []);
    }

    #[test]
    fn extension_restriction_and_families_are_adjoint(
        sorts in 1..3usize, arrows in pairs(2), images in numbers(3), target in 1..4usize, extra in pairs(2),
        counts in (proptest::collection::vec(0..3usize, 3), proptest::collection::vec(0..3usize, 3)), values in (numbers(9), numbers(9)),
    ) {
        // The codomain's arrows lead onwards only, so that its free models are finite.
        let domain = unary("A", "a", sorts, &onwards(sorts, &arrows));
        let mut sorted = images;
        sorted.iter_mut().for_each(|image| *image %= target);
        sorted.sort_unstable();
        let (codomain, along) = over(&domain, "B", &sorted, target, &onwards(target, &extra));
        let loops = codomain.ops.iter().any(|op| op.inputs[0].sort == op.output);
        prop_assume!(!loops);
        let (from, to) = (Signature::of(&domain).unwrap(), Signature::of(&codomain).unwrap());
        let (small, large) = (model(&domain, &counts.0, &values.0), model(&codomain, &counts.1, &values.1));
        let extended = sigma(&along, &small, &from, &to, 500, &mut budget()).unwrap();
        prop_assert_eq!(extended.model.check(&to, MOST_ASSIGNMENTS, &mut budget()).unwrap(), []);
        let families = pi(&along, &small, &from, &to, 20_000, &mut budget());
        prop_assume!(families.is_ok());
        let families = families.unwrap();
        prop_assert_eq!(families.model.check(&to, MOST_ASSIGNMENTS, &mut budget()).unwrap(), []);
        let restricted = delta(&along, &large).unwrap();
        let count = |signature: &Signature<'_>, one: &Model, two: &Model| {
            count_homomorphisms(signature, one, two, 1_000_000, &mut budget()).unwrap()
        };
        prop_assert_eq!(count(&to, &extended.model, &large), count(&from, &small, &restricted));
        prop_assert_eq!(count(&from, &restricted, &small), count(&to, &large, &families.model));
        // Unit and counit keep the operations.
        for op in &domain.ops {
            let (source, end) = (&op.inputs[0].sort.name, &op.output.name);
            for (args, result) in &small.ops[&op.name] {
                let image = extended.model.ops[&along.op_map[&op.name]][&vec![extended.unit[source][args[0] as usize]]];
                prop_assert_eq!(image, extended.unit[end][*result as usize]);
            }
            for (args, result) in &families.model.ops[&along.op_map[&op.name]] {
                let there = small.ops[&op.name][&vec![families.counit[source][args[0] as usize]]];
                prop_assert_eq!(there, families.counit[end][*result as usize]);
            }
        }
    }

    #[test]
    fn normal_forms_are_final_and_proved(term in monoid_term(4)) {
        let theory = monoid();
        let (normal, witness) = normalize(&theory, &term, 10_000, &mut budget()).unwrap();
        witness.check(&theory, &term, &normal).unwrap();
        let (again, _) = normalize(&theory, &normal, 10_000, &mut budget()).unwrap();
        prop_assert_eq!(again, normal);
    }

    #[test]
    fn decisions_agree_with_words(one in monoid_term(3), two in monoid_term(3)) {
        fn word(term: &Term, into: &mut Vec<Name>) {
            match term {
                Term::Var(name) => into.push(name.clone()),
                Term::App { args, .. } => args.iter().for_each(|arg| word(arg, into)),
            }
        }
        let mut theory = monoid();
        // As equations: the prover has to find the directions itself.
        theory.eqs = theory
            .directed_eqs
            .drain(..)
            .map(|eq| Equation { name: eq.name, lhs: eq.lhs, rhs: eq.rhs })
            .collect();
        let signature = Signature::check(&theory, &mut budget()).unwrap();
        let (mut a, mut b) = (Vec::new(), Vec::new());
        word(&one, &mut a);
        word(&two, &mut b);
        prop_assume!(!matches!((&one, &two), (Term::Var(_), Term::Var(_))));
        match Prover::new(&signature).decide(&one, &two, &mut budget()).unwrap() {
            Decision::Proved(witness) => {
                prop_assert_eq!(a, b);
                witness.check(&theory, &one, &two).unwrap();
            }
            Decision::Refuted(_) => prop_assert_ne!(a, b),
            Decision::Unknown => prop_assert!(false, "monoids are decidable"),
        }
    }
}

/// One case of proofs in groups for as many of the others: each may look at thousands of terms.
const RARE: u32 = 20;

#[test]
fn proofs_in_groups_are_checked() {
    let asked = ProptestConfig::default();
    let cases = (asked.cases / RARE).max(1);
    let config = ProptestConfig { cases, source_file: Some(file!()), ..asked };
    let checked = TestRunner::new(config)
        .run(&(group_term(2), group_term(2)), |(one, two)| proof_in_a_group(&one, &two));
    checked.unwrap();
}

fn proof_in_a_group(one: &Term, two: &Term) -> Result<(), TestCaseError> {
    let lines = "sort G\nop e() G\nop i(a G) G\nop m(a G, b G) G\neq l m(e(), x) = x
        eq inv m(i(x), x) = e()\neq assoc m(m(x, y), z) = m(x, m(y, z))";
    let theory = Theory::declare("G", lines).unwrap();
    let signature = Signature::check(&theory, &mut budget()).unwrap();
    prop_assume!(!matches!((one, two), (Term::Var(_), Term::Var(_))));
    // Sums over integers are a group: what is proved has equal sums, whatever the variables are.
    fn sum(term: &Term, sign: i64, into: &mut BTreeMap<Name, i64>) {
        match term {
            Term::Var(name) => *into.entry(name.clone()).or_default() += sign,
            Term::App { op, args } => {
                let sign = if *op == *"i" { -sign } else { sign };
                args.iter().for_each(|arg| sum(arg, sign, into));
            }
        }
    }
    let sums = [one, two].map(|term| {
        let mut found = BTreeMap::new();
        sum(term, 1, &mut found);
        found.retain(|_, count| *count != 0);
        found
    });
    match Prover::new(&signature).decide(one, two, &mut budget()).unwrap() {
        Decision::Proved(witness) => {
            prop_assert_eq!(&sums[0], &sums[1]);
            witness.check(&theory, one, two).unwrap();
        }
        Decision::Refuted(_) => prop_assert_ne!(one, two),
        Decision::Unknown => {}
    }
    Ok(())
}

fn monoid() -> Theory {
    Theory::declare(
        "M",
        "sort M\nop e() M\nop m(a M, b M) M\nrule l m(e(), x) = x\nrule r m(x, e()) = x\nrule a m(m(x, y), z) = m(x, m(y, z))",
    )
    .unwrap()
}

fn monoid_term(depth: u32) -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![Just(Term::app("e", [])), Just(Term::var("x")), Just(Term::var("y"))];
    leaf.prop_recursive(depth, 16, 2, |inner| {
        (inner.clone(), inner).prop_map(|(a, b)| Term::app("m", [a, b]))
    })
}

fn group_term(depth: u32) -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![Just(Term::app("e", [])), Just(Term::var("x")), Just(Term::var("y"))];
    leaf.prop_recursive(depth, 6, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Term::app("i", [a])),
            (inner.clone(), inner).prop_map(|(a, b)| Term::app("m", [a, b]))
        ]
    })
}

#[test]
fn the_monoid_is_complete() {
    assert!(check_rewriting(&monoid(), &mut budget()).unwrap().is_complete());
}

#[test]
fn every_lexicon_is_a_model_of_its_theory() {
    let Some(files) = corpus::lexicons() else { return };
    let theory = builtin::schema_theory("atproto").unwrap();
    let signature = Signature::check(&theory, &mut budget()).unwrap();
    let texts: Vec<&[u8]> = files.iter().map(|(_, text)| text.as_slice()).collect();
    let check = |what: &str, texts: &[&[u8]]| {
        let schema = language::parse("lexicon", texts, &Options::default(), &mut budget()).schema.unwrap();
        let model = model_of(&schema, &theory, &mut budget()).unwrap();
        assert_eq!(model.sorts["Vertex"].values.len(), schema.len(), "{what}");
        assert_eq!(model.sorts["Edge"].values.len(), schema.edges().count(), "{what}");
        assert_eq!(model.check(&signature, MOST_ASSIGNMENTS, &mut budget()).unwrap(), [], "{what}");
    };
    check("all", &texts);
    for (path, text) in &files {
        check(&path.display().to_string(), &[text]);
    }
}

#[test]
fn work_grows_with_the_size_of_a_theory_and_not_with_its_square() {
    let steps = |sorts: usize| {
        let arrows: Vec<(usize, usize)> = (1..sorts).map(|at| (at - 1, at)).collect();
        let theory = unary("A", "a", sorts, &arrows);
        let images: Vec<usize> = (0..sorts).collect();
        let (codomain, along) = over(&theory, "B", &images, sorts, &[]);
        let budget = &mut budget();
        let (from, to) =
            (Signature::check(&theory, budget).unwrap(), Signature::check(&codomain, budget).unwrap());
        along.check(&from, &to, budget).unwrap();
        pushout(&theory, &codomain, &TheoryMorphism::identity(&theory), &along, budget).unwrap();
        factorize(&along, &theory, &codomain, budget).unwrap();
        budget.spent()
    };
    let (small, large) = (steps(100), steps(1000));
    assert!(large < small * 12, "{small} steps for 100 sorts, {large} for 1,000");
}
