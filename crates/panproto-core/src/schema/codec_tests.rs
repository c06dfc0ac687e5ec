//! Tests of stored bytes, digests and shapes.

use super::*;
use crate::limits::Limits;
use proptest::prelude::*;

/// A made schema from a list of numbers: any numbers give a schema or nothing.
fn made(seed: &[u16]) -> Option<Schema> {
    let mut builder = SchemaBuilder::new("made");
    builder.dialect("d");
    builder.document(Document {
        id: "doc".into(),
        header: vec![("lexicon".into(), Json::parse("1").unwrap())],
        early_form: seed.len() % 2 == 1,
    });
    let kinds = [Kind::Object, Kind::Union, Kind::Array, Kind::String, Kind::Ref, Kind::Other("own".into())];
    let count = seed.len().max(1);
    for at in 0..count {
        let pick = seed.get(at).copied().unwrap_or(0) as usize;
        let id = builder.vertex(&format!("v{at}"), kinds[pick % kinds.len()].clone());
        let vertex = builder.vertex_mut(id);
        vertex.nullable = pick.is_multiple_of(7);
        vertex.tainted = pick.is_multiple_of(11);
        vertex.default = pick.is_multiple_of(5).then(|| Json::parse(r#"{"a":[1.50,"\u0061"]}"#).unwrap());
        vertex.nsid = pick.is_multiple_of(3).then(|| format!("a.b.c#n{at}").into());
        vertex.doc = pick.is_multiple_of(4).then(|| "words".into());
        if pick.is_multiple_of(2) {
            vertex.constraints.push(Constraint::new(Sort::MaxLength, Json::parse("10").unwrap()));
            vertex.extra.push(("title".into(), Json::string("é")));
        }
    }
    for (at, pick) in seed.iter().enumerate() {
        let src = VertexId(at as u32);
        let edge_kinds =
            [EdgeKind::Prop, EdgeKind::Variant, EdgeKind::Items, EdgeKind::Ref, EdgeKind::Other("x".into())];
        for step in 0..(*pick as usize >> 8) % 4 {
            let tgt = VertexId(((*pick as usize).wrapping_mul(31) + step * 7) as u32 % count as u32);
            let kind = edge_kinds[(*pick as usize >> 4) % edge_kinds.len()].clone();
            let name = format!("m{step}");
            builder.edge(src, tgt, kind, (pick % 3 != 1).then_some(&*name)).required = pick % 2 == 1;
        }
    }
    builder.root("main", VertexId(0), Role::Value);
    builder.finish().ok()
}

use crate::value::Json;

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(seed in prop::collection::vec(any::<u16>(), 1..24)) {
        let Some(schema) = made(&seed) else { return Ok(()) };
        let bytes = schema.encode();
        let back = Schema::decode(&bytes, &Limits::DEFAULT).unwrap();
        prop_assert_eq!(&back, &schema);
        prop_assert_eq!(back.shape_digest(), schema.shape_digest());
        let mut memo = ShapeMemo::new(&schema, &back);
        for id in schema.vertex_ids() {
            prop_assert!(memo.same(id, id));
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_are_another_schema_and_never_panic(
        seed in prop::collection::vec(any::<u16>(), 1..12), at in any::<usize>(), byte in any::<u8>()
    ) {
        let Some(schema) = made(&seed) else { return Ok(()) };
        let mut bytes = schema.encode();
        let cut = at % bytes.len();
        prop_assert!(Schema::decode(&bytes[..cut], &Limits::DEFAULT).is_err());
        bytes[cut] = byte;
        if let Ok(other) = Schema::decode(&bytes, &Limits::DEFAULT) {
            prop_assert_eq!(other.encode(), bytes);
        }
    }

    #[test]
    fn random_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Schema::decode(&bytes, &Limits::DEFAULT);
        bytes.splice(0..0, *b"ppsc\x01");
        let _ = Schema::decode(&bytes, &Limits::DEFAULT);
    }
}

#[test]
fn counts_are_checked_before_anything_is_made() {
    let check = |tail: &[u8], message: &str| {
        let bytes = [b"ppsc\x01\x00\x00", tail].concat();
        let error = Schema::decode(&bytes, &Limits::DEFAULT).unwrap_err();
        assert_eq!((error.code, &*error.message), ("schema-bytes", message));
        assert!(error.span.is_some());
    };
    check(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f], "a count passes what is left of the bytes");
    check(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], "a number is too large");
    check(&[0x80, 0x00], "a number is written with leading zeros");
    check(&[], "the bytes end too early");
    check(&[0, 0, 0], "the schema has no root");
}

