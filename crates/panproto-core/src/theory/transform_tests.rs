//! Changes of theories, one by one, and what they leave of equations, rules and policies.

use super::*;
use crate::limits::Limits;
use crate::value::Tree;

/// Two sorts of one kind with an operation between them, a sort of values, a rule and a policy.
const BASE: &str = r#"{"name":"Th","sorts":["A","B",{"name":"Age","kind":{"Val":"Int"}}],
    "ops":[{"name":"f","inputs":[["x","A"]],"output":"B"},{"name":"g","inputs":[["y","B"]],"output":"A"},
        {"name":"age","inputs":[["x","A"]],"output":"Age"}],
    "eqs":[{"name":"back","lhs":{"App":{"op":"g","args":[{"App":{"op":"f","args":[{"Var":"x"}]}}]}},"rhs":{"Var":"x"}}],
    "directed_eqs":[{"name":"forth","lhs":{"App":{"op":"f","args":[{"App":{"op":"g","args":[{"Var":"y"}]}}]}},
        "rhs":{"Var":"y"},"impl_term":{"Var":"v"}}],
    "policies":[{"name":"p","value_kind":"Int","strategy":{"Custom":"left + right"}}]}"#;

fn base() -> Theory {
    Theory::parse(BASE.as_bytes(), &Limits::DEFAULT).unwrap()
}

fn transform(text: &str) -> Result<TheoryTransform> {
    let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
    TheoryTransform::from_json(tree.root())
}

/// The theory after a change that comes back from its JSON.
fn changed(text: &str) -> Result<Theory> {
    let read = transform(text).unwrap();
    assert_eq!(transform(&read.to_json()).unwrap(), read, "{text}");
    read.apply(&base(), &mut Budget::default())
}

fn refused(text: &str) -> (&'static str, String) {
    let error = changed(text).unwrap_err();
    (error.code, error.path.unwrap_or_default())
}

#[test]
fn merged_sorts_are_one_wherever_they_are_used() {
    let theory = changed(
        r#"{"MergeSorts":{"sort_a":"A","sort_b":"B","merged_name":"C","merger_expr":{"Var":"left"}}}"#,
    )
    .unwrap();
    let sorts: Vec<&str> = theory.sorts.iter().map(|sort| sort.name.as_str()).collect();
    assert_eq!(sorts, ["Age", "C"]);
    for (op, input, output) in [("f", "C", "C"), ("g", "C", "C"), ("age", "C", "Age")] {
        let op = theory.op(op).unwrap();
        assert_eq!((op.inputs[0].sort.name.as_str(), op.output.name.as_str()), (input, output));
    }
    // Equations stay, and are well typed over the one sort.
    assert_eq!((theory.eqs.len(), theory.directed_eqs.len(), theory.policies.len()), (1, 1, 1));
    let merge = |a: &str, b: &str, to: &str| {
        format!(
            r#"{{"MergeSorts":{{"sort_a":"{a}","sort_b":"{b}","merged_name":"{to}","merger_expr":"left"}}}}"#
        )
    };
    assert_eq!(refused(&merge("A", "Age", "C")), ("merge-kinds", "sorts.Age".to_owned()));
    assert_eq!(refused(&merge("A", "Z", "C")), ("unknown-sort", "sorts.Z".to_owned()));
    assert_eq!(refused(&merge("A", "B", "Age")), ("duplicate-sort", "sorts.Age".to_owned()));
    // A sort may keep the name of one of the two.
    assert!(changed(&merge("A", "B", "A")).unwrap().has_sort("A"));
}

