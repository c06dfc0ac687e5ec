//! Machines for tests, one per thing that a migration can do, and records and edits made at random for them.

use super::Machine;
use super::compile::compile;
use crate::align::{Hints, between};
use crate::expr::Expr;
use crate::language::{self, Options};
use crate::limits::Budget;
use crate::migration::{
    Apply, Branch, CoercionClass, Compute, FieldMatch, Input, Migration, ObjectMatch, Output, Reason,
};
use crate::name::Name;
use crate::schema::{EdgeId, EdgeKind, Kind, Openness, Schema, TypeSet, VertexId};
use crate::value::Json;
use std::sync::Arc;

/// A pair of schemas, and the hints that decide their migration.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    language: &'static str,
    source: &'static str,
    target: &'static str,
    hints: &'static [(&'static str, &'static str)],
    defaults: &'static [(&'static str, &'static str)],
    source_defaults: &'static [(&'static str, &'static str)],
    /// What is computed beside what the hints say.
    computed: fn(&mut Computed<'_>),
}

const PLAIN: Sample = Sample {
    name: "",
    language: "json-schema",
    source: "{}",
    target: "{}",
    hints: &[],
    defaults: &[],
    source_defaults: &[],
    computed: |_| {},
};

#[path = "computed_samples.rs"]
mod computed;
pub(crate) use computed::COMPUTED;

