use super::*;
use crate::limits::Limits;
use crate::name::Name;
use crate::schema::{Constraint, EdgeKind, HyperEdge, SchemaBuilder, Sort};
use crate::value::Json;

type Build<'b> = &'b dyn Fn(&mut SchemaBuilder, VertexId);

fn schema(build: Build<'_>) -> Arc<Schema> {
    let mut builder = SchemaBuilder::new("kv");
    let root = builder.vertex("user", Kind::Object);
    builder.root("main", root, crate::schema::Role::Value);
    build(&mut builder, root);
    Arc::new(builder.finish().unwrap())
}

fn field(builder: &mut SchemaBuilder, root: VertexId, name: &str, kind: Kind) -> VertexId {
    let field = builder.vertex(&format!("user.{name}"), kind);
    builder.edge(root, field, EdgeKind::Prop, Some(name));
    field
}

/// The wire form and the path of each fault.
fn faults(old: &Arc<Schema>, new: &Arc<Schema>, mapping: &str) -> Vec<(String, String)> {
    let mapping = Mapping::parse(mapping.as_bytes(), &Limits::DEFAULT).unwrap();
    let report = check(old, new, &mapping, Conditions::ALL);
    assert!(report.findings.iter().all(|finding| !finding.code.is_empty()));
    report.findings.iter().map(|finding| (finding.error.to_json(), finding.path.clone())).collect()
}

fn only(old: &Arc<Schema>, new: &Arc<Schema>, mapping: &str, error: &str, path: &str) {
    assert_eq!(faults(old, new, mapping), [(error.to_owned(), path.to_owned())]);
}

fn mail(kind: Kind, bound: Option<&str>) -> Arc<Schema> {
    schema(&|builder, root| {
        let mail = field(builder, root, "mail", kind.clone());
        if let Some(bound) = bound {
            let bound = Constraint::new(Sort::MaxLength, Json::parse(bound).unwrap());
            builder.vertex_mut(mail).constraints.push(bound);
        }
    })
}

const BOTH: &str = r#"{"vertex_map": {"user": "user", "user.mail": "user.mail"}}"#;

#[test]
fn a_mapping_that_keeps_everything_is_valid() {
    let user = mail(Kind::String, Some("120"));
    let mapping = Mapping::parse(BOTH.as_bytes(), &Limits::DEFAULT).unwrap();
    let report = check(&user, &user, &mapping, Conditions::ALL);
    assert_eq!(report.to_json(), r#"{"valid":true,"errors":[]}"#);
}

#[test]
fn edge_missing() {
    let user = mail(Kind::String, None);
    let text = r#"{"vertex_map": {"user": "user", "user.mail": "user.mail"},
        "edge_map": [[["user","user.mail","prop","post"],["user","user.mail","prop","mail"]]]}"#;
    only(&user, &user, text, r#"{"EdgeMissing":{"src":"user","tgt":"user.mail","kind":"prop"}}"#, "user");
}

#[test]
fn kind_inconsistency_and_what_mends_it() {
    let (old, new) = (mail(Kind::Boolean, None), mail(Kind::String, None));
    let error = r#"{"KindInconsistency":{"kind":"boolean","targets":["string"]}}"#;
    assert_eq!(faults(&old, &new, BOTH)[0], (error.to_owned(), "mail".to_owned()));
    let with = r#"{"vertex_map": {"user": "user", "user.mail": "user.mail"},
        "coercions": [[["boolean","string"],{"forward":{"Var":"v"}}]]}"#;
    let faults = faults(&old, &new, with);
    assert!(faults.iter().all(|(error, _)| !error.contains("KindInconsistency")), "{faults:?}");
    // What the engine converts by itself is no fault: the view has `"3"`, not `3`.
    only_valid(&mail(Kind::Integer, None), &new);
}

fn only_valid(old: &Arc<Schema>, new: &Arc<Schema>) {
    assert_eq!(faults(old, new, BOTH), []);
}

#[test]
fn label_inconsistency() {
    let old = schema(&|builder, root| {
        field(builder, root, "a", Kind::String);
    });
    let new = schema(&|builder, root| {
        field(builder, root, "b", Kind::String);
        field(builder, root, "c", Kind::String);
    });
    let text = r#"{"vertex_map": {"user": "user"}, "edge_map": [
        [["user","user.a","prop","a"],["user","user.b","prop","b"]],
        [["user","user.a","prop","a"],["user","user.c","prop","c"]]]}"#;
    only(&old, &new, text, r#"{"LabelInconsistency":{"label":"a","targets":["b","c"]}}"#, "user");
}

