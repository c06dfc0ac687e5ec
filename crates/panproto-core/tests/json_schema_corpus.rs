//! JSON Schemas of the corpus parse and print back.

use panproto_core::diagnostic::Severity;
use panproto_core::language::{self, Options, Parsed};
use panproto_core::limits::Budget;
use panproto_core::schema::{Kind, Sort};
use panproto_testkit::corpus;

fn parse(texts: &[&[u8]], options: &Options) -> Parsed {
    language::parse("json-schema", texts, options, &mut Budget::default())
}

fn errors(parsed: &Parsed) -> Vec<String> {
    let errors = parsed.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| format!("{found}")).collect()
}

/// Parses, prints and parses again; what differs, if something does.
fn round_trip(texts: &[&[u8]], options: &Options) -> Result<(), String> {
    let parsed = parse(texts, options);
    let found = errors(&parsed);
    if !found.is_empty() {
        return Err(format!("does not parse: {found:?}"));
    }
    let schema = parsed.into_result().unwrap().without_spans();
    let printed = language::print(&schema).map_err(|error| format!("does not print: {error}"))?;
    let bytes: Vec<&[u8]> = printed.iter().map(String::as_bytes).collect();
    let again = parse(&bytes, options)
        .into_result()
        .map_err(|error| format!("does not parse again: {error}\n{}", printed.join("\n")))?
        .without_spans();
    if again != schema {
        let vertices = schema.vertices().zip(again.vertices()).find(|(a, b)| a != b);
        let edges = schema.edges().zip(again.edges()).find(|(a, b)| a != b);
        let documents = (schema.documents(), again.documents());
        let documents = if vertices.is_none() && edges.is_none() { Some(documents) } else { None };
        return Err(format!("differs: {vertices:#?} {edges:?} {documents:#?}\n"));
    }
    if language::print(&again).as_ref() != Ok(&printed) {
        return Err("prints differently".into());
    }
    Ok(())
}

fn check_all(files: impl IntoIterator<Item = (String, Vec<u8>)>, options: &Options) {
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, text) in files {
        count += 1;
        if let Err(failure) = round_trip(&[&text], options) {
            failures.push(format!("{name}: {failure}"));
        }
    }
    eprintln!("{count} schemas, {} failures", failures.len());
    assert!(
        failures.is_empty(),
        "{} of {count}:\n{}",
        failures.len(),
        failures.iter().take(6).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn every_schemastore_schema_parses_and_prints_back() {
    let Some(files) = corpus::files("schemastore", "json") else { return };
    let is_schema = |name: &str| {
        let file = name.rsplit('/').next().unwrap_or_default();
        file.ends_with("-old.json") || file.ends_with("-new.json") || file == "HEAD.json"
    };
    let files: Vec<_> = files.into_iter().map(|(path, text)| (path.display().to_string(), text)).collect();
    let schemas: Vec<_> = files.into_iter().filter(|(name, _)| is_schema(name)).collect();
    assert!(schemas.len() > 150, "only {} schemas", schemas.len());
    check_all(schemas, &Options::default());
}

#[test]
fn every_payload_schema_parses_and_prints_back() {
    let Some(files) = corpus::files("octokit-webhooks/payload-schemas", "json") else { return };
    check_all(files.into_iter().map(|(path, text)| (path.display().to_string(), text)), &Options::default());
}

#[test]
fn schemas_of_the_test_suite_print_back() {
    for (folder, dialect) in [("draft7", "draft-07"), ("draft2020-12", "2020-12")] {
        let Some(files) = corpus::files(&format!("json-schema-test-suite/tests/{folder}"), "json") else {
            return;
        };
        let options = Options { dialect: Some(dialect.into()), ..Options::default() };
        let mut schemas = Vec::new();
        for (path, text) in files {
            let groups: serde_json::Value = serde_json::from_slice(&text).unwrap();
            for group in groups.as_array().unwrap() {
                let name = format!("{} {}", path.display(), group["description"]);
                let text = group["schema"].to_string().into_bytes();
                schemas.push((name, text));
            }
        }
        check_all(schemas, &options);
    }
}

/// The payload schemas refer to each other by relative ids: together they have no open reference.
#[test]
fn the_payload_schemas_parse_together() {
    let Some(files) = corpus::files("octokit-webhooks/payload-schemas", "json") else { return };
    let texts: Vec<&[u8]> = files.iter().map(|(_, text)| text.as_slice()).collect();
    let parsed = parse(&texts, &Options::default());
    assert_eq!(errors(&parsed), [""; 0]);
    let schema = parsed.into_result().unwrap();
    assert!(schema.roots().len() >= files.len());
    let externals = schema.vertices().filter(|(_, vertex)| vertex.kind == Kind::External).count();
    assert_eq!(externals, 0);
    round_trip(&texts, &Options::default()).unwrap();
    // Inheritance (`allOf` of a reference and what it adds) becomes plain objects.
    let issue = schema.root_named("issues$closed").unwrap().vertex;
    let issue = schema.edge_named(issue, "issue").unwrap().tgt;
    assert_eq!(schema.vertex(issue).kind, Kind::Object);
    let state = schema.edge_named(issue, "state").unwrap();
    assert!(state.required);
    assert_eq!(schema.vertex(state.tgt).constraint(Sort::Enum).unwrap().value.as_str(), r#"["closed"]"#);
    let intersections = schema.vertices().filter(|(_, vertex)| vertex.kind == Kind::Intersection).count();
    assert!(intersections <= 27, "{intersections} intersections");
}