pub(crate) const SAMPLES: &[Sample] = &[
    Sample {
        name: "rename, drop, default, hoist",
        source: r#"{"type":"object","required":["text","stats"],"properties":{"text":{"type":"string"},
            "sensitive":{"type":"boolean"},"lang":{"type":"string"},"stats":{"type":"object","required":["likes"],
            "properties":{"likes":{"type":"integer"}}}}}"#,
        target: r#"{"type":"object","required":["body","likes"],"properties":{"body":{"type":"string"},
            "lang":{"type":"string"},"likes":{"type":"integer"},
            "visibility":{"type":"string","default":"public"}}}"#,
        hints: &[("text", "body"), ("stats.likes", "likes"), ("sensitive", "")],
        ..PLAIN
    },
    Sample {
        name: "hoist with something left",
        source: r#"{"type":"object","properties":{"a":{"type":"string"},"meta":{"type":"object","properties":{
            "x":{"type":"integer"},"left":{"type":"string"},"deep":{"type":"object","properties":{
            "y":{"type":"integer"},"more":{"type":"string"}}}}},"b":{"type":"string"}}}"#,
        target: r#"{"type":"object","properties":{"a":{"type":"string"},"x":{"type":"integer"},
            "y":{"type":"integer"},"b":{"type":"string"}}}"#,
        hints: &[("meta.x", "x"), ("meta.deep.y", "y"), ("meta.left", ""), ("meta.deep.more", "")],
        ..PLAIN
    },
    Sample {
        name: "nest",
        source: r#"{"type":"object","required":["x"],"properties":{"x":{"type":"integer"},"name":{"type":"string"},
            "y":{"type":"integer"},"z":{"type":"integer"}}}"#,
        target: r#"{"type":"object","required":["at"],"properties":{"name":{"type":"string"},"at":{"type":"object",
            "required":["x"],"properties":{"x":{"type":"integer"},"y":{"type":"integer"}}},
            "high":{"type":"object","properties":{"z":{"type":"integer"}}}}}"#,
        hints: &[("x", "at.x"), ("y", "at.y"), ("z", "high.z")],
        ..PLAIN
    },
    Sample {
        name: "move between siblings",
        source: r#"{"type":"object","properties":{"p":{"type":"object","properties":{"a":{"type":"string"},
            "b":{"type":"string"}}},"mid":{"type":"integer"},"q":{"type":"object","properties":{
            "c":{"type":"string"}}}}}"#,
        target: r#"{"type":"object","properties":{"p":{"type":"object","properties":{"b":{"type":"string"}}},
            "mid":{"type":"integer"},"q":{"type":"object","properties":{"c":{"type":"string"},
            "a":{"type":"string"}}}}}"#,
        hints: &[("p.a", "q.a")],
        ..PLAIN
    },
    Sample {
        name: "hoist out of what survives",
        source: r#"{"type":"object","properties":{"h":{"type":"integer"},"s":{"type":"object","properties":{
            "a":{"type":"string"},"b":{"type":"string"}}},"t":{"type":"string"}}}"#,
        target: r#"{"type":"object","properties":{"a":{"type":"string"},"t":{"type":"string"},
            "s":{"type":"object","properties":{"b":{"type":"string"},"h":{"type":"integer"}}}}}"#,
        hints: &[("s.a", "a"), ("h", "s.h")],
        ..PLAIN
    },
    Sample {
        name: "added and removed members of open objects",
        source: r#"{"type":"object","properties":{"t":{"type":"string"},"old":{"type":"integer"}}}"#,
        target: r#"{"type":"object","properties":{"t":{"type":"string"},
            "new":{"type":"string","default":"en"},"may":{"type":"integer"}}}"#,
        hints: &[("old", "")],
        ..PLAIN
    },
    Sample {
        name: "closed objects",
        source: r#"{"type":"object","additionalProperties":false,"properties":{"t":{"type":"string"},
            "old":{"type":"integer"}}}"#,
        target: r#"{"type":"object","additionalProperties":false,"properties":{"t":{"type":"string"},
            "new":{"type":"string","default":"en"}}}"#,
        hints: &[("old", "")],
        ..PLAIN
    },
    Sample {
        name: "an open object becomes closed",
        source: r#"{"type":"object","properties":{"t":{"type":"string"}}}"#,
        target: r#"{"type":"object","additionalProperties":false,"properties":{"s":{"type":"string"}}}"#,
        hints: &[("t", "s")],
        ..PLAIN
    },
    Sample {
        name: "null, absence and defaults",
        source: r#"{"type":"object","required":["c"],"properties":{"n":{"type":["string","null"]},
            "d":{"type":"string"},"c":{"type":"integer"},"m":{"type":"string"}}}"#,
        target: r#"{"type":"object","required":["d"],"properties":{"n":{"type":"string"},
            "d":{"type":"string","default":"dd"},"c":{"type":"integer"},"m":{"type":["string","null"]}}}"#,
        source_defaults: &[("c", "7")],
        ..PLAIN
    },
    Sample {
        name: "coercions",
        source: r#"{"type":"object","properties":{"i":{"type":"integer"},"n":{"type":"number"},
            "s":{"type":"string"},"w":{"type":"integer"},"f":{"type":"number"},"u":{"type":"string"}}}"#,
        target: r#"{"type":"object","properties":{"i":{"type":"string"},"n":{"type":"integer"},
            "s":{"type":"integer"},"w":{"type":"number"},"f":{"type":"string"},"u":{"type":"number"}}}"#,
        hints: &[("i", "i"), ("n", "n"), ("s", "s"), ("w", "w"), ("f", "f"), ("u", "u")],
        ..PLAIN
    },
    Sample {
        name: "wrap and head",
        source: r#"{"type":"object","required":["must"],"properties":{"one":{"type":"string"},
            "list":{"type":"array","items":{"type":"object","properties":{"k":{"type":"integer"},
            "gone":{"type":"string"}}}},"must":{"type":"array","items":{"type":"integer"}}}}"#,
        target: r#"{"type":"object","properties":{"one":{"type":"array","items":{"type":"string"}},
            "list":{"type":"object","properties":{"k":{"type":"integer"}}},"must":{"type":"integer"}}}"#,
        hints: &[("one", "one"), ("list", "list"), ("must", "must")],
        ..PLAIN
    },
    Sample {
        name: "items",
        source: r#"{"type":"object","properties":{"items":{"type":"array","items":{"type":"object",
            "required":["id"],"properties":{"id":{"type":"integer"},"value":{"type":"integer"},
            "gone":{"type":"string"}}}},"grid":{"type":"array","items":{"type":"array","items":{
            "type":"object","properties":{"o":{"type":"string"},"l":{"type":"string"}}}}}}}"#,
        target: r#"{"type":"object","properties":{"items":{"type":"array","items":{"type":"object",
            "required":["id"],"properties":{"id":{"type":"integer"},"amount":{"type":"integer"}}}},
            "grid":{"type":"array","items":{"type":"array","items":{"type":"object","properties":{
            "p":{"type":"string"}}}}}}}"#,
        hints: &[
            ("items[].value", "items[].amount"),
            ("items[].gone", ""),
            ("grid[][].o", "grid[][].p"),
            ("grid[][].l", ""),
        ],
        ..PLAIN
    },
    Sample {
        name: "maps",
        source: r#"{"type":"object","properties":{"m":{"type":"object","additionalProperties":{"type":"object",
            "properties":{"v":{"type":"integer"},"gone":{"type":"string"}}}}}}"#,
        target: r#"{"type":"object","properties":{"m":{"type":"object","additionalProperties":{"type":"object",
            "properties":{"v":{"type":"integer"}}}}}}"#,
        ..PLAIN
    },
    Sample {
        name: "recursion",
        source: r##"{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{
            "label":{"type":"string"},"gone":{"type":"integer"},"kids":{"type":"array","items":{
            "$ref":"#/$defs/node"}},"next":{"$ref":"#/$defs/node"}}}}}"##,
        target: r##"{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{
            "label":{"type":"string"},"kids":{"type":"array","items":{"$ref":"#/$defs/node"}},
            "next":{"$ref":"#/$defs/node"}}}}}"##,
        ..PLAIN
    },
    Sample {
        name: "the tag of a record changes",
        language: "atproto",
        source: r#"{"lexicon":1,"id":"com.example.a","defs":{"main":{"type":"record","key":"tid","record":{
            "type":"object","properties":{"x":{"type":"string"},"gone":{"type":"string"}}}}}}"#,
        target: r#"{"lexicon":1,"id":"com.example.b","defs":{"main":{"type":"record","key":"tid","record":{
            "type":"object","properties":{"x":{"type":"string"}}}}}}"#,
        ..PLAIN
    },
    Sample {
        name: "unions and tags of Lexicons",
        language: "atproto",
        source: r##"{"lexicon":1,"id":"com.example.a","defs":{"main":{"type":"record","key":"tid","record":{
            "type":"object","required":["open"],"properties":{"open":{"type":"union","refs":["#one","#two"]},
            "list":{"type":"array","items":{"type":"union","closed":true,"refs":["#one","#two"]}}}}},
            "one":{"type":"object","properties":{"x":{"type":"string"},"gone":{"type":"string"}}},
            "two":{"type":"object","properties":{"y":{"type":"integer"},"lost":{"type":"string"}}}}}"##,
        target: r##"{"lexicon":1,"id":"com.example.a","defs":{"main":{"type":"record","key":"tid","record":{
            "type":"object","required":["open"],"properties":{"open":{"type":"union","refs":["#one","#two"]},
            "list":{"type":"array","items":{"type":"union","closed":true,"refs":["#one","#two"]}}}}},
            "one":{"type":"object","properties":{"x":{"type":"string"}}},
            "two":{"type":"object","properties":{"y":{"type":"integer"}}}}}"##,
        ..PLAIN
    },
];

