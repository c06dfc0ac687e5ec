//! Instances along mappings: restriction, extension, products, fibers, the schema of maps; agreement with lenses.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod both;
mod generated;

use both::schema;
use generated::case::hints_to;
use generated::record::Maker;
use generated::{answer, cases, names, seed};
use panproto_core::align::{Hints, between};
use panproto_core::instance::{Arrow, Mapping, Outline, TableInstance, TreeInstance, fiber, hom, table};
use panproto_core::lens::machine::Rule;
use panproto_core::lens::{Clear, Engine};
use panproto_core::limits::{Budget, Limits};
use panproto_core::schema::Schema;
use panproto_core::value::{Json, equal};
use panproto_testkit::generate::{Document, Random, evolve};
use std::sync::Arc;

fn json(text: &str) -> Json {
    Json::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn tree(schema: &Schema, record: &str) -> TreeInstance {
    TreeInstance::from_json(&Outline::new(schema), schema.main(), &json(record), &mut Budget::default())
        .unwrap()
}

fn text(tree: &TreeInstance) -> String {
    tree.to_json(&mut Budget::default()).unwrap().to_string()
}

fn find(hints: &[(&str, Option<&str>)], old: &Arc<Schema>, new: &Arc<Schema>) -> Mapping {
    let hints = Hints {
        fields: hints.iter().map(|(from, to)| (from.to_string(), to.map(str::to_owned))).collect(),
        ..Hints::default()
    };
    let migration = between(old, new, &hints, &mut Budget::default()).unwrap();
    migration.instance_mapping().unwrap_or_else(|error| panic!("{error}"))
}

fn users() -> (Arc<Schema>, Arc<Schema>) {
    let old = schema(
        "json-schema",
        r##"{"type":"object","properties":{"name":{"type":"string"},"nick":{"type":"string"},
            "home":{"type":"object","properties":{"city":{"type":"string"},"zip":{"type":"string"}}},
            "friends":{"type":"array","items":{"$ref":"#/$defs/person"}},"best":{"$ref":"#/$defs/person"}},
          "$defs":{"person":{"type":"object","properties":{"id":{"type":"integer"},"since":{"type":"string"}}}}}"##,
    );
    let new = schema(
        "json-schema",
        r##"{"type":"object","properties":{"fullName":{"type":"string"},"city":{"type":"string"},"active":{"type":"boolean","default":true},
            "friends":{"type":"array","items":{"$ref":"#/$defs/person"}},"best":{"$ref":"#/$defs/person"}},
          "$defs":{"person":{"type":"object","properties":{"id":{"type":"integer"}}}}}"##,
    );
    (old, new)
}

const HINTS: &[(&str, Option<&str>)] = &[
    ("name", Some("fullName")),
    ("nick", None),
    ("home.city", Some("city")),
    ("home.zip", None),
    ("friends[].since", None),
];

#[test]
fn a_tree_is_restricted_and_put_back() {
    let (old, new) = users();
    let mapping = find(HINTS, &old, &new);
    let budget = &mut Budget::default();
    let record = r#"{"z":1,"nick":"N","home":{"zip":"0","city":"Oslo"},"name":"Al","friends":[{"since":"x","id":1},{"id":2}],"best":{"id":3,"q":[1]}}"#;
    let start = tree(&old, record);
    let target = Outline::new(&new);
    let (view, dropped) = start.restrict(&mapping, &target, budget).unwrap();
    assert_eq!(
        text(&view),
        r#"{"z":1,"city":"Oslo","fullName":"Al","friends":[{"id":1},{"id":2}],"best":{"id":3,"q":[1]},"active":true}"#
    );
    assert_eq!(view.issues(&target, budget).unwrap(), []);
    assert_eq!(view.section(&dropped, budget).unwrap(), start);
    // Values are the view's; what the view lost is gone.
    let mut edited = view.to_wire().to_string().replace("\"Oslo\"", "\"Bergen\"");
    edited = edited.replace("{\"Present\":{\"Int\":2}}", "{\"Present\":{\"Int\":5}}");
    let edited = TreeInstance::from_wire(&json(&edited), Some(&target), budget).unwrap();
    let back = text(&edited.section(&dropped, budget).unwrap());
    assert_eq!(back, record.replace("Oslo", "Bergen").replace("{\"id\":2}", "{\"id\":5}"));
    assert_eq!(start.extend(&mapping, &target, budget).unwrap_err().code, "unmapped-vertex");
}

