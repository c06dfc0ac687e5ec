use super::*;
use crate::schema::{Constraint, Kind, Openness, Role, SchemaBuilder, Sort};
use crate::value::Json;

/// A post with a reference to a definition, a union and a list.
fn post(change: impl Fn(&mut SchemaBuilder)) -> Schema {
    let mut builder = SchemaBuilder::new("atproto");
    let main = builder.vertex("post", Kind::Object);
    let text = builder.vertex("post.text", Kind::String);
    let items = builder.vertex("post.items", Kind::Array);
    let item = builder.vertex("post.items.item", Kind::Object);
    let value = builder.vertex("post.items.item.value", Kind::Integer);
    let reply = builder.vertex("post.reply", Kind::Ref);
    let reply_ref = builder.vertex("post#replyRef", Kind::Object);
    let uri = builder.vertex("post#replyRef.root", Kind::String);
    builder.vertex_mut(text).constraints.push(Constraint::new(Sort::MaxBytes, Json::parse("300").unwrap()));
    builder.vertex_mut(reply_ref).nsid = Some("post#replyRef".into());
    builder.edge(main, text, EdgeKind::Prop, Some("text")).required = true;
    builder.edge(main, items, EdgeKind::Prop, Some("items"));
    builder.edge(items, item, EdgeKind::Items, None);
    builder.edge(item, value, EdgeKind::Prop, Some("value"));
    builder.edge(main, reply, EdgeKind::Prop, Some("reply"));
    builder.edge(reply, reply_ref, EdgeKind::Ref, None);
    builder.edge(reply_ref, uri, EdgeKind::Prop, Some("root"));
    builder.root("main", main, Role::Record);
    builder.root("#replyRef", reply_ref, Role::Value);
    change(&mut builder);
    builder.finish().unwrap()
}

fn check(change: impl Fn(&mut SchemaBuilder), expected: &[&str]) {
    let (old, new) = (post(|_| ()), post(change));
    let diff = Diff::between(&old, &new);
    let lines: Vec<String> = diff.changes().iter().map(ToString::to_string).collect();
    assert_eq!(lines, expected);
    assert_eq!(Diff::between(&new, &old).is_empty(), expected.is_empty());
    serde_json::from_str::<serde_json::Value>(&diff.to_json()).unwrap();
    let published = published::SchemaDiff::between(&old, &new).to_json();
    serde_json::from_str::<serde_json::Value>(&published).unwrap();
}

fn at(builder: &mut SchemaBuilder, index: u32) -> &mut crate::schema::Vertex {
    builder.vertex_mut(VertexId(index))
}

#[test]
fn every_change_has_its_path() {
    check(|_| (), &[]);
    check(|b| at(b, 4).kind = Kind::String, &["type-changed items[].value: integer -> string"]);
    check(|b| at(b, 7).nullable = true, &["nullable-added #replyRef.root"]);
    check(|b| at(b, 3).openness = Openness::Closed, &["openness-changed items[]: open -> closed"]);
    check(|b| at(b, 1).doc = Some("words".into()), &["documentation text: words"]);
    check(|b| at(b, 1).default = Some(Json::string("x")), &["default-changed text: \"x\""]);
    check(
        |b| at(b, 1).constraints[0].value = Json::parse("80").unwrap(),
        &["constraint-changed text: maxBytes 300 -> maxBytes 80"],
    );
    check(|b| at(b, 1).constraints[0].value = Json::parse("300.0").unwrap(), &[]);
    check(|b| at(b, 1).constraints.clear(), &["constraint-removed text: was maxBytes 300"]);
    check(
        |b| at(b, 1).constraints.push(Constraint::new(Sort::KnownValues, Json::parse("[]").unwrap())),
        &["known-values-changed text: knownValues []"],
    );
    check(
        |b| {
            let via = b.vertex("post.via.x", Kind::String);
            b.edge(VertexId(6), via, EdgeKind::Prop, Some("via.x")).required = true;
        },
        &["field-added #replyRef[\"via.x\"]: required string"],
    );
    check(
        |b| {
            let other = b.vertex("post#other", Kind::Object);
            b.vertex_mut(other).nsid = Some("post#other".into());
            b.root("#other", other, Role::Value);
        },
        &["definition-added #other: object"],
    );
}

#[test]
fn arms_are_matched_by_tag_and_by_shape() {
    let make = |tags: &[(&str, Kind)]| {
        let mut builder = SchemaBuilder::new("json-schema");
        let union = builder.vertex("u", Kind::Union);
        for (at, (tag, kind)) in tags.iter().enumerate() {
            let arm = builder.vertex(&format!("u.{at}"), kind.clone());
            builder.edge(union, arm, EdgeKind::Variant, (!tag.is_empty()).then_some(tag));
        }
        builder.root("main", union, Role::Value);
        builder.finish().unwrap()
    };
    let lines = |old: &Schema, new: &Schema| {
        let diff = Diff::between(old, new);
        diff.changes().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let old = make(&[("a", Kind::Object), ("b", Kind::Object), ("", Kind::String)]);
    let new = make(&[("", Kind::String), ("b", Kind::Object), ("c", Kind::Object)]);
    assert_eq!(lines(&old, &new), ["arm-removed (root): was a", "arm-added (root): c"]);
    let turned = make(&[("", Kind::String), ("b", Kind::Object), ("a", Kind::Object)]);
    assert!(Diff::between(&old, &turned).is_empty());
}

#[test]
fn a_recursive_schema_is_walked_once() {
    let make = |last: Kind| {
        let mut builder = SchemaBuilder::new("json-schema");
        let node = builder.vertex("node", Kind::Object);
        let value = builder.vertex("node.value", last.clone());
        builder.edge(node, node, EdgeKind::Prop, Some("next"));
        builder.edge(node, value, EdgeKind::Prop, Some("value"));
        builder.root("main", node, Role::Value);
        builder.finish().unwrap()
    };
    let diff = Diff::between(&make(Kind::String), &make(Kind::Integer));
    assert_eq!(diff.to_string(), "type-changed value: string -> integer\n");
}