impl Sample {
    /// Compiles it; every question must be answered.
    pub(crate) fn machine(&self) -> Arc<Machine> {
        let [source, target] = [self.source, self.target].map(|text| {
            let parsed = language::parse(
                self.language,
                &[text.as_bytes()],
                &Options::default(),
                &mut Budget::default(),
            );
            Arc::new(parsed.into_result().unwrap())
        });
        let fields =
            self.hints.iter().map(|(from, to)| (from.to_string(), (!to.is_empty()).then(|| to.to_string())));
        let values = |list: &[(&str, &str)]| {
            list.iter().map(|(path, value)| (path.to_string(), Json::parse(value).unwrap())).collect()
        };
        let hints = Hints {
            fields: fields.collect(),
            defaults: values(self.defaults),
            source_defaults: values(self.source_defaults),
            ..Hints::default()
        };
        let mut migration = between(&source, &target, &hints, &mut Budget::default()).unwrap();
        (self.computed)(&mut Computed(&mut migration));
        let compiled = compile(&migration, &mut Budget::default()).unwrap();
        assert!(compiled.questions.is_empty(), "{}: {:#?}", self.name, compiled.questions);
        Arc::new(compiled.machine.unwrap())
    }
}

/// A migration to which computations are added, by paths from the main object.
pub(crate) struct Computed<'m>(&'m mut Migration);

