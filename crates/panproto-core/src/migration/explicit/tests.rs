use super::*;
use crate::lens::compile::compile;
use crate::limits::{Budget, Limits};
use crate::schema::SchemaBuilder;

/// `post`, with a member for each path; `a.b` makes an object `post.a`.
pub(crate) fn schema(paths: &[&str]) -> Arc<Schema> {
    let mut builder = SchemaBuilder::new("json-schema");
    let root = builder.vertex("post", Kind::Object);
    let mut objects = BTreeMap::from([(String::new(), root)]);
    for path in paths {
        let (above, name) = path.rsplit_once('.').unwrap_or(("", path));
        if !objects.contains_key(above) {
            let object = builder.vertex(&format!("post.{above}"), Kind::Object);
            builder.edge(root, object, EdgeKind::Prop, Some(above));
            objects.insert(above.to_owned(), object);
        }
        let field = builder.vertex(&format!("post.{path}"), Kind::String);
        builder.edge(objects[above], field, EdgeKind::Prop, Some(name));
    }
    Arc::new(builder.finish().unwrap())
}

fn mapping(text: &str) -> Mapping {
    Mapping::parse(text.as_bytes(), &Limits::DEFAULT).unwrap()
}

fn links(old: &Arc<Schema>, new: &Arc<Schema>, text: &str) -> Vec<(String, String)> {
    let migration =
        Migration::explicit(old.clone(), new.clone(), &mapping(text), &mut Budget::default()).unwrap();
    let compiled = compile(&migration, &mut Budget::default()).unwrap();
    assert!(compiled.machine.is_some(), "{:?}", compiled.questions);
    let path = |schema: &Schema, way: &Way| {
        let names = way.iter().map(|edge| schema.edge(*edge).name.as_deref().unwrap());
        names.collect::<Vec<_>>().join(".")
    };
    let links = migration.objects.values().flat_map(|object| &object.links);
    links.map(|link| (path(old, &link.from), path(new, &link.to))).collect()
}

fn code(old: &Arc<Schema>, new: &Arc<Schema>, text: &str) -> &'static str {
    Migration::explicit(old.clone(), new.clone(), &mapping(text), &mut Budget::default()).unwrap_err().code
}

