//! Migrations that compute, as examples: what the view is, what comes back, what is refused and how.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod both;

use both::Both;
use panproto_core::expr::{Expr, parse};
use panproto_core::language;
use panproto_core::lens::compile::compile;
use panproto_core::limits::Budget;
use panproto_core::migration::{
    Apply, Branch, CoercionClass, Compute, FieldMatch, Input, Migration, ObjectMatch, Output, Reason,
};
use panproto_core::schema::{EdgeId, EdgeKind, Schema, VertexId};
use panproto_core::value::Json;
use std::sync::Arc;

fn expr(text: &str) -> Expr {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// An object schema from its properties; those that end in `!` are required.
fn object(properties: &str) -> String {
    let (mut members, mut required) = (Vec::new(), Vec::new());
    for property in properties.split_whitespace() {
        let (name, kind) = property.split_once(':').unwrap();
        let (kind, is_required) = kind.strip_suffix('!').map_or((kind, false), |kind| (kind, true));
        if is_required {
            required.push(format!("\"{name}\""));
        }
        members.push(format!("\"{name}\":{}", kind.replace('|', ":").replace('\'', "\"")));
    }
    format!(
        "{{\"type\":\"object\",\"required\":[{}],\"properties\":{{{}}}}}",
        required.join(","),
        members.join(",")
    )
}

fn plain(properties: &str) -> String {
    let typed: Vec<String> = properties
        .split_whitespace()
        .map(|property| {
            let (name, kind) = property.split_once(':').unwrap();
            let (kind, mark) = kind.strip_suffix('!').map_or((kind, ""), |kind| (kind, "!"));
            format!("{name}:{{'type'|'{kind}'}}{mark}")
        })
        .collect();
    object(&typed.join(" "))
}

fn schema(text: &str) -> Arc<Schema> {
    let options = language::Options::default();
    let parsed = language::parse("json-schema", &[text.as_bytes()], &options, &mut Budget::default());
    Arc::new(parsed.into_result().unwrap_or_else(|error| panic!("{text}: {error:?}")))
}

struct Making(Migration);

impl Making {
    fn new(old: &str, new: &str) -> Making {
        Making(Migration::new(schema(old), schema(new)))
    }

    fn way(schema: &Schema, path: &str) -> Vec<EdgeId> {
        let mut at = schema.resolve(schema.main()).vertex;
        let mut way = Vec::new();
        for name in path.split('.') {
            let edge = match name {
                "[]" => schema.outgoing_of(at, EdgeKind::Items).next().unwrap().0,
                name => schema.prop_named(at, name).unwrap(),
            };
            way.push(edge);
            at = schema.resolve(schema.edge(edge).tgt).vertex;
        }
        way
    }

    fn main(&self) -> (VertexId, VertexId) {
        let main = |schema: &Schema| schema.resolve(schema.main()).vertex;
        (main(&self.0.source), main(&self.0.target))
    }

    fn matches(&mut self) -> &mut ObjectMatch {
        let (source, target) = self.main();
        self.0.object_mut(source, target)
    }

    fn apply(mut self, path: &str, forward: &str, backward: Option<&str>, class: CoercionClass) -> Making {
        let last = |way: Vec<EdgeId>| way[way.len() - 1];
        let edges = (last(Self::way(&self.0.source, path)), last(Self::way(&self.0.target, path)));
        let apply = Apply { forward: expr(forward), backward: backward.map(expr), class };
        self.0.applies.insert(edges, apply);
        self
    }

    fn compute(mut self, from: &[&str], to: &[&str], forward: &str, backward: Option<&str>) -> Making {
        let input = |path: &&str| {
            let plain = path.trim_start_matches('=');
            let name = plain.rsplit('.').next().unwrap();
            Input { name: name.into(), way: Self::way(&self.0.source, plain), kept: plain != *path }
        };
        let output = |path: &&str| {
            let name = path.rsplit('.').next().unwrap();
            Output { name: name.into(), way: Self::way(&self.0.target, path) }
        };
        let compute = Compute {
            inputs: from.iter().map(input).collect(),
            outputs: to.iter().map(output).collect(),
            forward: expr(forward),
            backward: backward.map(expr),
            class: CoercionClass::Opaque,
        };
        self.matches().computes.push(compute);
        self
    }

    fn survives(mut self, path: &str, when: &str) -> Making {
        let edge = *Self::way(&self.0.source, path).last().unwrap();
        self.0.survival.insert(edge, expr(when));
        self
    }

    fn branch(mut self, when: &str, links: &[(&str, &str)]) -> Making {
        let links = links.iter().map(|(from, to)| FieldMatch {
            from: Self::way(&self.0.source, from),
            to: Self::way(&self.0.target, to),
            reason: Reason::Hint,
        });
        let then = ObjectMatch { links: links.collect(), ..ObjectMatch::default() };
        let main = self.main();
        self.0.branches.entry(main).or_default().push(Branch { when: expr(when), then });
        self
    }

    fn questions(self) -> Vec<(&'static str, String)> {
        let compiled = compile(&self.0, &mut Budget::default()).unwrap();
        compiled.questions.into_iter().map(|question| (question.code, question.path)).collect()
    }

    fn lens(self) -> Lens {
        let compiled = compile(&self.0, &mut Budget::default()).unwrap();
        Lens(Both::new(Arc::new(compiled.machine.unwrap_or_else(|| panic!("{:#?}", compiled.questions)))))
    }
}

struct Lens(Both);

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

impl Lens {
    /// The view of a record, which comes back.
    fn get(&mut self, record: &str, view: &str) -> Vec<u8> {
        let (found, memory) = self.0.get_bytes(record.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(text(found), view);
        self.put(view, Some(&memory), record);
        memory
    }

    fn put(&mut self, view: &str, memory: Option<&[u8]>, record: &str) {
        let (back, _) = self.0.put_bytes(view.as_bytes(), memory).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(text(back), record, "put of {view}");
    }

    fn refuses_record(&mut self, record: &str, code: &str, path: &str) {
        let error = self.0.get_bytes(record.as_bytes()).unwrap_err();
        assert_eq!((error.code, error.path.as_deref().unwrap_or("")), (code, path), "{error}");
    }

    fn refuses_view(&mut self, view: &str, memory: Option<&[u8]>, path: &str, help: &str) {
        let error = self.0.put_bytes(view.as_bytes(), memory).unwrap_err();
        let found = (error.code, error.path.as_deref().unwrap_or(""));
        assert_eq!(found, ("view-not-representable", path), "{error}");
        let said = error.help.as_deref().unwrap_or("");
        assert!(said.contains(help), "{said}");
    }
}

#[test]
fn a_value_goes_through_an_expression() {
    let schema = plain("n:integer! s:string");
    let making =
        Making::new(&schema, &schema).apply("n", "v * 2 + 1", Some("(n - 1) / 2"), CoercionClass::Iso);
    let mut lens = making.apply("s", "upper v", None, CoercionClass::Projection).lens();
    let memory = lens.get(r#"{"n":3,"s":"a\u0062c"}"#, r#"{"n":7,"s":"ABC"}"#);
    // Edited where there is a way back; what is not edited is as it was.
    lens.put(r#"{"n":11,"s":"ABC"}"#, Some(&memory), r#"{"n":5,"s":"a\u0062c"}"#);
    lens.put(r#"{"n":11}"#, None, r#"{"n":5}"#);
    // 8 has no half of 7: going back and forth gives another value.
    lens.refuses_view(r#"{"n":8}"#, Some(&memory), "n", "do not agree");
    lens.refuses_view(r#"{"n":7,"s":"X"}"#, Some(&memory), "s", "no way back");
    lens.refuses_view(r#"{"n":7,"s":"ABC"}"#, None, "s", "no way back");
}

#[test]
fn a_failing_expression_says_where_and_why() {
    let schema = plain("n:integer! m:integer");
    let making = Making::new(&schema, &schema).apply("n", "10 / v", Some("10 / v"), CoercionClass::Opaque);
    let mut lens = making.lens();
    lens.get(r#"{"n":3}"#, r#"{"n":3}"#);
    lens.refuses_record(r#"{"n":0}"#, "division-by-zero", "n");
    lens.refuses_record(r#"{"n":"x"}"#, "expr-type-mismatch", "n");
    lens.refuses_view(r#"{"n":0}"#, None, "n", "division-by-zero");
    // What comes of it is checked.
    let lens = Making::new(&schema, &schema).apply("n", "1.5 * v", None, CoercionClass::Opaque);
    let mut lens = lens.lens();
    lens.refuses_record(r#"{"n":1}"#, "type-mismatch", "n");
    // Beyond its budget.
    let endless = "length (flat_map (\\x -> range 1 1000) (range 1 99000))";
    let mut lens = Making::new(&schema, &schema).apply("n", endless, None, CoercionClass::Opaque).lens();
    let error = lens.0.get_bytes(br#"{"n":1}"#).unwrap_err();
    assert!(error.code.starts_with("limit-") && error.path.as_deref() == Some("n"), "{error}");
}

#[test]
fn items_and_nulls_go_through_expressions() {
    let schema = r#"{"type":"object","properties":{"tags":{"type":"array","items":{"type":"string"}},
        "s":{"type":["string","null"]}}}"#;
    let making = Making::new(schema, schema).apply(
        "tags.[]",
        "\"#\" ++ v",
        Some("slice v 1 (len v)"),
        CoercionClass::Iso,
    );
    let mut lens = making.apply("s", "default v \"none\"", Some("v"), CoercionClass::Retraction).lens();
    let memory = lens.get(r#"{"tags":["a","b"],"s":null}"#, r##"{"tags":["#a","#b"],"s":"none"}"##);
    lens.put(r##"{"tags":["#b","#c"],"s":"x"}"##, Some(&memory), r#"{"tags":["b","c"],"s":"x"}"#);
    lens.refuses_view(r#"{"tags":["b"]}"#, Some(&memory), "tags[0]", "do not agree");
}

const FULL: &str = "first ++ \" \" ++ last";
const PARTED: &str = "let p = split full \" \" in {first = head p, last = join (tail p) \" \"}";

#[test]
fn members_merge() {
    let (old, new) = (plain("first:string! last:string! age:integer"), plain("age:integer full:string!"));
    let mut lens = Making::new(&old, &new).compute(&["first", "last"], &["full"], FULL, Some(PARTED)).lens();
    let memory =
        lens.get(r#"{"last":"Lovelace","age":36,"first":"Ada"}"#, r#"{"age":36,"full":"Ada Lovelace"}"#);
    lens.put(
        r#"{"age":37,"full":"Ada Lovelace"}"#,
        Some(&memory),
        r#"{"last":"Lovelace","age":37,"first":"Ada"}"#,
    );
    // Edited, they return to their places.
    lens.put(r#"{"full":"Ada King","age":36}"#, Some(&memory), r#"{"last":"King","age":36,"first":"Ada"}"#);
    lens.put(r#"{"full":"Ada King Noel"}"#, None, r#"{"first":"Ada","last":"King Noel"}"#);
    lens.refuses_view(r#"{"full":"Ada"}"#, Some(&memory), "full", "do not agree");
    lens.refuses_view(r#"{"age":1}"#, Some(&memory), "full", "");
    // A remembered split that no way back would find.
    let memory = lens.get(r#"{"first":"Ada King","last":"Noel"}"#, r#"{"full":"Ada King Noel"}"#);
    lens.put(
        r#"{"full":"Ada King Noel","age":2}"#,
        Some(&memory),
        r#"{"first":"Ada King","last":"Noel","age":2}"#,
    );
}

#[test]
fn a_member_splits() {
    let (old, new) = (plain("full:string age:integer"), plain("age:integer first:string last:string"));
    let making = Making::new(&old, &new).compute(&["full"], &["first", "last"], PARTED, Some(FULL));
    let mut lens = making.lens();
    let memory = lens.get(r#"{"full":"Ada King","age":1}"#, r#"{"age":1,"first":"Ada","last":"King"}"#);
    lens.get(r#"{"age":1}"#, r#"{"age":1}"#);
    lens.put(r#"{"age":1,"first":"Eve","last":"King"}"#, Some(&memory), r#"{"full":"Eve King","age":1}"#);
    lens.put(r#"{"age":1}"#, Some(&memory), r#"{"age":1}"#);
    lens.put(r#"{"first":"Ada","last":"K"}"#, None, r#"{"full":"Ada K"}"#);
    // Half of it is not enough: the concatenation takes strings.
    lens.refuses_view(r#"{"first":"Ada"}"#, Some(&memory), "first", "expr-type-mismatch");
}

#[test]
fn absent_inputs_make_absent_outputs() {
    let (old, new) = (plain("a:string b:string"), plain("ab:string"));
    let back = "{a = slice ab 0 1, b = slice ab 1 (len ab)}";
    let mut lens = Making::new(&old, &new).compute(&["a", "b"], &["ab"], "a ++ b", Some(back)).lens();
    lens.get(r#"{"b":"y","a":"x"}"#, r#"{"ab":"xy"}"#);
    let memory = lens.get(r#"{"b":"y"}"#, "{}");
    lens.put(r#"{"ab":"pq"}"#, Some(&memory), r#"{"b":"q","a":"p"}"#);
    // Required, it is a question; with a default, the default.
    let new = plain("ab:string!");
    let making = || Making::new(&old, &new).compute(&["a", "b"], &["ab"], "a ++ b", Some(back));
    assert_eq!(making().questions(), [("required-without-value", "ab".to_owned())]);
    let mut filled = making();
    let way = Making::way(&filled.0.target, "ab");
    filled.matches().fills.insert(way, Json::parse("\"--\"").unwrap());
    let mut lens = filled.lens();
    let memory = lens.get(r#"{"a":"x"}"#, r#"{"ab":"--"}"#);
    lens.put(r#"{"ab":"pq"}"#, Some(&memory), r#"{"a":"p","b":"q"}"#);
    lens.get(r#"{"a":"-","b":"-"}"#, r#"{"ab":"--"}"#);
    lens.put(r#"{"ab":"--"}"#, None, "{}");
}

#[test]
fn what_is_computed_of_kept_members_has_to_agree() {
    let (old, new) = (plain("price:integer! n:integer!"), plain("price:integer! n:integer! total:integer!"));
    let mut lens =
        Making::new(&old, &new).compute(&["=price", "=n"], &["total"], "price * attrs.n", None).lens();
    let memory = lens.get(r#"{"price":3,"n":4}"#, r#"{"price":3,"n":4,"total":12}"#);
    lens.put(r#"{"price":3,"n":5,"total":15}"#, Some(&memory), r#"{"price":3,"n":5}"#);
    lens.refuses_view(r#"{"price":3,"n":5,"total":12}"#, Some(&memory), "total", "has to agree");
    lens.refuses_view(r#"{"price":3,"n":4}"#, Some(&memory), "total", "");
    lens.refuses_record(r#"{"price":9223372036854775807,"n":2}"#, "integer-overflow", "price");
}

#[test]
fn members_are_left_out_on_a_condition() {
    let schema = plain("kind:string! note:string");
    let mut lens = Making::new(&schema, &schema).survives("note", "kind /= \"secret\"").lens();
    lens.get(r#"{"kind":"open","note":"n"}"#, r#"{"kind":"open","note":"n"}"#);
    let memory = lens.get(r#"{"note":"n","kind":"secret"}"#, r#"{"kind":"secret"}"#);
    lens.refuses_view(r#"{"kind":"secret","note":"m"}"#, Some(&memory), "note", "condition");
    // Once the view would show it, its absence in the view counts.
    let (back, notes) = lens.0.put_bytes(br#"{"kind":"open"}"#, Some(&memory)).unwrap();
    assert_eq!(text(back), r#"{"kind":"open"}"#);
    assert_eq!(notes.len(), 1);
    let mut lens = Making::new(&schema, &schema).survives("note", "head [attrs.kind]").lens();
    lens.refuses_record(r#"{"kind":"a","note":"n"}"#, "condition-not-boolean", "note");
    lens.get(r#"{"kind":"a"}"#, r#"{"kind":"a"}"#);
}

#[test]
fn conditions_choose_a_way() {
    let (old, new) = (plain("kind:string! a:string b:string"), plain("kind:string! x:string y:string"));
    let making =
        Making::new(&old, &new).branch("kind == \"swap\"", &[("kind", "kind"), ("a", "y"), ("b", "x")]);
    let mut making = making.branch("has_field attrs \"odd\"", &[("kind", "kind")]);
    let more = [("a", "x"), ("b", "y")].map(|(from, to)| FieldMatch {
        from: Making::way(&making.0.source, from),
        to: Making::way(&making.0.target, to),
        reason: Reason::Hint,
    });
    making.matches().links.extend(more);
    let mut lens = making.lens();
    let memory = lens.get(r#"{"kind":"swap","a":"1","b":"2"}"#, r#"{"kind":"swap","y":"1","x":"2"}"#);
    lens.get(r#"{"kind":"k","a":"1","b":"2"}"#, r#"{"kind":"k","x":"1","y":"2"}"#);
    lens.get(r#"{"kind":"k","a":"1","odd":0,"b":"2"}"#, r#"{"kind":"k","odd":0}"#);
    // The way follows the value; memories of another way are not used.
    lens.put(r#"{"kind":"k","x":"1"}"#, Some(&memory), r#"{"kind":"k","a":"1"}"#);
    lens.put(r#"{"kind":"swap","x":"1"}"#, None, r#"{"kind":"swap","b":"1"}"#);
}

#[test]
fn what_cannot_be_is_a_question() {
    let (old, new) = (plain("a:string b:string"), plain("a:string c:string"));
    let making = || Making::new(&old, &new);
    let unbound = making().apply("a", "v ++ w", None, CoercionClass::Opaque);
    assert_eq!(unbound.questions(), [("expression-unbound", "a".to_owned())]);
    let unbound = making().compute(&["b"], &["c"], "b ++ a", None);
    assert_eq!(unbound.questions(), [("expression-unbound", "c".to_owned())]);
    let ill_typed = making().apply("a", "v + 1", None, CoercionClass::Opaque);
    assert_eq!(ill_typed.questions(), [("expression-ill-typed", "a".to_owned())]);
    let ill_typed = making().apply("a", "len v", None, CoercionClass::Opaque);
    assert_eq!(ill_typed.questions(), [("expression-ill-typed", "a".to_owned())]);
    let ill_typed = making().survives("a", "len b");
    assert_eq!(ill_typed.questions().first().map(|it| it.0), Some("expression-ill-typed"));
    let twice = making().compute(&["b"], &["a"], "b", None);
    assert_eq!(twice.questions(), [("computed-twice", "a".to_owned())]);
    let list = r#"{"type":"object","properties":{"l":{"type":"array","items":{"type":"string"}}}}"#;
    let items = Making::new(list, list).survives("l.[]", "True");
    assert_eq!(items.questions(), [("survival-of-items", "l[]".to_owned())]);
}

#[test]
fn a_lens_says_what_it_computes() {
    let (old, new) = (plain("first:string! last:string! s:string"), plain("s:string full:string!"));
    let making = Making::new(&old, &new).compute(&["first", "last"], &["full"], FULL, None);
    let lens = making.apply("s", "upper v", None, CoercionClass::Projection).lens();
    let spec = lens.0.clear.machine().spec();
    let says = |list: &[panproto_core::lens::spec::Statement], code: &str, path: &str| {
        assert!(list.iter().any(|it| it.code == code && it.path == path), "{code} {path}: {list:#?}");
    };
    says(&spec.partial, "expression", "s");
    says(&spec.partial, "expression", "first");
    says(&spec.partial, "expression", "last");
    says(&spec.view_domain, "one-way", "full");
    says(&spec.view_domain, "one-way", "s");
    says(&spec.complement, "computed-from", "first");
    says(&spec.needs_default, "one-way", "last");
    assert!(!spec.lossless);
}