impl Computed<'_> {
    fn way(schema: &Schema, path: &str) -> Vec<EdgeId> {
        let mut at = schema.resolve(schema.main()).vertex;
        let mut way = Vec::new();
        for name in path.split('.') {
            let list = name.strip_suffix("[]");
            let edge = schema.prop_named(at, list.unwrap_or(name)).unwrap();
            way.push(edge);
            at = schema.resolve(schema.edge(edge).tgt).vertex;
            if list.is_some() {
                way.push(schema.outgoing_of(at, EdgeKind::Items).next().unwrap().0);
                at = schema.resolve(schema.edge(way[way.len() - 1]).tgt).vertex;
            }
        }
        way
    }

    fn main(&self) -> (VertexId, VertexId) {
        let main = |schema: &Schema| schema.resolve(schema.main()).vertex;
        (main(&self.0.source), main(&self.0.target))
    }

    /// The value at a path goes through an expression.
    pub(crate) fn apply(
        &mut self,
        from: &str,
        to: &str,
        forward: Expr,
        back: Option<Expr>,
        class: CoercionClass,
    ) {
        let last = |way: Vec<EdgeId>| way[way.len() - 1];
        let edges = (last(Self::way(&self.0.source, from)), last(Self::way(&self.0.target, to)));
        self.0.applies.insert(edges, Apply { forward, backward: back, class });
    }

    /// Members are computed: inputs with `=` before their path are kept.
    pub(crate) fn compute(
        &mut self,
        inputs: &[&str],
        outputs: &[&str],
        forward: Expr,
        backward: Option<Expr>,
    ) {
        let compute = self.computation(inputs, outputs, forward, backward);
        let main = self.main();
        self.0.object_mut(main.0, main.1).computes.push(compute);
    }

    fn computation(
        &self,
        inputs: &[&str],
        outputs: &[&str],
        forward: Expr,
        backward: Option<Expr>,
    ) -> Compute {
        let name = |path: &str| Name::new(path.rsplit('.').next().unwrap());
        Compute {
            inputs: inputs
                .iter()
                .map(|path| {
                    let plain = path.trim_start_matches('=');
                    let way = Self::way(&self.0.source, plain);
                    Input { name: name(plain), way, kept: *path != plain }
                })
                .collect(),
            outputs: outputs
                .iter()
                .map(|path| Output { name: name(path), way: Self::way(&self.0.target, path) })
                .collect(),
            forward,
            backward,
            class: CoercionClass::Opaque,
        }
    }

    /// A member is in the view where a condition holds.
    pub(crate) fn survives(&mut self, path: &str, condition: Expr) {
        let way = Self::way(&self.0.source, path);
        self.0.survival.insert(way[way.len() - 1], condition);
    }

    /// Other links where a condition holds.
    pub(crate) fn branch(&mut self, when: Expr, links: &[(&str, &str)]) {
        let links = links.iter().map(|(from, to)| FieldMatch {
            from: Self::way(&self.0.source, from),
            to: Self::way(&self.0.target, to),
            reason: Reason::Hint,
        });
        let then = ObjectMatch { links: links.collect(), ..ObjectMatch::default() };
        let main = self.main();
        self.0.branches.entry(main).or_default().push(Branch { when, then });
    }
}