fn pair(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

#[test]
fn vertices_bring_their_edges() {
    let (old, new) = (schema(&["text", "gone"]), schema(&["body"]));
    let text = r#"{"vertex_map": {"post": "post", "post.text": "post.body"}}"#;
    assert_eq!(links(&old, &new, text), [pair("text", "body")]);
}

#[test]
fn edges_decide_where_both_are_stated() {
    let (old, new) = (schema(&["a", "b"]), schema(&["c"]));
    let edges = r#""edge_map": [[["post","post.b","prop","b"],["post","post.c","prop","c"]]]"#;
    assert_eq!(
        links(&old, &new, &format!(r#"{{"vertex_map": {{"post": "post"}}, {edges}}}"#)),
        [pair("b", "c")]
    );
    assert_eq!(
        code(&old, &new, r#"{"edge_map": [[["post","post.b","prop","x"],["post","post.c","prop","c"]]]}"#),
        "unknown-edge"
    );
    assert_eq!(code(&old, &new, r#"{"vertex_map": {"post": "nobody"}}"#), "unknown-vertex");
    // Two members would be one: neither wins.
    let both = format!(r#"{{"vertex_map": {{"post": "post", "post.a": "post.c"}}, {edges}}}"#);
    assert_eq!(code(&old, &new, &both), "fields-meet");
}

#[test]
fn dropped_objects_between_two_images_are_dissolved() {
    let old = schema(&["text", "stats.likes", "stats.views"]);
    let new = schema(&["text", "likes"]);
    let text =
        r#"{"vertex_map": {"post": "post", "post.text": "post.text", "post.stats.likes": "post.likes"}}"#;
    assert_eq!(links(&old, &new, text), [pair("text", "text"), pair("stats.likes", "likes")]);
    let back =
        r#"{"vertex_map": {"post": "post", "post.text": "post.text", "post.likes": "post.stats.likes"}}"#;
    assert_eq!(links(&new, &old, back), [pair("text", "text"), pair("likes", "stats.likes")]);
}

#[test]
fn a_resolver_names_the_edge_that_a_shared_vertex_leaves_open() {
    let shared = |names: [&str; 2]| {
        let mut builder = SchemaBuilder::new("json-schema");
        let root = builder.vertex("post", Kind::Object);
        let point = builder.vertex("point", Kind::String);
        for name in names {
            builder.edge(root, point, EdgeKind::Prop, Some(name));
        }
        Arc::new(builder.finish().unwrap())
    };
    let (same, other) = (shared(["from", "to"]), shared(["start", "end"]));
    let vertices = r#""vertex_map": {"post": "post", "point": "point"}"#;
    // Two properties to one shared type: by name.
    assert_eq!(links(&same, &same, &format!("{{{vertices}}}")), [pair("from", "from"), pair("to", "to")]);
    assert_eq!(code(&same, &other, &format!("{{{vertices}}}")), "edge-ambiguous");
    let one = schema(&["at"]);
    let resolver = r#""resolver": [[["post","point"],["post","point","prop","end"]]]"#;
    let text = format!(r#"{{"vertex_map": {{"post": "post", "post.at": "point"}}, {resolver}}}"#);
    assert_eq!(links(&one, &other, &text), [pair("at", "end")]);
    let wrong =
        r#"{"vertex_map": {"post":"post"}, "resolver": [[["point","post"],["post","point","prop","end"]]]}"#;
    assert_eq!(code(&one, &other, wrong), "resolver-invalid");
    let expression = r#"{"expr_resolvers": [[["post","point"],{"Var":"x"}]]}"#;
    assert_eq!(code(&one, &other, expression), "resolver-unsupported");
}

#[test]
fn nothing_mapped_is_lost() {
    let (old, new) = (schema(&["a.b"]), schema(&["c.d", "x"]));
    // The object above is not where the image stands.
    assert_eq!(
        code(&old, &new, r#"{"vertex_map": {"post": "post", "post.a": "post.x", "post.a.b": "post.c.d"}}"#),
        "edge-not-found"
    );
}

#[test]
fn coercions_and_conditions_of_a_mapping_run() {
    use crate::lens::{Clear, Engine};
    let build = |kind: Kind| {
        let mut builder = SchemaBuilder::new("json-schema");
        let root = builder.vertex("post", Kind::Object);
        for (name, kind) in [("flag", kind), ("note", Kind::String)] {
            let field = builder.vertex(&format!("post.{name}"), kind);
            builder.edge(root, field, EdgeKind::Prop, Some(name));
        }
        Arc::new(builder.finish().unwrap())
    };
    let (old, new) = (build(Kind::Boolean), build(Kind::String));
    let text = r#"{"vertex_map": {"post": "post", "post.flag": "post.flag", "post.note": "post.note"},
        "coercions": [[["boolean", "string"], {"forward": "if v then \"on\" else \"off\""}]],
        "conditional_survival": {"post.note": "flag == True"}}"#;
    let migration = Migration::explicit(old, new, &mapping(text), &mut Budget::default()).unwrap();
    let machine = compile(&migration, &mut Budget::default()).unwrap().machine.unwrap();
    let mut engine = Clear::new(Arc::new(machine), Limits::DEFAULT);
    let mut view = |record: &str| {
        let mut view = Vec::new();
        engine.get(record.as_bytes(), &mut view, None).unwrap();
        String::from_utf8(view).unwrap()
    };
    assert_eq!(view(r#"{"flag":true,"note":"n"}"#), r#"{"flag":"on","note":"n"}"#);
    assert_eq!(view(r#"{"flag":false,"note":"n"}"#), r#"{"flag":"off"}"#);
}