#[test]
fn a_coerced_sort_has_values_of_another_kind() {
    let coerce = |sort: &str, expr: &str| {
        format!(
            r#"{{"CoerceSort":{{"sort_name":"{sort}","target_kind":"Str","coercion_expr":{expr},
                "inverse_expr":"str_to_int v","coercion_class":"Retraction"}}}}"#
        )
    };
    let theory = changed(&coerce("Age", r#"{"Builtin":["IntToStr",[{"Var":"v"}]]}"#)).unwrap();
    let kind = |theory: &Theory| theory.sorts.iter().find(|sort| sort.name == "Age").unwrap().kind;
    assert_eq!(
        (kind(&base()), kind(&theory)),
        (SortKind::Val(ValueKind::Int), SortKind::Val(ValueKind::Str))
    );
    // Nothing else changes.
    assert_eq!((theory.ops, theory.eqs), (base().ops, base().eqs));
    assert_eq!(refused(&coerce("Z", r#""v""#)), ("unknown-sort", "sorts.Z".to_owned()));
    // What was there of the old kind is not there of the new one.
    let holds = |theory: &Theory, kind| TheoryConstraint::HasValSort(kind).holds(theory);
    let after = changed(&coerce("Age", r#""int_to_str v""#)).unwrap();
    assert!(
        holds(&base(), ValueKind::Int) && !holds(&after, ValueKind::Int) && holds(&after, ValueKind::Str)
    );
}

#[test]
fn a_pullback_keeps_what_the_morphism_reaches_under_its_names() {
    let pullback = |sorts: &str, ops: &str| {
        format!(
            r#"{{"Pullback":{{"name":"m","domain":"Own","codomain":"Th","sort_map":{sorts},"op_map":{ops}}}}}"#
        )
    };
    let theory = changed(&pullback(r#"{"Doc":"A","Page":"B"}"#, r#"{"first":"f","of":"g"}"#)).unwrap();
    let sorts: Vec<&str> = theory.sorts.iter().map(|sort| sort.name.as_str()).collect();
    assert_eq!(sorts, ["Doc", "Page"]);
    let first = theory.op("first").unwrap();
    assert_eq!((first.inputs[0].sort.name.as_str(), first.output.name.as_str()), ("Doc", "Page"));
    assert_eq!(theory.eqs[0].lhs.to_string(), "of(first(x))");
    assert_eq!((theory.directed_eqs.len(), theory.op("age")), (1, None));
    // An operation that is reached and whose sorts are not goes, and equations over it go with it.
    let less = changed(&pullback(r#"{"Doc":"A"}"#, r#"{"first":"f","of":"g"}"#)).unwrap();
    assert_eq!((less.ops.len(), less.eqs.len()), (0, 0));
    assert_eq!(
        refused(&pullback(r#"{"Doc":"A","Other":"A"}"#, "{}")),
        ("pullback-ambiguous", "sort_map.Other".to_owned())
    );
}

#[test]
fn a_policy_is_asked_for_by_its_kind() {
    let has = |kind| TheoryConstraint::HasPolicy(kind);
    assert!(has(ValueKind::Int).holds(&base()));
    assert!(!has(ValueKind::Str).holds(&base()));
    assert_eq!(has(ValueKind::Str).reasons(&base()), ["theory `Th` has no policy for values of kind `Str`"]);
    assert_eq!(has(ValueKind::Int).reasons(&base()), [""; 0]);
    let text = r#"{"name":"e","precondition":{"HasPolicy":"Str"},"transform":{"DropOp":"age"}}"#;
    let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
    let endofunctor = TheoryEndofunctor::from_json(tree.root()).unwrap();
    assert_eq!(endofunctor.to_json(), text);
    let error = endofunctor.apply(&base(), &mut Budget::default()).unwrap_err();
    assert_eq!(error.code, "precondition");
    let text = text.replace("Str", "Int");
    let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
    let after = TheoryEndofunctor::from_json(tree.root()).unwrap().apply(&base(), &mut Budget::default());
    assert_eq!(after.unwrap().op("age"), None);
}

#[test]
fn expressions_are_read_where_they_stand() {
    let check = |text: &str, code: &str, path: &str, place: &str| {
        let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        let error = match text.contains("\"sorts\"") {
            true => Theory::parse(text.as_bytes(), &Limits::DEFAULT).unwrap_err(),
            false => TheoryTransform::from_json(tree.root()).unwrap_err(),
        };
        assert_eq!((error.code, error.path.as_deref()), (code, Some(path)), "{error}");
        let span = error.span.unwrap();
        assert_eq!(&text[span.start as usize..span.end as usize], place);
    };
    let theory = |from: &str, to: &str| BASE.replace(from, to);
    check(&theory(r#"{"Var":"v"}"#, r#""v +""#), "expr-syntax", "impl_term", r#""v +""#);
    check(&theory(r#"{"Var":"v"}"#, "7"), "invalid-theory", "impl_term", "7");
    check(
        &theory(r#""left + right""#, r#""left + \"a\"""#),
        "expr-type-mismatch",
        "Custom",
        r#""left + \"a\"""#,
    );
    let unknown = r#"{"Builtin":["Fly",[]]}"#;
    let merge = format!(
        r#"{{"MergeSorts":{{"sort_a":"A","sort_b":"B","merged_name":"C","merger_expr":{unknown}}}}}"#
    );
    let error = transform(&merge).unwrap_err();
    assert_eq!((error.path.as_deref(), error.span.is_some()), (Some("merger_expr"), true), "{error}");
    // A theory and a change that were made otherwise are held to the same.
    let mut theory = base();
    theory.directed_eqs[0].inverse = Some(Json::string("1 +"));
    let error = crate::theory::Signature::check(&theory, &mut Budget::default()).unwrap_err();
    assert_eq!((error.code, error.path.as_deref()), ("expr-syntax", Some("directed_eqs.forth.inverse")));
    let add = TheoryTransform::AddSortWithDefault {
        sort: Sort::plain("New"),
        vertex_kind: None,
        default_expr: Json::string("[1, "),
    };
    let error = add.apply(&base(), &mut Budget::default()).unwrap_err();
    assert_eq!((error.code, error.path.as_deref()), ("expr-syntax", Some("sorts.New.default_expr")));
}