/// A small generator of numbers; the same seed gives the same ones.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }

    pub(crate) fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Names that undeclared members get: some are declared by the other side.
const STRANGE: &[&str] = &[
    "new",
    "may",
    "zz",
    "",
    "__proto__",
    "x",
    "a",
    "h",
    "body",
    "likes",
    "lang",
    "t",
    "s",
    "é",
    "$type",
    "p",
];
const STRINGS: &[&str] = &[
    r#""en""#,
    r#""dd""#,
    r#""""#,
    r#""a\u0062c""#,
    r#""007""#,
    r#""12""#,
    r#""\ud83d""#,
    r#""1.50""#,
    r#""é😀""#,
];
const INTEGERS: &[&str] = &["0", "7", "-3", "1.0", "1e2", "18446744073709551616", "-0"];
const NUMBERS: &[&str] = &["0", "7", "1.0", "1.5", "-2.50", "1e400", "1E+2"];

/// Makes values that are valid at a vertex, spelled in all manners.
pub(crate) struct Maker<'s> {
    pub(crate) schema: &'s Schema,
    pub(crate) dice: Dice,
}

impl Maker<'_> {
    pub(crate) fn record(&mut self) -> String {
        let mut text = self.value(self.schema.main(), 0, None);
        if self.schema.protocol() == "atproto" && self.dice.one_in(2) {
            let id =
                self.schema.documents()[0].id.replace('e', if self.dice.one_in(3) { "\\u0065" } else { "e" });
            let comma = if text.starts_with("{}") { "" } else { "," };
            text = format!("{{\"$type\":\"{id}\"{comma}{}", &text[1..]);
        }
        text
    }

    fn space(&mut self) -> &'static str {
        let space: &&'static str = self.dice.pick(&["", "", "", " ", "\n\t"]);
        space
    }

    fn key(&mut self, name: &str) -> String {
        match name.chars().next() {
            Some(first) if first.is_ascii() && self.dice.one_in(6) => {
                format!("\"\\u{:04x}{}\"", u32::from(first), &name[1..])
            }
            _ => Json::string(name).as_str().to_owned(),
        }
    }

    fn value(&mut self, vertex: VertexId, depth: usize, tag: Option<&str>) -> String {
        let resolved = self.schema.resolve(vertex);
        let here = self.schema.vertex(resolved.vertex);
        if resolved.nullable && self.dice.one_in(3) {
            return "null".into();
        }
        let types = here.types;
        match here.kind {
            Kind::Union => {
                let arms: Vec<_> = self.schema.outgoing_of(resolved.vertex, EdgeKind::Variant).collect();
                let (_, edge) = *self.dice.pick(&arms);
                if here.openness == Openness::Open && self.dice.one_in(4) {
                    return r#"{"$type":"com.example.other", "q" : 1}"#.into();
                }
                let (tgt, name) = (edge.tgt, edge.name.clone());
                self.value(tgt, depth, name.as_deref())
            }
            Kind::Array => {
                let item = self.schema.target_of(resolved.vertex, EdgeKind::Items);
                let count = if depth > 3 { 0 } else { self.dice.below(4) };
                let items: Vec<String> = (0..count)
                    .filter_map(|_| Some(self.value(item?, depth + 1, None) + self.space()))
                    .collect();
                format!("[{}{}]", self.space(), items.join(","))
            }
            Kind::Object => self.object(resolved.vertex, depth, tag),
            _ if types.contains(TypeSet::FRACTION) => self.dice.pick(NUMBERS).to_string(),
            _ if types.contains(TypeSet::INTEGER) => self.dice.pick(INTEGERS).to_string(),
            _ if types.contains(TypeSet::BOOLEAN) => self.dice.pick(&["true", "false"]).to_string(),
            _ => self.dice.pick(STRINGS).to_string(),
        }
    }

    fn object(&mut self, vertex: VertexId, depth: usize, tag: Option<&str>) -> String {
        let mut members: Vec<(String, String)> = Vec::new();
        if let Some(tag) = tag {
            members.push((self.key("$type"), Json::string(tag).as_str().to_owned()));
        }
        let props: Vec<_> = self
            .schema
            .props(vertex)
            .map(|(_, edge)| (edge.name.clone().unwrap_or_default(), edge.tgt, edge.required))
            .collect();
        for (name, tgt, required) in &props {
            if *required || (depth < 5 && !self.dice.one_in(3)) {
                members.push((self.key(name), self.value(*tgt, depth + 1, None)));
            }
        }
        let additional = self.schema.target_of(vertex, EdgeKind::Additional);
        let open = self.schema.vertex(vertex).openness == Openness::Open;
        for _ in 0..self.dice.below(3) {
            let name = *self.dice.pick(STRANGE);
            let key = self.key(name);
            let decoded = |key: &str| crate::value::string::decode(key.as_bytes()).into_owned();
            let known = name == "$type"
                || props.iter().any(|(prop, ..)| prop == name)
                || members.iter().any(|(other, _)| decoded(other) == name.as_bytes());
            if known || !(open || additional.is_some()) {
                continue;
            }
            let value = match additional {
                Some(additional) => self.value(additional, depth + 1, None),
                None => self.dice.pick(&["1", "null", "\"en\"", "\"fr\"", "{\"a\": [1 ]}", "7"]).to_string(),
            };
            members.push((key, value));
        }
        for at in (1..members.len()).rev() {
            let other = self.dice.below(at + 1);
            members.swap(at, other);
        }
        let mut text = String::from("{");
        for (at, (key, value)) in members.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            let space = self.space();
            text += &format!("{space}{key}{space}:{space}{value}");
        }
        text + "}"
    }
}