#[test]
fn required_field_missing_unless_filled() {
    let old = schema(&|_, _| ());
    let new = |default: Option<&str>| {
        schema(&|builder, root| {
            let age = builder.vertex("user.age", Kind::Integer);
            builder.vertex_mut(age).default = default.map(|text| Json::parse(text).unwrap());
            builder.edge(root, age, EdgeKind::Prop, Some("age")).required = true;
        })
    };
    let text = r#"{"vertex_map": {"user": "user"}}"#;
    only(&old, &new(None), text, r#"{"RequiredFieldMissing":{"vertex":"user","field":"age"}}"#, "age");
    assert_eq!(faults(&old, &new(Some("0")), text), []);
}

#[test]
fn constraint_tightened_by_value() {
    let check =
        |old: &str, new: &str| faults(&mail(Kind::String, Some(old)), &mail(Kind::String, Some(new)), BOTH);
    let error =
        r#"{"ConstraintTightened":{"vertex":"user.mail","sort":"maxLength","src_val":"120","tgt_val":"80"}}"#;
    assert_eq!(check("120", "80"), [(error.to_owned(), "mail".to_owned())]);
    assert_eq!(check("80", "120"), []);
    // 120 is 1.2e2.
    assert_eq!(check("120", "1.2e2"), []);
    let added = faults(&mail(Kind::String, None), &mail(Kind::String, Some("9")), BOTH);
    assert!(added[0].0.contains(r#""src_val":"""#), "{added:?}");
}

#[test]
fn resolver_invalid() {
    let user = mail(Kind::String, None);
    let text = r#"{"vertex_map": {"user": "user", "user.mail": "user.mail"},
        "resolver": [[["user.mail","user"],["user","user.mail","prop","mail"]]]}"#;
    only(&user, &user, text, r#"{"ResolverInvalid":{"pair":["user.mail","user"]}}"#, "user.mail");
    let text = r#"{"vertex_map": {"user": "user", "user.mail": "user.mail"},
        "expr_resolvers": [[["user","user.mail"],{"Var":"x"}]]}"#;
    only(&user, &user, text, r#"{"ResolverInvalid":{"pair":["user","user.mail"]}}"#, "user");
}

#[test]
fn well_formedness() {
    let user = mail(Kind::String, None);
    let text = r#"{"vertex_map": {"user": "nobody"}}"#;
    let error = r#"{"WellFormedness":{"message":"the target schema has no vertex `nobody`"}}"#;
    only(&user, &user, text, error, "nobody");
}

#[test]
fn arms_order_and_recursion() {
    let union = |arms: &'static [&'static str]| {
        schema(&|builder, root| {
            let union = field(builder, root, "embed", Kind::Union);
            for arm in arms {
                let vertex = builder.vertex(arm, Kind::String);
                builder.edge(union, vertex, EdgeKind::Variant, Some(arm));
            }
        })
    };
    let text = r#"{"vertex_map": {"user": "user", "user.embed": "user.embed"}}"#;
    let error = r#"{"WellFormedness":{"message":"the arm `b` of the union is gone"}}"#;
    only(&union(&["a", "b"]), &union(&["a"]), text, error, "embed");

    let list = |prefix: bool| {
        schema(&|builder, root| {
            let list = field(builder, root, "point", Kind::Array);
            let item = builder.vertex("user.point[]", Kind::Number);
            let kind = if prefix { EdgeKind::Prefix } else { EdgeKind::Items };
            builder.edge(list, item, kind, None);
        })
    };
    let text = r#"{"vertex_map": {"user": "user", "user.point": "user.point"}}"#;
    let found = faults(&list(true), &list(false), text);
    assert!(found[0].0.contains("items with a place of their own"), "{found:?}");
    assert_eq!(faults(&list(true), &list(true), text), []);

    let tree = |recursive: bool| {
        schema(&|builder, root| {
            let child = builder.vertex("user.child", if recursive { Kind::Ref } else { Kind::Object });
            builder.edge(root, child, EdgeKind::Prop, Some("child"));
            if recursive {
                builder.edge(child, root, EdgeKind::Ref, None);
            }
        })
    };
    let text = r#"{"vertex_map": {"user": "user"}}"#;
    let found = faults(&tree(true), &tree(false), text);
    assert!(found[0].0.contains("leads back to itself"), "{found:?}");
}

fn meeting(labels: &[(&str, &str)]) -> Arc<Schema> {
    schema(&|builder, root| {
        let fields: BTreeMap<&str, VertexId> = ["host", "guest"]
            .into_iter()
            .map(|name| (name, field(builder, root, name, Kind::String)))
            .collect();
        let signature = labels.iter().map(|(label, at)| (Name::from(*label), fields[at])).collect();
        let parent = Name::from(labels[0].0);
        builder.hyper_edge(HyperEdge { id: "meeting".into(), kind: "event".into(), signature, parent });
    })
}

#[test]
fn signatures_stay_coherent_and_whole() {
    let old = meeting(&[("host", "host")]);
    let new = meeting(&[("host", "host"), ("guest", "guest")]);
    let vertices = r#""vertex_map": {"user": "user", "user.host": "user.host", "user.guest": "user.guest"}"#;
    let text = format!(r#"{{{vertices}, "hyper_edge_map": {{"meeting": "meeting"}}}}"#);
    assert_eq!(faults(&new, &new, &text), []);
    only(
        &old,
        &new,
        &text,
        r#"{"Simultaneity":{"hyper_edge":"meeting","missing_label":"guest"}}"#,
        "meeting",
    );
    let crossed = meeting(&[("host", "guest"), ("guest", "guest")]);
    let error = r#"{"SignatureCoherence":{"hyper_edge":"meeting","label":"host"}}"#;
    only(&new, &crossed, &text, error, "meeting");
    let text = format!(r#"{{{vertices}, "hyper_edge_map": {{"call": "meeting"}}}}"#);
    let error = r#"{"WellFormedness":{"message":"the source schema has no hyper-edge `call`"}}"#;
    only(&new, &new, &text, error, "call");
}

#[test]
fn reachability_risk() {
    let with_stray = |stray: bool| {
        schema(&|builder, root| {
            field(builder, root, "mail", Kind::String);
            if stray {
                builder.vertex("stray", Kind::String);
            }
        })
    };
    let text = r#"{"vertex_map": {"user": "user", "user.mail": "user.mail", "stray": "user.mail"}}"#;
    let error = r#"{"ReachabilityRisk":{"vertex":"stray","reason":"no root of the source leads to it"}}"#;
    only(&with_stray(true), &with_stray(false), text, error, "stray");
}

#[test]
fn maps_of_edges_and_vertices_agree() {
    let user = schema(&|builder, root| {
        field(builder, root, "a", Kind::String);
        field(builder, root, "b", Kind::String);
    });
    let text = r#"{"vertex_map": {"user": "user", "user.a": "user.a"},
        "edge_map": [[["user","user.a","prop","a"],["user","user.b","prop","b"]]]}"#;
    let found = faults(&user, &user, text);
    assert!(found[0].0.starts_with(r#"{"NotAMorphism":"#), "{found:?}");
}

#[test]
fn a_protocol_says_what_is_checked() {
    let spec = r#"{"name":"kv","edge_rules":[{"edge_kind":"prop","src_kinds":["object"],"tgt_kinds":[]}]}"#;
    let protocol = Protocol::parse(spec.as_bytes(), &Limits::DEFAULT).unwrap();
    let conditions = Conditions::of(&protocol);
    assert!(!conditions.constraint && !conditions.variant && !conditions.mu && conditions.node);
    for name in Protocol::BUILTIN {
        assert_eq!(Conditions::of(&Protocol::builtin(name).unwrap()), Conditions::ALL);
    }
    let (old, new) = (mail(Kind::String, Some("120")), mail(Kind::String, Some("80")));
    let mapping = Mapping::parse(BOTH.as_bytes(), &Limits::DEFAULT).unwrap();
    assert!(check(&old, &new, &mapping, conditions).valid());
}

#[test]
fn what_may_be_absent_may_stay_absent() {
    let user = |required: bool| {
        schema(&|builder, root| {
            let mail = builder.vertex("user.mail", Kind::String);
            builder.edge(root, mail, EdgeKind::Prop, Some("mail")).required = required;
        })
    };
    let error =
        r#"{"WellFormedness":{"message":"`mail` has to be there, and what becomes it may be absent"}}"#;
    only(&user(false), &user(true), BOTH, error, "mail");
    only_valid(&user(true), &user(false));
}
