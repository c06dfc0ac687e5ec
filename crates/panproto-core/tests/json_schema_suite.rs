//! The JSON Schema Test Suite through parser and validator: an answer that is given is the right one.
//!
//! A schema is *modelled* where no vertex is tainted, no reference leads out of it, and every pattern
//! is one that the engine runs. There the answer has to be
//! definite. Elsewhere it may be *unknown*, never wrong. What is printed back has to answer the same.

use panproto_core::instance::pattern::Pattern;
use panproto_core::instance::{self, Validator, Validity};
use panproto_core::language::{self, Options};
use panproto_core::limits::{Budget, Limits};
use panproto_core::schema::{EdgeKind, Kind, Schema, Sort};
use panproto_core::value::Tree;
use panproto_testkit::corpus;

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    groups: usize,
    refused: usize,
    modelled: usize,
    tests: usize,
    definite: usize,
}

fn is_modelled(schema: &Schema) -> bool {
    let runs = |pattern: &str| Pattern::new(pattern).is_ok();
    schema.vertices().all(|(_, vertex)| {
        let pattern = vertex.constraint(Sort::Pattern).map(|pattern| pattern.value.tree());
        let pattern = pattern.is_none_or(|tree| runs(&tree.root().as_str().unwrap()));
        !vertex.tainted && vertex.kind != Kind::External && pattern
    }) && schema.edges().all(|(_, edge)| edge.kind != EdgeKind::Pattern || runs(edge.name.as_ref().unwrap()))
}

fn answer(schema: &Schema, data: &Tree) -> Validity {
    let validator = Validator::new(schema, instance::Options::default());
    validator.is_valid(schema.main(), data.root(), &mut Budget::default()).unwrap()
}

fn run(folder: &str, dialect: Option<&str>) -> Option<Counts> {
    let base = corpus(&format!("json-schema-test-suite/tests/{folder}"))?;
    let options = Options { dialect: dialect.map(Into::into), ..Options::default() };
    let parse =
        |text: &[u8]| language::parse("json-schema", &[text], &options, &mut Budget::default()).into_result();
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for (path, text) in corpus::files(&format!("json-schema-test-suite/tests/{folder}"), "json")? {
        // Formats that assert, and bignums beyond the standard, are below `optional`.
        if path.parent() != Some(&base) {
            continue;
        }
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let groups = Tree::parse(&text, &Limits::DEFAULT).unwrap();
        for group in groups.root().items() {
            let name = format!("{folder}/{file}: {}", group.get("description").unwrap().raw_str());
            counts.groups += 1;
            let schema = match parse(group.get("schema").unwrap().raw()) {
                Ok(schema) => schema,
                // The keywords of a meta-schema that was not given may mean anything.
                Err(error) if error.code == "dialect-unknown" => {
                    counts.refused += 1;
                    continue;
                }
                Err(error) => {
                    failures.push(format!("{name}: {error}"));
                    continue;
                }
            };
            let printed = language::print(&schema).unwrap();
            let again = parse(printed[0].as_bytes()).unwrap();
            let modelled = is_modelled(&schema);
            counts.modelled += usize::from(modelled);
            for test in group.get("tests").unwrap().items() {
                counts.tests += 1;
                let data = Tree::parse(test.get("data").unwrap().raw(), &Limits::DEFAULT).unwrap();
                let valid = test.get("valid").unwrap().as_bool().unwrap();
                let found = answer(&schema, &data);
                let right = if valid { Validity::Valid } else { Validity::Invalid };
                counts.definite += usize::from(found == right);
                if found != right && (modelled || found != Validity::Unknown) {
                    let test = test.get("description").unwrap().raw_str();
                    failures.push(format!("{name}: {test}: {found:?}\n{}", printed[0]));
                }
                assert_eq!(answer(&again, &data), found, "{name}: printed");
            }
        }
    }
    eprintln!("{folder}: {counts:?}");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    Some(counts)
}

fn check(folder: &str, dialect: Option<&str>, least: &Counts) {
    let Some(counts) = run(folder, dialect) else { return };
    assert_eq!((counts.groups, counts.refused), (least.groups, least.refused));
    assert!(counts.modelled >= least.modelled && counts.definite >= least.definite, "{counts:?}");
}

#[test]
fn draft_07_is_answered_rightly() {
    let least = Counts { groups: 257, refused: 0, modelled: 202, tests: 927, definite: 768 };
    check("draft7", Some("draft-07"), &least);
}

#[test]
fn draft_2020_12_is_answered_rightly() {
    let least = Counts { groups: 383, refused: 2, modelled: 209, tests: 1294, definite: 846 };
    check("draft2020-12", None, &least);
}
