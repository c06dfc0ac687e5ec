//! A random schema, printed as JSON Schema and, where Lexicons have words for it, as a Lexicon.

use super::Random;
use serde_json::{Map, Value, json};

/// What values a position has.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// Beside `null`.
    pub kind: Type,
    /// `null` is admitted too.
    pub nullable: bool,
}

/// What values are like.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// `true` and `false`.
    Boolean,
    /// Integers, with bounds.
    Integer(Option<i64>, Option<i64>),
    /// Numbers, with bounds.
    Number(Option<i64>, Option<i64>),
    /// Strings, with lengths.
    String(Option<u64>, Option<u64>),
    /// Some strings.
    Enum(Vec<String>),
    /// One value.
    Const(Value),
    /// A list, with lengths.
    Array(Box<Position>, Option<u64>, Option<u64>),
    /// Any names with values of one kind.
    Map(Box<Position>),
    /// An object.
    Object(Object),
    /// Values of several JSON types.
    Types(Vec<Position>),
    /// Objects told apart by the constant in a member.
    Tagged(String, Vec<(String, Object)>),
    /// A definition.
    Reference(usize),
    /// Anything.
    Any,
}

/// An object's members.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// Those that are declared.
    pub fields: Vec<Field>,
    /// No others.
    pub closed: bool,
}

/// A declared member.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// It has to be there.
    pub required: bool,
    /// Its values.
    pub position: Position,
    /// What its absence means.
    pub default: Option<Value>,
}

/// A schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The root.
    pub root: Object,
    /// What references refer to.
    pub definitions: Vec<(String, Object)>,
    /// A Lexicon: only what it can say.
    pub lexicon: bool,
}

pub(super) const NAMES: &[&str] = &[
    "alpha",
    "beta",
    "gamma",
    "delta",
    "title",
    "count",
    "userName",
    "created_at",
    "tags",
    "id",
    "key",
    "value",
    "meta",
    "size",
    "kind",
    "parent",
    "left",
    "right",
    "body",
    "note",
];

/// Names that JSON Schema admits and that trip up those who are not careful.
pub(super) const ODD: &[&str] =
    &["", "a.b", "x/y", "__proto__", "items[]", "é", "\"q\"", "1", "a b", "$id\u{0}"];

pub(super) const WORDS: &[&str] = &["red", "green", "blue", "café", "", "a\"b", "日本", "x"];

impl Document {
    /// A schema of moderate size.
    pub fn random(random: &mut Random, lexicon: bool) -> Document {
        let count = random.below(3);
        let mut maker = Maker { random, lexicon, definitions: count };
        let definitions = (0..count).map(|at| (format!("def{at}"), maker.object(1))).collect();
        let root = maker.object(0);
        Document { root, definitions, lexicon }
    }

    /// The schema in its language.
    pub fn text(&self) -> String {
        if self.lexicon {
            let mut defs = Map::new();
            let mut record = self.object(&self.root);
            record.insert("type".to_owned(), "object".into());
            defs.insert("main".to_owned(), json!({"type": "record", "key": "tid", "record": record}));
            for (name, object) in &self.definitions {
                defs.insert(name.clone(), self.object(object).into());
            }
            json!({"lexicon": 1, "id": "com.example.made", "defs": defs}).to_string()
        } else {
            let mut root = self.object(&self.root);
            let definitions: Map<String, Value> = self
                .definitions
                .iter()
                .map(|(name, object)| (name.clone(), self.object(object).into()))
                .collect();
            root.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
            root.insert("$defs".to_owned(), definitions.into());
            Value::from(root).to_string()
        }
    }