/// A recursive schema of two objects, its parts declared in one order or the other.
fn pair(flip: bool, low: &str) -> Schema {
    let mut builder = SchemaBuilder::new("json-schema");
    let (root, other) = if flip {
        let other = builder.vertex("o", Kind::Object);
        (builder.vertex("r", Kind::Object), other)
    } else {
        (builder.vertex("root", Kind::Object), builder.vertex("other", Kind::Object))
    };
    let union = builder.vertex("union", Kind::Union);
    let number = builder.vertex("number", Kind::Integer);
    let text = builder.vertex("text", Kind::String);
    let mut bounds = vec![
        Constraint::new(Sort::Minimum, Json::parse(low).unwrap()),
        Constraint::new(Sort::Enum, Json::parse(if flip { "[2,1]" } else { "[1.0,2,1]" }).unwrap()),
    ];
    let mut arms = [number, text, other];
    let mut members = [("a", other), ("b", union)];
    if flip {
        bounds.reverse();
        arms.reverse();
        members.reverse();
        builder.vertex_mut(text).doc = Some("described".into());
        builder.vertex_mut(text).extra.push(("title".into(), Json::string("t")));
    }
    builder.vertex_mut(number).constraints = bounds;
    for arm in arms {
        builder.edge(union, arm, EdgeKind::Variant, None);
    }
    for (name, target) in members {
        builder.edge(root, target, EdgeKind::Prop, Some(name)).required = name == "a";
    }
    builder.edge(other, root, EdgeKind::Prop, Some("back"));
    builder.root("main", root, Role::Value);
    builder.finish().unwrap()
}

#[test]
fn a_shape_does_not_see_order_ids_and_descriptions() {
    let (one, other, third) = (pair(false, "1"), pair(true, "1.00"), pair(true, "2"));
    assert_ne!(one.digest(), other.digest());
    assert_eq!(one.shape_digest(), other.shape_digest());
    assert_ne!(one.shape_digest(), third.shape_digest());
    assert!(same_shape(&one, one.main(), &other, other.main()));
    assert!(!same_shape(&one, one.main(), &third, third.main()));
    // The difference lies under `b`; a failed comparison leaves no assumption behind.
    let mut memo = ShapeMemo::new(&one, &third);
    assert!(!memo.same(one.main(), third.main()));
    let text = |schema: &Schema| schema.find("text").unwrap();
    assert!(memo.same(text(&one), text(&third)));
    assert!(!memo.same(one.find("number").unwrap(), third.find("number").unwrap()));
    assert!(!memo.same(text(&one), third.find("number").unwrap()));
}

#[test]
fn a_reference_has_the_shape_of_what_it_means() {
    let make = |by_reference: bool, default: bool| {
        let mut builder = SchemaBuilder::new("atproto");
        let root = builder.vertex("root", Kind::Object);
        let node = builder.vertex("node", Kind::Object);
        let mut target = node;
        if by_reference {
            target = builder.vertex("ref", Kind::Ref);
            builder.edge(target, node, EdgeKind::Ref, None);
            builder.vertex_mut(target).default = default.then(Json::null);
        }
        builder.edge(root, target, EdgeKind::Prop, Some("node"));
        builder.edge(node, target, EdgeKind::Prop, Some("next"));
        builder.root("main", root, Role::Value);
        builder.finish().unwrap()
    };
    let (direct, by_reference, with_default) = (make(false, false), make(true, false), make(true, true));
    assert!(same_shape(&direct, direct.main(), &by_reference, by_reference.main()));
    assert!(!same_shape(&direct, direct.main(), &with_default, with_default.main()));
}

#[test]
fn a_difference_deeper_than_colours_see_is_found() {
    let chain = |last: Kind| {
        let mut builder = SchemaBuilder::new("json-schema");
        let mut above = builder.vertex("0", Kind::Array);
        for at in 1..200 {
            let next = builder.vertex(&at.to_string(), if at == 199 { last.clone() } else { Kind::Array });
            builder.edge(above, next, EdgeKind::Items, None);
            above = next;
        }
        builder.root("main", VertexId(0), Role::Value);
        builder.finish().unwrap()
    };
    let (text, number, again) = (chain(Kind::String), chain(Kind::Number), chain(Kind::String));
    assert!(!same_shape(&text, text.main(), &number, number.main()));
    assert!(same_shape(&text, text.main(), &again, again.main()));
    assert_eq!(text.shape_digest(), again.shape_digest());
    assert_ne!(text.shape_digest(), number.shape_digest());
}