#[test]
fn two_fields_of_one_type_survive_the_identity() {
    let (old, _) = users();
    let everything = Mapping::identity(old.vertices().map(|(_, vertex)| vertex.id.clone()));
    let record = r#"{"best":{"id":3},"friends":[{"id":1,"since":"y"}],"name":null}"#;
    let start = tree(&old, record);
    let target = Outline::new(&old);
    let budget = &mut Budget::default();
    assert_eq!(start.restrict(&everything, &target, budget).unwrap().0, start);
    assert_eq!(start.extend(&everything, &target, budget).unwrap(), start);
    assert_eq!(start.pi(&everything, &target, budget).unwrap(), start);
}

#[test]
fn errors_of_restriction_are_coded() {
    let (old, new) = users();
    let target = Outline::new(&new);
    let start = tree(&old, r#"{"name":"Al","nick":"N"}"#);
    let code = |mapping: &str| {
        let mapping = Mapping::from_json(&json(mapping)).unwrap();
        start.restrict(&mapping, &target, &mut Budget::default()).unwrap_err().code
    };
    assert_eq!(code(r#"{"vertex_map":{}}"#), "root-pruned");
    assert_eq!(code(r#"{"vertex_map":{"root":"root","root.name":"gone"}}"#), "unknown-vertex");
    assert_eq!(code(r##"{"vertex_map":{"root":"root","root.name":"$defs/person.id"}}"##), "no-edge-found");
    let twice = schema(
        "json-schema",
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/s"},"b":{"$ref":"#/$defs/s"}},"$defs":{"s":{"type":"string"}}}"##,
    );
    let twice = Outline::new(&twice);
    let mapping =
        Mapping::from_json(&json(r##"{"vertex_map":{"root":"root","root.name":"$defs/s"}}"##)).unwrap();
    let error = start.restrict(&mapping, &twice, &mut Budget::default()).unwrap_err();
    assert_eq!((error.code, error.path.as_deref()), ("ambiguous-edge", Some("name")));
    // The resolver says which.
    let mut resolved = mapping.clone();
    let arrow =
        Arrow { src: "root".into(), tgt: "root.b".into(), kind: "prop".into(), name: Some("b".into()) };
    resolved.resolver.insert(("root".into(), "$defs/s".into()), arrow);
    let view = start.restrict(&resolved, &twice, &mut Budget::default()).unwrap().0;
    assert_eq!(text(&view), r#"{"b":"Al"}"#);
    let shared =
        Mapping::from_json(&json(r#"{"vertex_map":{"root":"root","root.name":"x","root.nick":"x"}}"#))
            .unwrap();
    assert_eq!(start.pi(&shared, &target, &mut Budget::default()).unwrap_err().code, "multi-element-fiber");
}

#[test]
fn fans_follow_their_nodes() {
    let (old, new) = users();
    let mut mapping = find(HINTS, &old, &new);
    mapping.hyper_edges.insert("meeting".into(), ("call".into(), [("host".into(), "from".into())].into()));
    let start = tree(&old, r#"{"name":"Al","nick":"N"}"#);
    let fans = r#""fans":[{"hyper_edge_id":"meeting","parent":0,"children":{"host":1,"guest":2}}]"#;
    let wire = start.to_wire().to_string().replace(r#""fans":[]"#, fans);
    let start = TreeInstance::from_wire(&json(&wire), None, &mut Budget::default()).unwrap();
    let (view, dropped) = start.restrict(&mapping, &Outline::new(&new), &mut Budget::default()).unwrap();
    let expected = r#""fans":[{"hyper_edge_id":"call","parent":0,"children":{"from":1}}]"#;
    assert!(view.to_wire().as_str().contains(expected), "{}", view.to_wire());
    assert_eq!(view.section(&dropped, &mut Budget::default()).unwrap(), start);
}

#[test]
fn fibers_have_the_nodes_that_stay_what_they_are() {
    let (old, new) = users();
    let mut mapping = find(HINTS, &old, &new);
    let start = tree(&old, r#"{"name":"Al","friends":[{"id":1},{"id":2}],"best":{"id":3},"nick":"N"}"#);
    let people = start.fiber_at(&mapping, "$defs/person");
    assert_eq!(people.len(), 3);
    // The same, said by survival.
    assert!(mapping.vertices.remove("$defs/person").is_some());
    mapping.surviving.insert("$defs/person".into());
    assert_eq!(start.fiber_at(&mapping, "$defs/person"), people);
    let budget = &mut Budget::default();
    let fibers = start.fiber_decomposition(&mapping);
    assert_eq!(fibers.get("$defs/person"), Some(&people));
    assert_eq!(fibers.values().map(Vec::len).sum::<usize>(), start.len() - 1, "all but the nick");
    let odd = start.fiber_with(&mapping, "$defs/person", budget, |number, _| Ok(number % 2 == 1)).unwrap();
    assert_eq!(odd, people.iter().copied().filter(|number| number % 2 == 1).collect::<Vec<_>>());
    let groups = start.group_by(&mapping, budget).unwrap();
    let texts: Vec<String> = groups.get("$defs/person").unwrap().iter().map(text).collect();
    assert_eq!(texts, [r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":3}"#]);
    let pairs = fiber::join((&start, &mapping), (&start, &mapping), budget).unwrap();
    assert_eq!(pairs.len(), fibers.values().map(|fiber| fiber.len() * fiber.len()).sum::<usize>());
}

#[test]
fn mappings_are_instances_of_the_schema_of_maps() {
    let (old, new) = users();
    let mut mapping = find(HINTS, &old, &new);
    mapping.fills.clear();
    mapping.through = None;
    mapping.resolver.clear();
    mapping.vertices.remove("root.friends");
    mapping.surviving.insert("root.friends".into());
    mapping.vertices.retain(|from, to| {
        from != to || {
            mapping.surviving.insert(to.clone());
            false
        }
    });
    let budget = &mut Budget::default();
    let maps = hom::hom_schema(&old, &new, budget).unwrap();
    assert_eq!(maps.protocol(), "hom");
    assert_eq!(maps.len(), old.len() + old.edges().count() + new.len());
    let curried = hom::curry(&old, &mapping).unwrap();
    assert_eq!(hom::eval(&old, &curried).unwrap(), mapping);
    assert_eq!(curried.issues(&Outline::new(&maps), budget).unwrap(), []);
    mapping.through = Some(
        ["x"].map(|name| Arrow { src: name.into(), tgt: name.into(), kind: name.into(), name: None }).into(),
    );
    let read = Mapping::from_json(&mapping.to_json()).unwrap();
    assert_eq!(read, mapping);
    mapping.through = None;
    mapping.vertices.insert("gone".into(), "root".into());
    assert_eq!(hom::curry(&old, &mapping).unwrap_err().code, "unknown-vertex");
}

#[test]
fn tables_are_moved_with_the_right_rows() {
    let old = schema(
        "json-schema",
        r##"{"type":"object","properties":{"a":{"type":"array","items":{"$ref":"#/$defs/cat"}},"b":{"type":"array","items":{"$ref":"#/$defs/dog"}}},
          "$defs":{"cat":{"type":"object","properties":{"name":{"type":"string"},"toy":{"$ref":"#/$defs/toy"}}},
                   "dog":{"type":"object","properties":{"called":{"type":"string"},"size":{"type":"integer"},"toy":{"$ref":"#/$defs/toy"}}},
                   "toy":{"type":"object","properties":{"k":{"type":"integer"}}}}}"##,
    );
    let new = schema(
        "json-schema",
        r##"{"type":"object","properties":{"pets":{"type":"array","items":{"$ref":"#/$defs/pet"}}},
          "$defs":{"pet":{"type":"object","properties":{"name":{"type":"string"},"toy":{"$ref":"#/$defs/toy"}}},
                   "toy":{"type":"object","properties":{"k":{"type":"integer"}}}}}"##,
    );
    let (source, target) = (Outline::new(&old), Outline::new(&new));
    let budget = &mut Budget::default();
    let record = r#"{"a":[{"name":"c0"},{"name":"c1","toy":{"k":1}}],"b":[{"called":"d0","size":3,"toy":{"k":2}},{"called":"d1"}]}"#;
    let tables = TableInstance::from_tree(&source, &tree(&old, record), budget).unwrap();
    let mapping = |more: &str| {
        let called = r##"[["$defs/dog","$defs/dog.called","prop","called"],["$defs/pet","$defs/pet.name","prop","name"]]"##;
        let text = format!(
            r##"{{"vertex_map":{{"$defs/cat":"$defs/pet","$defs/dog":"$defs/pet","$defs/cat.name":"$defs/pet.name","$defs/dog.called":"$defs/pet.name"{more}}},
               "surviving_verts":["$defs/toy","$defs/toy.k"],"edge_map":[{called}]}}"##
        );
        Mapping::from_json(&json(&text)).unwrap()
    };
    let moved = tables.restrict(&mapping(""), &source, &target, budget).unwrap();
    let name = |row: usize| table::cell(&moved.rows("$defs/pet")[row], "name").unwrap().json().to_string();
    assert_eq!((0..4).map(name).collect::<Vec<_>>(), [r#""c0""#, r#""c1""#, r#""d0""#, r#""d1""#]);
    assert!(table::cell(&moved.rows("$defs/pet")[2], "size").is_none(), "a column that is dropped");
    let keys: Vec<_> =
        moved.keys.iter().map(|(arrow, pairs)| (arrow.label().to_owned(), pairs.clone())).collect();
    assert_eq!(keys, [("toy".to_owned(), vec![(1, 0), (2, 1)])]);
    let toys: Vec<String> = moved.rows("$defs/toy").iter().map(|row| row[0].1.json().to_string()).collect();
    assert_eq!(toys, ["1", "2"]);

    assert_eq!(tables.extend(&mapping(""), &source, &target, budget).unwrap_err().code, "unmapped-vertex");
    let all = mapping(r##","root":"root","root.a":"root.pets","root.b":"root.pets""##);
    let all = Mapping {
        resolver: [(
            ("root".into(), "root.pets".into()),
            Arrow {
                src: "root".into(),
                tgt: "root.pets".into(),
                kind: "prop".into(),
                name: Some("pets".into()),
            },
        )]
        .into(),
        ..all
    };
    let extended = tables.extend(&all, &source, &target, budget).unwrap();
    let columns = |row: usize| {
        extended.rows("$defs/pet")[row].iter().map(|(column, _)| column.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(columns(0), ["name", "size"], "rows have the columns of both");
    assert_eq!(table::cell(&extended.rows("$defs/pet")[0], "size").unwrap().json().as_str(), "null");
    assert_eq!(extended.len(), tables.len());

    let product = tables.pi(&mapping(""), &source, &target, 10, budget).unwrap();
    assert_eq!(product.rows("$defs/pet").len(), 4, "a row for each pair of a cat and a dog");
    let first: Vec<String> =
        product.rows("$defs/pet")[1].iter().map(|(column, value)| format!("{column}={value:?}")).collect();
    assert_eq!(first, [r#"name="c0""#, r#"$defs/dog.name="d1""#]);
    // c1 has toy 0 and d0 has toy 1: no pair agrees on one toy.
    assert!(product.keys.values().all(Vec::is_empty));
    assert_eq!(
        tables.pi(&mapping(""), &source, &target, 3, budget).unwrap_err().code,
        "product-size-exceeded"
    );
}

/// Whether a lens leaves every value as it is.
fn keeps_values(machine: &panproto_core::lens::Machine) -> bool {
    machine.states.iter().all(|state| match &state.rule {
        Rule::Coerce { .. } | Rule::Wrap(_) | Rule::Head(_) => false,
        Rule::Object(rule) => !rule.links.iter().any(|link| link.null_absent),
        _ => true,
    })
}

#[test]
fn restriction_agrees_with_lenses() {
    let (mut tried, mut agreed) = (0, 0);
    for seed in seed()..seed() + cases(400) {
        let mut random = Random::new(seed);
        let old_document = Document::random(&mut random, false);
        let evolved = evolve(&mut random, &old_document);
        let fields = evolved.fields.iter().map(|(from, to)| (from.clone(), to.clone())).collect();
        let mut hints = Hints { fields, ..Hints::default() };
        let language = old_document.language();
        let (old, new) = (schema(language, &old_document.text()), schema(language, &evolved.document.text()));
        let derived = generated::case::hints_from(&hints_to(&hints));
        let machine = std::panic::catch_unwind(|| {
            let mut hints = derived.clone();
            let machine = answer::derive_answering(&old, &new, &mut hints);
            (machine, hints)
        });
        let Ok((Ok(machine), answered)) = machine else { continue };
        hints = answered;
        let migration = between(&old, &new, &hints, &mut Budget::default()).unwrap();
        let Ok(mapping) = migration.instance_mapping() else { continue };
        if !keeps_values(&machine) {
            continue;
        }
        let known = names(&old);
        let mut maker = Maker { schema: &old, random: &mut random, names: &known, odd: 0, left: 60 };
        let record = maker.value(old.main(), 0).to_string();
        let mut view = Vec::new();
        if Clear::new(machine, Limits::DEFAULT).get(record.as_bytes(), &mut view, None).is_err() {
            continue;
        }
        tried += 1;
        let view = json(std::str::from_utf8(&view).unwrap());
        let start = tree(&old, &record);
        let Ok((restricted, dropped)) = start.restrict(&mapping, &Outline::new(&new), &mut Budget::default())
        else {
            continue;
        };
        agreed += 1;
        let found = restricted.to_json(&mut Budget::default()).unwrap();
        assert!(
            equal(found.tree().root(), view.tree().root()),
            "seed {seed}: {record}\nlens {view}\ntree {found}\n{}\n{}\n{}",
            old_document.text(),
            evolved.document.text(),
            mapping.to_json()
        );
        assert_eq!(restricted.section(&dropped, &mut Budget::default()).unwrap(), start, "seed {seed}");
    }
    println!("restriction: {tried} lenses, {agreed} mappings");
    assert!(agreed > 20, "{agreed} of {tried}");
}