    /// The language's name.
    pub fn language(&self) -> &'static str {
        if self.lexicon { "atproto" } else { "json-schema" }
    }

    fn object(&self, object: &Object) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("type".to_owned(), "object".into());
        let mut properties = Map::new();
        let (mut required, mut nullable) = (Vec::new(), Vec::new());
        for field in &object.fields {
            let mut value = self.position(&field.position);
            if let (Some(default), Some(value)) = (&field.default, value.as_object_mut()) {
                value.insert("default".to_owned(), default.clone());
            }
            properties.insert(field.name.clone(), value);
            if field.required {
                required.push(Value::from(field.name.as_str()));
            }
            if field.position.nullable {
                nullable.push(Value::from(field.name.as_str()));
            }
        }
        map.insert("properties".to_owned(), properties.into());
        map.insert("required".to_owned(), required.into());
        if self.lexicon {
            map.insert("nullable".to_owned(), nullable.into());
        } else if object.closed {
            map.insert("additionalProperties".to_owned(), false.into());
        }
        map
    }

    fn position(&self, position: &Position) -> Value {
        let value = self.kind(&position.kind);
        if !position.nullable || self.lexicon {
            return value;
        }
        match value {
            Value::Object(mut map)
                if map.get("type").is_some_and(Value::is_string) && !map.contains_key("enum") =>
            {
                let name = map["type"].clone();
                map["type"] = json!([name, "null"]);
                map.into()
            }
            value => json!({"anyOf": [value, {"type": "null"}]}),
        }
    }

    fn kind(&self, kind: &Type) -> Value {
        let mut map = Map::new();
        let mut bound = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                map.insert(name.to_owned(), value);
            }
        };
        match kind {
            Type::Boolean => bound("type", Some("boolean".into())),
            Type::Integer(least, most) | Type::Number(least, most) => {
                let name = if matches!(kind, Type::Integer(..)) { "integer" } else { "number" };
                bound("type", Some(name.into()));
                bound("minimum", least.map(Value::from));
                bound("maximum", most.map(Value::from));
            }
            Type::String(least, most) => {
                bound("type", Some("string".into()));
                bound("minLength", least.map(Value::from));
                bound("maxLength", most.map(Value::from));
            }
            Type::Enum(values) => {
                bound("type", Some("string".into()));
                bound("enum", Some(values.clone().into()));
            }
            Type::Const(value) => {
                if self.lexicon {
                    bound("type", Some("string".into()));
                }
                bound("const", Some(value.clone()));
            }
            Type::Array(items, least, most) => {
                bound("type", Some("array".into()));
                bound("items", Some(self.position(items)));
                let (min, max) =
                    if self.lexicon { ("minLength", "maxLength") } else { ("minItems", "maxItems") };
                bound(min, least.map(Value::from));
                bound(max, most.map(Value::from));
            }
            Type::Map(values) => {
                bound("type", Some("object".into()));
                bound("additionalProperties", Some(self.position(values)));
            }
            Type::Object(object) => return self.object(object).into(),
            Type::Types(arms) => {
                let arms: Vec<Value> = arms.iter().map(|arm| self.position(arm)).collect();
                bound("anyOf", Some(arms.into()));
            }
            Type::Tagged(tag, arms) => {
                let arms: Vec<Value> = arms
                    .iter()
                    .map(|(value, object)| {
                        let mut arm = self.object(object);
                        let tags = arm.get_mut("properties").and_then(Value::as_object_mut);
                        if let Some(tags) = tags {
                            tags.insert(tag.clone(), json!({"const": value}));
                        }
                        if let Some(Value::Array(required)) = arm.get_mut("required") {
                            required.push(tag.as_str().into());
                        }
                        arm.into()
                    })
                    .collect();
                bound("oneOf", Some(arms.into()));
            }
            Type::Reference(at) => {
                let name = self.definitions.get(*at).map_or("", |(name, _)| name);
                if self.lexicon {
                    bound("type", Some("ref".into()));
                    bound("ref", Some(format!("#{name}").into()));
                } else {
                    bound("$ref", Some(format!("#/$defs/{name}").into()));
                }
            }
            Type::Any => {
                if self.lexicon {
                    bound("type", Some("unknown".into()));
                }
            }
        }
        map.into()
    }
}

pub(super) struct Maker<'r> {
    pub(super) random: &'r mut Random,
    pub(super) lexicon: bool,
    pub(super) definitions: usize,
}

