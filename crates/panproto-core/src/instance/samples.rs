//! Schemas and records of the tests of instances.

use crate::language;
use crate::limits::Budget;
use crate::schema::{EdgeKind, Kind, Schema, SchemaBuilder};
use crate::value::Json;

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// `r –a→ string`, and nothing else.
pub(crate) fn only_a() -> Schema {
    let mut builder = SchemaBuilder::new("kv");
    let root = builder.vertex("r", Kind::Object);
    let leaf = builder.vertex("r.a", Kind::String);
    builder.edge(root, leaf, EdgeKind::Prop, Some("a"));
    builder.finish().unwrap()
}

pub(crate) fn json_schema(text: &str) -> Schema {
    let options = language::Options::default();
    language::parse("json-schema", &[text.as_bytes()], &options, &mut Budget::default())
        .into_result()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}