/// Changes a view somewhere: a value, a member added or gone, a list item inserted, deleted, swapped.
pub(crate) fn edit(view: &mut serde_json::Value, dice: &mut Dice) {
    use serde_json::Value;
    match view {
        Value::Object(members) => {
            let names: Vec<String> = members.keys().cloned().collect();
            match dice.below(6) {
                0 if !names.is_empty() => {
                    members.shift_remove(dice.pick(&names));
                }
                1 => {
                    let name = *dice.pick(STRANGE);
                    members.insert(name.to_owned(), scalar(dice));
                }
                _ if !names.is_empty() => {
                    if let Some(member) = members.get_mut(dice.pick(&names)) {
                        edit(member, dice);
                    }
                }
                _ => {}
            }
        }
        Value::Array(items) => match dice.below(6) {
            0 if !items.is_empty() => {
                items.remove(dice.below(items.len()));
            }
            1 if !items.is_empty() => {
                let copy = dice.pick(items).clone();
                items.insert(dice.below(items.len() + 1), copy);
            }
            2 if items.len() > 1 => {
                let (one, other) = (dice.below(items.len()), dice.below(items.len()));
                items.swap(one, other);
            }
            _ => {
                let at = dice.below(items.len());
                if let Some(item) = items.get_mut(at) {
                    edit(item, dice);
                }
            }
        },
        scalar_value => {
            let other = scalar(dice);
            let same_type = std::mem::discriminant(scalar_value) == std::mem::discriminant(&other);
            if same_type || dice.one_in(4) {
                *scalar_value = other;
            }
        }
    }
}

fn scalar(dice: &mut Dice) -> serde_json::Value {
    let text = match dice.below(4) {
        0 => "null",
        1 => *dice.pick(&["1", "7", "-20", "3.5"]),
        _ => *dice.pick(&["\"en\"", "\"dd\"", "\"12\"", "\"public\"", "\"new text\""]),
    };
    serde_json::from_str(text).unwrap()
}