impl Maker<'_> {
    pub(super) fn name(&mut self, taken: &Object) -> String {
        loop {
            let odd = !self.lexicon && self.random.chance(6);
            let name = (*self.random.pick(if odd { ODD } else { NAMES })).to_owned();
            if !taken.fields.iter().any(|field| field.name == name) {
                return name;
            }
        }
    }

    pub(super) fn object(&mut self, depth: usize) -> Object {
        let count = if depth == 0 { 2 + self.random.below(5) } else { 1 + self.random.below(3) };
        let mut object = Object { fields: Vec::new(), closed: !self.lexicon && self.random.chance(30) };
        for _ in 0..count {
            let name = self.name(&object);
            let field = self.field(name, depth);
            object.fields.push(field);
        }
        object
    }

    pub(super) fn field(&mut self, name: String, depth: usize) -> Field {
        let position = self.position(depth + 1);
        let mut required = self.random.chance(40);
        // A definition that requires itself has no value.
        if matches!(position.kind, Type::Reference(_)) {
            required = false;
        }
        let default = if self.random.chance(15) { self.value(&position.kind) } else { None };
        Field { name, required, position, default }
    }

    pub(super) fn position(&mut self, depth: usize) -> Position {
        let kind = self.kind(depth);
        let nullable = self.random.chance(12) && kind != Type::Any;
        Position { kind, nullable }
    }

    fn inner(&mut self, depth: usize) -> Box<Position> {
        let mut position = self.position(depth);
        if self.lexicon {
            position.nullable = false;
        }
        Box::new(position)
    }

    fn kind(&mut self, depth: usize) -> Type {
        let choice = self.random.below(if depth > 3 { 12 } else { 24 });
        match choice {
            0 => Type::Boolean,
            1..=3 => {
                let (least, most) = self.bounds();
                Type::Integer(least, most)
            }
            4 | 5 if !self.lexicon => {
                let (least, most) = self.bounds();
                Type::Number(least, most)
            }
            4..=8 => {
                let least = self.random.chance(15).then(|| self.random.below(3) as u64);
                let most = self.random.chance(20).then(|| 3 + self.random.below(20) as u64);
                Type::String(least, most)
            }
            9 | 10 => {
                let mut words: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
                self.random.shuffle(&mut words);
                words.truncate(1 + self.random.below(4));
                Type::Enum(words)
            }
            11 if self.lexicon => Type::Const("fixed".into()),
            11 => Type::Const(if self.random.chance(50) { json!("fixed") } else { json!(7) }),
            12..=15 => {
                let items = self.inner(depth + 1);
                let least = self.random.chance(10).then_some(1);
                let most = self.random.chance(15).then(|| 2 + self.random.below(4) as u64);
                Type::Array(items, least, most)
            }
            16 | 17 if !self.lexicon => Type::Map(self.inner(depth + 1)),
            18 if !self.lexicon => {
                let mut arms = vec![Type::String(None, None), Type::Boolean];
                arms.push(Type::Integer(None, None));
                arms.push(Type::Array(self.inner(depth + 1), None, None));
                arms.push(Type::Object(self.object(depth + 1)));
                self.random.shuffle(&mut arms);
                arms.truncate(2 + self.random.below(2));
                Type::Types(arms.into_iter().map(|kind| Position { kind, nullable: false }).collect())
            }
            19 if !self.lexicon => {
                let tag = "type".to_owned();
                let count = 1 + self.random.below(3);
                let arms = (0..count).map(|at| (format!("arm{at}"), self.object(depth + 1))).collect();
                Type::Tagged(tag, arms)
            }
            20 | 21 if self.definitions > 0 => Type::Reference(self.random.below(self.definitions)),
            22 => Type::Any,
            _ => Type::Object(if self.lexicon && depth > 3 {
                Object::default()
            } else {
                self.object(depth + 1)
            }),
        }
    }

    fn bounds(&mut self) -> (Option<i64>, Option<i64>) {
        let least = self.random.chance(20).then(|| self.random.below(10) as i64 - 5);
        let most = self.random.chance(20).then(|| 5 + self.random.below(100) as i64);
        (least, most)
    }

    /// A value of a scalar kind.
    pub(super) fn value(&mut self, kind: &Type) -> Option<Value> {
        Some(match kind {
            Type::Boolean => self.random.chance(50).into(),
            Type::Integer(least, most) | Type::Number(least, most) => {
                let least = least.unwrap_or(0);
                let most = most.unwrap_or(least + 50).max(least);
                (least + self.random.below((most - least + 1) as usize) as i64).into()
            }
            Type::String(least, most) => {
                let least = least.unwrap_or(0) as usize;
                let length =
                    least + self.random.below(most.map_or(4, |most| most as usize + 1 - least).min(6));
                "abcdefghijklmnopqrstuvwxyz"[..length].into()
            }
            Type::Enum(values) => self.random.pick(values).as_str().into(),
            Type::Const(value) => value.clone(),
            _ => return None,
        })
    }
}
