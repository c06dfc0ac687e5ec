//! Chains on data, both ways: views, edited views, reasons, round trips of their JSON.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod chain;

use chain::cases::CASES;
use chain::{Engines, parse};
use panproto_core::align::{Hints, between};
use panproto_core::lens::chain::Chain;
use panproto_core::limits::Budget;
use panproto_testkit::generate::{Document, Random, evolve};

#[test]
fn steps_run_both_ways() {
    for case in CASES {
        let name = case.name;
        let schema = parse("json-schema", case.schema);
        let mut engines = Engines::of(case.chain, &schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (view, bodies) = engines.get(case.record).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(view, case.view, "{name}");
        assert_eq!(engines.put(case.view, Some(&bodies)).unwrap(), case.record, "{name}: unedited");
        let restored =
            engines.put(case.edited, Some(&bodies)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(restored, case.restored, "{name}: edited");
        let (again, _) = engines.get(&restored).unwrap();
        assert!(engines.same(case.edited, &again), "{name}: {again}");
    }
}

/// The chain of the migration that names and hints find.
fn found(old: &str, new: &str, hints: &[(&str, &str)]) -> (panproto_core::lens::chain::Found, Engines) {
    let (old, new) = (parse("json-schema", old), parse("json-schema", new));
    let fields =
        hints.iter().map(|(a, b)| ((*a).to_owned(), (!b.is_empty()).then(|| (*b).to_owned()))).collect();
    let migration =
        between(&old, &new, &Hints { fields, ..Hints::default() }, &mut Budget::default()).unwrap();
    let found = Chain::of_migration(&migration, &mut Budget::default()).unwrap();
    let target = found.chain.target(&old, &mut Budget::default()).unwrap();
    assert_eq!(found.residue.is_empty(), target.shape_digest() == new.shape_digest(), "{:?}", found.residue);
    let engines = Engines::new(&found.chain, &old).unwrap();
    (found, engines)
}

#[test]
fn a_chain_that_was_found_applies_where_the_record_is_called_otherwise() {
    let lexicon = |id: &str, name: &str| {
        let text = format!(
            r#"{{"lexicon":1,"id":"{id}","defs":{{"main":{{"type":"record","key":"tid","record":{{"type":"object",
            "properties":{{"{name}":{{"type":"string"}}}}}}}}}}}}"#
        );
        parse("atproto", &text)
    };
    let (old, new) = (lexicon("com.example.a", "text"), lexicon("com.example.a", "body"));
    let hints = Hints { fields: [("text".to_owned(), Some("body".to_owned()))].into(), ..Hints::default() };
    let migration = between(&old, &new, &hints, &mut Budget::default()).unwrap();
    let found = Chain::of_migration(&migration, &mut Budget::default()).unwrap();
    assert_eq!(found.chain.listing().trim_end(), "1. rename `text` to `body`");
    let other = lexicon("com.example.b", "text");
    assert_eq!(found.chain.check(&other, &mut Budget::default()).unwrap(), []);
}

#[test]
fn a_diff_becomes_a_chain() {
    let thing = |members: &str| format!(r#"{{"type":"object","properties":{{{members}}}}}"#);
    let (chain, mut engines) = found(
        &thing(r#""a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"},"n":{"type":"integer"}"#),
        &thing(r#""a":{"type":"string"},"c":{"type":"string"},"n":{"type":"string"}"#),
        &[("b", ""), ("n", "n")],
    );
    assert_eq!(chain.residue, Vec::<String>::new());
    // Removing one of three strings leaves the other two.
    let (view, body) = engines.get(r#"{"a":"1","b":"2","c":"3","n":4}"#).unwrap();
    assert_eq!(view, r#"{"a":"1","c":"3","n":"4"}"#);
    assert_eq!(
        engines.put(r#"{"a":"x","c":"3","n":"4"}"#, Some(&body)).unwrap(),
        r#"{"a":"x","b":"2","c":"3","n":4}"#
    );

    let name = r#""first":{"type":"string"},"last":{"type":"string"}"#;
    let (chain, mut engines) = found(&thing(name), &thing(name), &[("first", "last"), ("last", "first")]);
    assert_eq!(chain.chain.steps.len(), 3, "{}", chain.chain.listing());
    assert_eq!(engines.get(r#"{"first":"F","last":"L"}"#).unwrap().0, r#"{"last":"F","first":"L"}"#);

    let (chain, mut engines) = found(
        &thing(
            r#""x":{"type":"integer"},"y":{"type":"integer"},"s":{"type":"object","properties":{"k":{"type":"string"},"l":{"type":"string"}}}"#,
        ),
        &thing(
            r#""at":{"type":"object","properties":{"x":{"type":"integer"},"why":{"type":"integer"},"z":{"type":"integer"}}},"k":{"type":"string"},"s":{"type":"object","properties":{"l":{"type":"string","maxLength":9}}}"#,
        ),
        &[("x", "at.x"), ("y", "at.why"), ("s.k", "k")],
    );
    assert_eq!(chain.residue, Vec::<String>::new(), "{}", chain.chain.listing());
    let record = r#"{"x":1,"y":2,"s":{"k":"K","l":"L"}}"#;
    let (view, body) = engines.get(record).unwrap();
    assert_eq!(view, r#"{"at":{"x":1,"why":2},"k":"K","s":{"l":"L"}}"#);
    assert_eq!(engines.put(&view, Some(&body)).unwrap(), record);
}

#[test]
fn migrations_of_evolved_schemas_become_chains() {
    let (mut exact, mut all) = (0, 0);
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let old = Document::random(&mut random, seed % 4 == 0);
        let new = evolve(&mut random, &old);
        let (from, to) = (parse(old.language(), &old.text()), parse(old.language(), &new.document.text()));
        let fields = new.fields.iter().map(|(a, b)| (a.clone(), b.clone())).collect();
        let Ok(migration) =
            between(&from, &to, &Hints { fields, ..Hints::default() }, &mut Budget::default())
        else {
            continue;
        };
        let found = Chain::of_migration(&migration, &mut Budget::default()).unwrap();
        let target = found.chain.target(&from, &mut Budget::default()).unwrap();
        if found.residue.is_empty() {
            assert_eq!(target.shape_digest(), to.shape_digest(), "seed {seed}");
            exact += 1;
        } else {
            eprintln!("seed {seed}: {:?}", found.residue);
        }
        assert_eq!(Chain::parse(&found.chain.to_json()).unwrap(), found.chain, "seed {seed}");
        all += 1;
    }
    assert!(exact * 10 >= all * 9, "only {exact} of {all} are exact");
}

#[test]
fn chains_come_back_from_their_json() {
    for case in CASES {
        let chain = Chain::parse(case.chain).unwrap();
        let text = chain.to_json();
        let again = Chain::parse(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", case.name));
        assert_eq!(again, chain, "{}", case.name);
        assert_eq!(again.to_json(), text, "{}", case.name);
        assert_eq!(chain.listing().lines().count(), chain.steps.len());
    }
}

#[test]
fn inverse_chains_lead_back() {
    let mut inverted = Vec::new();
    for case in CASES {
        let schema = parse("json-schema", case.schema);
        let chain = Chain::parse(case.chain).unwrap();
        let Ok(back) = chain.inverse(&schema, &mut Budget::default()) else { continue };
        let target = chain.target(&schema, &mut Budget::default()).unwrap();
        if !back.check(&target, &mut Budget::default()).unwrap().is_empty() {
            // The schema comes back, and the data needs a value that only a user can give.
            continue;
        }
        inverted.push(case.name);
        // What is added stays, and what is dropped does not come back without a complement.
        if chain.spec().kind() == "Empty" && back.spec().kind() == "Empty" {
            let (view, _) = Engines::new(&chain, &schema).unwrap().get(case.record).unwrap();
            let (record, _) = Engines::new(&back, &target).unwrap().get(&view).unwrap();
            let plain = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(plain(&record), plain(case.record), "{}", case.name);
        }
    }
    for name in [
        "rename_field",
        "hoist_field keeps siblings",
        "apply_expr with its inverse",
        "fused",
        "nest_field into a new object",
    ] {
        assert!(inverted.contains(&name), "{name} has no inverse; {inverted:?} have");
    }
}

#[test]
fn what_loses_says_so_before_it_runs() {
    let of = |text: &str| Chain::parse(text).unwrap();
    let remove = of(r#"[{"step_type":"remove_field","name":"nick"}]"#);
    assert_eq!((remove.optic().as_str(), remove.cost(), remove.spec().kind()), ("lens", 1.0, "DataCaptured"));
    let rename = of(r#"[{"step_type":"rename_field","name":"a","target":"b"}]"#);
    assert_eq!((rename.optic().as_str(), rename.cost(), rename.spec().kind()), ("iso", 0.0, "Empty"));
    assert!(rename.is_lossless() && !remove.is_lossless());
    let add = of(r#"[{"step_type":"add_field","name":"a","kind":"integer","required":true}]"#);
    assert_eq!((add.cost(), add.spec().kind()), (0.5, "DefaultsRequired"));
    let both = remove.clone().then(add);
    assert_eq!((both.optic().as_str(), both.cost(), both.spec().kind()), ("lens", 1.5, "Mixed"));
    let opaque = of(r#"[{"step_type":"apply_expr","name":"a","expr":"v"}]"#);
    assert!(opaque.cost().is_infinite());
    let items = of(
        r#"[{"step_type":"map_items","focus":"xs","inner":[{"step_type":"rename_field","name":"a","target":"b"}]}]"#,
    );
    assert_eq!(items.optic().as_str(), "traversal");
    assert_eq!(rename.then(remove).then(items).optic().as_str(), "traversal");
    let union = r##"{"$defs":{"cat":{"type":"object","required":["k"],"properties":{"k":{"const":"cat"},"n":{"type":"string"}}},
        "dog":{"type":"object","required":["k"],"properties":{"k":{"const":"dog"}}}},
        "type":"object","properties":{"pet":{"oneOf":[{"type":"object","required":["k"],"properties":{"k":{"const":"cat"},
        "n":{"type":"string"}}},{"type":"object","required":["k"],"properties":{"k":{"const":"dog"}}}]}}}"##;
    let schema = parse("json-schema", union);
    let arm =
        schema.edges().find(|(_, edge)| edge.kind == panproto_core::schema::EdgeKind::Variant).unwrap().1.tgt;
    let id = schema.vertex(arm).id.to_string();
    let text = format!(
        r#"[{{"step_type":"scoped","focus":{id:?},"inner":[{{"step_type":"rename_field","name":"n","target":"m"}}]}}]"#
    );
    let prism = of(&text);
    assert_eq!(prism.optic_at(&schema, &mut Budget::default()).unwrap().as_str(), "prism");
    let mut engines = Engines::new(&prism, &schema).unwrap();
    assert_eq!(engines.get(r#"{"pet":{"k":"cat","n":"x"}}"#).unwrap().0, r#"{"pet":{"k":"cat","m":"x"}}"#);
    assert_eq!(engines.get(r#"{"pet":{"k":"dog","n":1}}"#).unwrap().0, r#"{"pet":{"k":"dog","n":1}}"#);
}

#[test]
fn simplified_chains_mean_the_same() {
    let of = |text: &str| Chain::parse(text).unwrap();
    let rename =
        |from: &str, to: &str| format!(r#"{{"step_type":"rename_field","name":"{from}","target":"{to}"}}"#);
    let add = r#"{"step_type":"add_field","name":"x","kind":"string"}"#;
    let remove = |name: &str| format!(r#"{{"step_type":"remove_field","name":"{name}"}}"#);
    let check = |steps: &[String], expected: &[String]| {
        let [long, short] = [steps, expected].map(|steps| of(&format!("[{}]", steps.join(","))));
        assert_eq!(long.simplify(), short);
        let schema = parse("json-schema", chain::cases::PERSON);
        let (mut a, mut b) = (Engines::new(&long, &schema).unwrap(), Engines::new(&short, &schema).unwrap());
        let record = r#"{"name":"Ada","nick":"A","age":3,"stats":{"likes":1},"more":[1]}"#;
        let ((view, memory), (other, other_memory)) = (a.get(record).unwrap(), b.get(record).unwrap());
        assert_eq!(view, other);
        assert_eq!(a.put(&view, Some(&memory)).unwrap(), b.put(&view, Some(&other_memory)).unwrap());
    };
    check(&[rename("nick", "b"), rename("b", "c")], &[rename("nick", "c")]);
    check(&[rename("nick", "b"), rename("b", "nick")], &[]);
    check(&[add.to_owned(), remove("x")], &[]);
    check(&[rename("nick", "b"), remove("b")], &[remove("nick")]);
    // What is dropped and then added is another value.
    let again = r#"{"step_type":"add_field","name":"nick","kind":"string","default":"n"}"#.to_owned();
    check(&[remove("nick"), again.clone()], &[remove("nick"), again]);
}

/// The name of a schema in between is one like any other where that schema is gone.
#[test]
fn a_simplified_chain_passes_what_a_schema_in_between_kept() {
    let schema = parse("json-schema", r#"{"type":"object","properties":{"a":{"type":"string"}}}"#);
    let chain = Chain::parse(
        r#"[{"rename_field":{"old":"a","new":"between"}},{"rename_field":{"old":"between","new":"b"}}]"#,
    )
    .unwrap();
    let forms = [&chain, &chain.fuse(), &chain.simplify()];
    let [mut long, mut fused, mut short] = forms.map(|chain| Engines::new(chain, &schema).unwrap());
    let record = r#"{"a":"x","between":1}"#;
    let edited = r#"{"b":"x","between":2}"#;
    for whole in [&mut long, &mut fused] {
        let (view, memory) = whole.get(record).unwrap();
        assert_eq!(view, r#"{"b":"x"}"#);
        assert_eq!(whole.put(&view, Some(&memory)).unwrap(), record);
        let refused = whole.put(edited, Some(&memory)).unwrap_err();
        assert_eq!((refused.code, refused.path.as_deref()), ("view-not-representable", Some("between")));
    }
    let (view, memory) = short.get(record).unwrap();
    assert_eq!(view, r#"{"b":"x","between":1}"#);
    assert_eq!(short.put(&view, Some(&memory)).unwrap(), record);
    assert_eq!(short.put(edited, Some(&memory)).unwrap(), r#"{"a":"x","between":2}"#);
}

#[test]
fn chains_lift_along_morphisms() {
    // Applied along the morphism it gives what the chain gives, along the morphism.
    let morphism = panproto_core::lens::chain::Morphism::parse(
        r#"{"name":"f","domain":"A","codomain":"B","sort_map":{"string":"token"},"op_map":{"nick":"alias","name":"title"}}"#,
        &panproto_core::limits::Limits::DEFAULT,
    )
    .unwrap();
    let person = parse("json-schema", chain::cases::PERSON);
    let along = Chain::parse(
        r#"[{"step_type":"pullback","sort_map":{"string":"token"},"op_map":{}},
        {"step_type":"rename_field","name":"nick","target":"alias"},{"step_type":"rename_field","name":"name","target":"title"}]"#,
    )
    .unwrap();
    let own = Chain::parse(
        r#"[{"step_type":"add_field","name":"motto","kind":"string"},{"step_type":"remove_field","name":"age"},
        {"step_type":"wrap","name":"nick","key":"name"}]"#,
    )
    .unwrap();
    let mut budget = Budget::default();
    let there = along.target(&person, &mut budget).unwrap();
    let one = own.lift(&morphism).target(&there, &mut budget).unwrap();
    let inside = Chain::parse(r#"[{"step_type":"pullback","sort_map":{"string":"token"},"op_map":{}},
        {"step_type":"rename_field","parent":"nick","name":"name","target":"title"},
        {"step_type":"rename_field","name":"nick","target":"alias"},{"step_type":"rename_field","name":"name","target":"title"}]"#).unwrap();
    let other = inside.target(&own.target(&person, &mut budget).unwrap(), &mut budget).unwrap();
    assert_eq!(one.shape_digest(), other.shape_digest());
}

#[test]
fn chains_that_do_not_apply_say_why() {
    let person = parse("json-schema", chain::cases::PERSON);
    for (step, code) in [
        (r#"{"step_type":"rename_field","name":"nobody","target":"x"}"#, "field-not-found"),
        (r#"{"step_type":"rename_field","name":"nick","target":"age"}"#, "field-exists"),
        (r#"{"step_type":"rename_field","parent":"nowhere","name":"a","target":"x"}"#, "focus-not-found"),
        (r#"{"step_type":"rename_field","parent":"name","name":"a","target":"x"}"#, "not-an-object"),
        (r#"{"step_type":"add_field","name":"x","kind":"string","required":true}"#, "required-without-value"),
        (r#"{"step_type":"add_field","name":"x","kind":"string","default":7}"#, "default-refused"),
        (r#"{"step_type":"add_field","name":"x","kind":"strng"}"#, "unknown-kind"),
        (r#"{"step_type":"map_items","focus":"name","inner":[]}"#, "not-a-list"),
        (r#"{"step_type":"head","name":"name"}"#, "not-a-list"),
        (r#"{"step_type":"list_wrap","name":"tags"}"#, "nested-list"),
        (r#"{"step_type":"unwrap","name":"stats"}"#, "key-missing"),
        (r#"{"step_type":"hoist_field","intermediate":"stats","child":"nobody"}"#, "field-not-found"),
        (r#"{"step_type":"hoist_field","intermediate":"name","child":"nobody"}"#, "not-an-object"),
        (r#"{"step_type":"coerce","name":"stats","kind":"integer"}"#, "types-not-convertible"),
        (r#"{"step_type":"drop_sort","name":"nothing"}"#, "focus-not-found"),
        (r#"{"step_type":"rename_sort","name":"object","target":"string"}"#, "kind-not-convertible"),
        (r#"{"step_type":"rename_sort","name":"boolean","target":"string"}"#, "kind-not-found"),
        (r#"{"step_type":"drop_op","name":"nothing"}"#, "edge-not-found"),
        (r#"{"step_type":"set_constraint","focus":"name","sort":"colour","value":1}"#, "unknown-constraint"),
        (r#"{"step_type":"drop_constraint","focus":"name","sort":"maxLength"}"#, "constraint-not-found"),
        (r#"{"step_type":"compute_field","target":"x","expr":"nobody"}"#, "expression-unbound"),
        (r#"{"step_type":"apply_expr","name":"age","expr":"other"}"#, "expression-unbound"),
        (r#"{"step_type":"map_references","name":"age","rename_map":{}}"#, "kind-mismatch"),
        (r#"{"step_type":"set_vertex","focus":"name","shape":"integer"}"#, "kind-mismatch"),
        (r#"{"step_type":"rename_vertex","focus":"name","target":"nobody~"}"#, ""),
    ] {
        let text = format!(r#"[{{"step_type":"rename_field","name":"items","target":"things"}},{step}]"#);
        let reasons = Chain::parse(&text).unwrap().check(&person, &mut Budget::default()).unwrap();
        let found = reasons.first().map_or("", |reason| reason.error.code);
        let refused = Chain::parse(&text).unwrap().lens(&person, &mut Budget::default()).err();
        assert_eq!(refused.map_or("", |error| error.code), found, "{step}");
        assert_eq!(found, code, "{step}: {reasons:?}");
        assert!(reasons.iter().all(|reason| reason.step == 1), "{step}");
    }
}

#[test]
fn the_published_probes_have_the_right_answers() {
    // Rename and add together; drop; a type that changes.
    let person = r#"{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"},"nick":{"type":"string"}}}"#;
    let check = |chain: &str, record: &str, view: &str| {
        let mut engines = Engines::of(chain, &parse("json-schema", person)).unwrap();
        let (found, memory) = engines.get(record).unwrap();
        assert_eq!(found, view);
        assert_eq!(engines.put(&found, Some(&memory)).unwrap(), record);
    };
    let record = r#"{"name":"Al","age":3}"#;
    check(
        r#"[{"step_type":"rename_field","name":"name","target":"fullName"},{"step_type":"add_field","name":"active","kind":"boolean","default":true}]"#,
        record,
        r#"{"fullName":"Al","age":3,"active":true}"#,
    );
    check(
        r#"[{"step_type":"remove_field","name":"nick"}]"#,
        r#"{"name":"Al","nick":"A"}"#,
        r#"{"name":"Al"}"#,
    );
    check(r#"[{"step_type":"coerce","name":"age","kind":"string"}]"#, record, r#"{"name":"Al","age":"3"}"#);
    // Every rename of a pipeline is applied, and a removal does not stop the rename after it.
    check(
        r#"[{"step_type":"rename_field","name":"name","target":"body"},{"step_type":"remove_field","name":"nick"},
            {"step_type":"rename_field","name":"age","target":"years"}]"#,
        r#"{"name":"Al","nick":"x","age":3}"#,
        r#"{"body":"Al","years":3}"#,
    );
    // Published callers give vertex ids as names.
    let schema = parse("json-schema", person);
    let nick = schema.edge_named(schema.main(), "nick").unwrap().tgt;
    let id = schema.vertex(nick).id.to_string();
    let text = format!(r#"[{{"step_type":"remove_field","name":{id:?}}}]"#);
    assert!(Chain::parse(&text).unwrap().check(&schema, &mut Budget::default()).unwrap().is_empty());
}

#[test]
fn published_chains_are_read() {
    let id = |transform: &str, name: &str| {
        format!(
            r#"{{"name":"{name}","source":{{"name":"id","precondition":"Unconstrained","transform":"Identity"}},
            "target":{{"name":"{name}","precondition":{{"HasSort":"user"}},"transform":{transform}}},"complement_constructor":"Empty"}}"#
        )
    };
    let drop = id(r#"{"DropSort":"user.nick"}"#, "drop_sort_user.nick");
    let rename = id(
        r#"{"RenameEdgeName":{"src_sort":"user","tgt_sort":"user.mail","old_name":"mail","new_name":"email"}}"#,
        "rename_edge_mail_email",
    );
    let mut builder = panproto_core::schema::SchemaBuilder::new("json-schema");
    let user = builder.vertex("user", panproto_core::schema::Kind::Object);
    for name in ["nick", "mail"] {
        let field = builder.vertex(&format!("user.{name}"), panproto_core::schema::Kind::String);
        builder.edge(user, field, panproto_core::schema::EdgeKind::Prop, Some(name));
    }
    let schema = std::sync::Arc::new(builder.finish().unwrap());
    let mut engines = Engines::of(&format!(r#"{{"steps":[{drop},{rename}]}}"#), &schema).unwrap();
    let record = r#"{"nick":"N","mail":"m"}"#;
    let (view, memory) = engines.get(record).unwrap();
    assert_eq!(view, r#"{"email":"m"}"#);
    assert_eq!(engines.put(&view, Some(&memory)).unwrap(), record);
    // The pipeline form, with ids for names.
    let pipeline = r#"[{"step_type":"rename_field","parent":"user","name":"mail","target":"email"},
        {"step_type":"add_field","parent":"user","name":"user.age","kind":"integer","default":null}]"#;
    let chain = Chain::parse(pipeline).unwrap();
    let target = chain.target(&schema, &mut Budget::default()).unwrap();
    assert!(target.prop_named(target.main(), "age").is_some());
    let wrong = id(r#"{"Chase":{}}"#, "x");
    assert_eq!(Chain::parse(&wrong).unwrap_err().code, "unknown-step");
    let error = Chain::parse(r#"[{"rename_feild":{"old":"a","new":"b"}}]"#).unwrap_err();
    assert_eq!((error.code, error.path.as_deref()), ("unknown-step", Some("steps[0].rename_feild")));
    assert!(error.help.unwrap().starts_with("did you mean `rename_field`?"));
}

#[test]
fn branches_that_disagree_are_refused() {
    let person = parse("json-schema", chain::cases::PERSON);
    let text = r#"[{"step_type":"case","branches":[{"when":"age == 1","steps":[{"step_type":"remove_field","name":"nick"}]}]}]"#;
    let reasons = Chain::parse(text).unwrap().check(&person, &mut Budget::default()).unwrap();
    assert_eq!(reasons.first().map(|reason| reason.error.code), Some("branches-disagree"));
}

#[test]
fn a_lens_document_is_a_chain() {
    use panproto_core::lens::document::{Document, Format};
    let limits = panproto_core::limits::Limits::DEFAULT;
    let json = r#"{"id":"user-v1-v2","description":"","source":"user.v1","target":"user.v2","steps":[
        {"rename_field":{"old":"nick","new":"alias"}},{"remove_field":"age"},
        {"add_field":{"name":"years","kind":"integer","default":0}},
        {"compute_field":{"target":"label","expr":{"Builtin":["Concat",[{"Var":"name"},{"Lit":{"Str":"!"}}]]},
        "coercion":"projection"}}]}"#;
    let yaml = "id: user-v1-v2\nsource: user.v1\ntarget: user.v2\nsteps:\n- rename_field: {old: nick, new: alias}\n- remove_field: age\n\
        - add_field: {name: years, kind: integer, default: 0}\n- compute_field:\n    target: label\n    expr: name ++ \"!\"\n    coercion: projection\n";
    let person = parse("json-schema", chain::cases::PERSON);
    let mut budget = Budget::default();
    for (text, format) in [(json, Format::Json), (yaml, Format::Yaml)] {
        let document =
            Document::parse(text, format, &limits).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let chain = document.chain(&[], None, &mut budget).unwrap();
        let (view, _) = Engines::new(&chain, &person)
            .unwrap()
            .get(r#"{"name":"A","nick":"N","age":1,"stats":{"likes":1}}"#)
            .unwrap();
        assert_eq!(view, r#"{"name":"A","alias":"N","stats":{"likes":1},"years":0,"label":"A!"}"#);
    }
    // Errors point into the text.
    let error =
        Document::parse(&yaml.replace("kind: integer", "kid: integer"), Format::Yaml, &limits).unwrap_err();
    let span = error.span.unwrap();
    assert_eq!(
        (error.code, &yaml.replace("kind: integer", "kid: integer")[span.start as usize..span.end as usize]),
        ("unknown-member", "kid")
    );
    // Rules, and documents found by names and hints.
    let rules = r#"{"rules":[{"match":{"name":""},"replace":{"rename_attrs":{"nick":"alias"},"drop_attrs":["age"],
        "add_attrs":{"active":true},"map_attr_value":{"name":{"expr":"upper v","inverse":"lower v"}}}}],"passthrough":"drop"}"#;
    let ruled = Document::parse(rules, Format::Json, &limits).unwrap().chain(&[], None, &mut budget).unwrap();
    let (view, _) = Engines::new(&ruled, &person)
        .unwrap()
        .get(r#"{"name":"a","nick":"N","age":1,"stats":{"likes":1},"z":1}"#)
        .unwrap();
    assert_eq!(view, r#"{"name":"A","alias":"N","stats":{"likes":1},"active":true}"#);
    let to = parse("json-schema", &chain::cases::PERSON.replace(r#""nick""#, r#""alias""#));
    let auto = Document::parse("auto: {hints: {nick: alias}}", Format::Yaml, &limits).unwrap();
    let found = auto.chain(&[], Some((&person, &to)), &mut budget).unwrap();
    assert_eq!(found.target(&person, &mut budget).unwrap().shape_digest(), to.shape_digest());
    let open = Document::parse("auto: true", Format::Yaml, &limits).unwrap();
    let other = parse("json-schema", &chain::cases::PERSON.replace(r#""name""#, r#""motto""#));
    let error = open.chain(&[], Some((&person, &other)), &mut budget).unwrap_err();
    assert_eq!(error.code, "document-undecided", "{error}");
    let circle = Document::parse("id: a\ncompose: {lenses: [a]}", Format::Yaml, &limits).unwrap();
    assert_eq!(
        circle.chain(std::slice::from_ref(&circle), None, &mut budget).unwrap_err().code,
        "document-cycle"
    );
}

#[test]
fn an_inverse_that_leaves_something_open_is_none() {
    let schema = parse(
        "json-schema",
        r#"{"type":"object","required":["a","b"],"properties":{"a":{"type":"string"},"b":{"type":"string"}}}"#,
    );
    let inverse = |chain: &str| Chain::parse(chain).unwrap().inverse(&schema, &mut Budget::default());
    let error = inverse(r#"[{"rename_field":{"old":"b","new":"c"}},{"remove_field":"a"}]"#).unwrap_err();
    assert_eq!((error.code, error.path.as_deref()), ("no-inverse", Some("steps[1]: a")), "{error}");
    assert!(error.help.unwrap().contains("`default`"));
    let back = inverse(r#"[{"remove_field":{"name":"a","default":"x"}}]"#).unwrap();
    assert!(Engines::new(&back, &schema).is_err(), "the way back is for the schema that the chain leads to");
    let target = Chain::parse(r#"[{"remove_field":{"name":"a","default":"x"}}]"#).unwrap();
    let target = target.target(&schema, &mut Budget::default()).unwrap();
    assert_eq!(Engines::new(&back, &target).unwrap().get(r#"{"b":"1"}"#).unwrap().0, r#"{"b":"1","a":"x"}"#);
}

#[test]
fn a_default_that_is_not_admitted_is_refused() {
    let schema = parse(
        "json-schema",
        r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"n":{"type":"integer","minimum":3}}}"#,
    );
    for (chain, path) in [
        (r#"[{"set_optional":{"name":"a","default":7}}]"#, "a"),
        (r#"[{"set_required":{"name":"n","default":2}}]"#, "n"),
        (r#"[{"remove_field":{"name":"a","default":null}}]"#, "a"),
        (r#"[{"add_field":{"name":"x","kind":"integer","default":"one"}}]"#, "x"),
    ] {
        let chain = Chain::parse(chain).unwrap();
        let reasons = chain.check(&schema, &mut Budget::default()).unwrap();
        let reason = &reasons[0].error;
        assert_eq!((reason.code, reason.path.as_deref()), ("default-refused", Some(path)), "{reason}");
        assert_eq!(Engines::new(&chain, &schema).err().unwrap().code, "default-refused");
    }
    for chain in
        [r#"[{"set_optional":{"name":"a","default":"y"}}]"#, r#"[{"set_required":{"name":"n","default":3}}]"#]
    {
        Engines::of(chain, &schema).unwrap();
    }
}

#[test]
fn a_source_default_that_is_not_admitted_is_a_question() {
    let thing = |required: &str, more: &str| {
        parse(
            "json-schema",
            &format!(
                r#"{{"type":"object","required":[{required}],"properties":{{"a":{{"type":"string"}}{more}}}}}"#
            ),
        )
    };
    let asked = |old, new, path: &str, value: &str| {
        let value = panproto_core::value::Json::parse(value).unwrap();
        let hints = Hints {
            source_defaults: [(path.to_owned(), value)].into(),
            fields: [("gone".to_owned(), None)].into(),
            ..Hints::default()
        };
        let migration = between(old, new, &hints, &mut Budget::default()).unwrap();
        let compiled = panproto_core::lens::compile::compile(&migration, &mut Budget::default()).unwrap();
        let told =
            compiled.questions.into_iter().map(|question| (question.code, question.path, question.in_target));
        told.collect::<Vec<_>>()
    };
    let gone = r#","gone":{"type":"integer"}"#;
    let (old, new) = (thing(r#""a","gone""#, gone), thing("", ""));
    assert_eq!(asked(&old, &new, "a", r#""x""#), []);
    assert_eq!(asked(&old, &new, "a", "7"), [("default-refused", "a".to_owned(), false)]);
    assert_eq!(asked(&old, &new, "gone", "7"), []);
    assert_eq!(asked(&old, &new, "gone", r#""x""#), [("default-refused", "gone".to_owned(), false)]);
}

#[test]
fn a_condition_has_to_give_a_truth_value() {
    let schema = parse(
        "json-schema",
        r#"{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"age":{"type":"integer"}}}"#,
    );
    for (chain, code, path) in [
        (r#"[{"conditional":{"name":"age","when":"len name"}}]"#, "condition-not-boolean", "age"),
        (r#"[{"conditional":{"name":"age","when":"name"}}]"#, "condition-not-boolean", "age"),
        (r#"[{"conditional":{"name":"age","when":"name + 1 == 2"}}]"#, "expr-type-mismatch", "age"),
        (
            r#"[{"case":{"branches":[{"when":"1","steps":[{"remove_field":"age"}]}],"otherwise":[{"remove_field":"age"}]}}]"#,
            "condition-not-boolean",
            "branches[0].when",
        ),
    ] {
        let reasons = Chain::parse(chain).unwrap().check(&schema, &mut Budget::default()).unwrap();
        let reason = &reasons[0].error;
        assert_eq!((reason.code, reason.path.as_deref()), (code, Some(path)), "{chain}: {reason}");
    }
    for when in ["len name > 3", "age == 1", "is_null age", "attrs.any"] {
        Engines::of(&format!(r#"[{{"conditional":{{"name":"age","when":"{when}"}}}}]"#), &schema).unwrap();
    }
}

#[test]
fn a_document_that_says_that_it_can_be_inverted_is_held_to_it() {
    use panproto_core::lens::document::{Document, Format};
    let old =
        parse("json-schema", r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}"#);
    let chain = |text: &str, known: bool| {
        let document = Document::parse(text, Format::Yaml, &panproto_core::limits::Limits::DEFAULT).unwrap();
        document.chain(&[], known.then_some((&old, &old)), &mut Budget::default())
    };
    for (text, known, path) in [
        ("invertible: true\nsteps: [{apply_expr: {name: a, expr: upper a}}]", false, "steps[0]"),
        ("invertible: true\npassthrough: drop\nsteps: [{rename_field: {old: a, new: b}}]", false, "steps[1]"),
        ("invertible: true\nsteps: [{remove_field: a}]", true, "steps[0]: a"),
    ] {
        let error = chain(text, known).unwrap_err();
        assert_eq!((error.code, error.path.as_deref()), ("document-not-invertible", Some(path)), "{text}");
    }
    for (text, known) in [
        ("invertible: true\nsteps: [{rename_field: {old: a, new: b}}]", true),
        ("invertible: true\nsteps: [{remove_field: {name: a, default: x}}]", true),
        // Whether this one has an inverse is told by the schema.
        ("invertible: true\nsteps: [{remove_field: a}]", false),
        ("steps: [{apply_expr: {name: a, expr: upper a}}]", true),
    ] {
        chain(text, known).unwrap();
    }
}

#[test]
fn a_schema_gets_no_kind_that_its_language_does_not_have() {
    let lexicon = parse(
        "atproto",
        r#"{"lexicon":1,"id":"com.example.a","defs":{"main":{"type":"record","key":"tid","record":{"type":"object",
            "properties":{"n":{"type":"integer"}}}}}}"#,
    );
    for chain in [
        r#"[{"add_field":{"name":"x","kind":"number"}}]"#,
        r#"[{"coerce":{"name":"n","kind":"number"}}]"#,
        r#"[{"add_field":{"name":"x","shape":{"kind":"object","fields":{"y":"number"}}}}]"#,
        r#"[{"coerce_sort":{"name":"integer","target":"number"}}]"#,
        r#"[{"add_sort":{"name":"s","kind":"intersection"}}]"#,
    ] {
        let reasons = Chain::parse(chain).unwrap().check(&lexicon, &mut Budget::default()).unwrap();
        assert_eq!(reasons[0].error.code, "unknown-kind", "{chain}: {}", reasons[0].error);
        assert!(!reasons[0].error.help.as_deref().unwrap().contains("`number`"));
    }
    Engines::of(r#"[{"add_field":{"name":"x","kind":"blob"}}]"#, &lexicon).unwrap();
    let plain = parse("json-schema", r#"{"type":"object","properties":{"n":{"type":"integer"}}}"#);
    Engines::of(r#"[{"add_field":{"name":"x","kind":"number"}}]"#, &plain).unwrap();
    let reasons = Chain::parse(r#"[{"add_field":{"name":"x","kind":"blob"}}]"#).unwrap();
    let reasons = reasons.check(&plain, &mut Budget::default()).unwrap();
    assert_eq!(reasons[0].error.code, "unknown-kind");
}

#[test]
fn published_field_transforms_are_a_chain() {
    let schema = parse(
        "json-schema",
        r#"{"type":"object","properties":{"first":{"type":"string"},"last":{"type":"string"},"nick":{"type":"string"},
            "lang":{"type":"string"},"inner":{"type":"object","properties":{"old":{"type":"string"}}}}}"#,
    );
    let root = schema.vertex(schema.main()).id.to_string();
    let transforms = r#"[{"RenameField":{"old_key":"nick","new_key":"alias"}},
        {"ComputeField":{"target_key":"full","expr":{"Builtin":["Concat",[{"Var":"first"},{"Var":"last"}]]},
            "inverse":null,"coercion_class":"Projection"}},
        {"PathTransform":{"path":["inner"],"inner":{"RenameField":{"old_key":"old","new_key":"new"}}}},
        {"ApplyExpr":{"key":"last","expr":{"Builtin":["Upper",[{"Var":"last"}]]},"coercion_class":"Projection"}},
        {"MapReferences":{"field":"first","rename_map":{"a":"b"}}},
        {"Case":{"branches":[{"predicate":{"Builtin":["Eq",[{"Var":"lang"},{"Lit":{"Str":"no"}}]]},
            "transforms":[{"AddField":{"key":"region","value":{"Str":"NO"}}}]}]}},
        {"DropField":{"key":"lang"}},{"KeepFields":{"keys":["alias","full","inner","last","first","region"]}}]"#;
    let text = format!("{{{root:?}:{transforms}}}");
    let chain = Chain::parse(&text).unwrap();
    assert_eq!(Chain::parse(&chain.to_json()).unwrap(), chain);
    let mut engines = Engines::new(&chain, &schema).unwrap();
    let record = r#"{"first":"a","last":"d","nick":"x","lang":"no","inner":{"old":"1"}}"#;
    let (view, memory) = engines.get(record).unwrap();
    assert_eq!(view, r#"{"first":"b","last":"D","alias":"x","inner":{"new":"1"},"full":"ad","region":"NO"}"#);
    assert_eq!(engines.put(&view, Some(&memory)).unwrap(), record);
    let (view, _) = engines.get(r#"{"lang":"da"}"#).unwrap();
    assert_eq!(view, "{}");
    for (text, code, path) in [
        (r#"{"u":[{"DropField":{}}]}"#, "missing-member", "u[0].DropField.key"),
        (r#"{"u":[{"DropField":{"key":"a","x":1}}]}"#, "unknown-member", "u[0].DropField.x"),
        (r#"{"u":[{"DropField":{"key":"a"}},{"Fly":{}}]}"#, "unknown-step", "u[1]"),
        (r#"{"u":[{"AddField":{"key":"a","value":{"List":[]}}}]}"#, "wrong-type", "u[0].AddField.value"),
        (r#"{"u":[{"ApplyExpr":{"key":"a","expr":"1 +"}}]}"#, "expr-syntax", "u[0].ApplyExpr.expr"),
    ] {
        let error = Chain::parse(text).unwrap_err();
        assert_eq!((error.code, error.path.as_deref()), (code, Some(path)), "{text}: {error}");
        assert!(error.span.is_some());
    }
}
