//! A random value of a vertex of a schema. Nearly always valid there; whoever needs it validates it.

use panproto_core::schema::{EdgeKind, Kind, Openness, Schema, Sort, TypeSet, VertexId};
use panproto_core::value::Json;
use panproto_testkit::generate::{Node, Random, spelled};

/// What values are made of.
pub struct Maker<'m> {
    pub schema: &'m Schema,
    pub random: &'m mut Random,
    /// Names that undeclared members may take: those of the other version, so that some are adopted or shadowed.
    pub names: &'m [String],
    /// Chance of odd spellings, of a hundred.
    pub odd: usize,
    /// Values that may still be made.
    pub left: usize,
}

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "7",
    "12",
    "40",
    "-1",
    "-3",
    "100",
    "-0",
    "1.0",
    "2e1",
    "9007199254740993",
    "18446744073709551616",
    "123456789012345678901234567890",
];
const FRACTIONS: &[&str] = &["0.5", "1.5", "-2.25", "1e-7", "3.0", "0.1000", "1E+2"];
const STRINGS: &[&str] = &[
    "",
    "a",
    "7",
    "007",
    "-1",
    "1.5",
    "text",
    "red",
    "green",
    "blue",
    "fixed",
    "added",
    "café",
    "日本",
    "😀",
    "a\"b\\c",
    "line\nbreak",
    "abcdefghijkl",
    "x",
    "true",
    "null",
];

impl Maker<'_> {
    pub fn value(&mut self, at: VertexId, depth: usize) -> Node {
        let resolved = self.schema.resolve(at);
        let vertex = self.schema.vertex(resolved.vertex);
        self.left = self.left.saturating_sub(1);
        if resolved.nullable && self.random.chance(if depth > 8 { 90 } else { 12 }) {
            return Node::Scalar("null".to_owned());
        }
        if let Some(constraint) = vertex.constraint(Sort::Const) {
            return self.respelled(&constraint.value);
        }
        if let Some(constraint) = vertex.constraint(Sort::Enum) {
            let tree = constraint.value.tree();
            let items: Vec<Json> = tree.root().items().map(|item| item.to_json()).collect();
            if !items.is_empty() {
                let value = self.random.pick(&items).clone();
                return self.respelled(&value);
            }
        }
        match vertex.kind {
            Kind::Record => {
                let nsid = vertex.nsid.as_ref().map(ToString::to_string);
                let Some(body) = self.schema.target_of(resolved.vertex, EdgeKind::RecordSchema) else {
                    return Node::Object(Vec::new());
                };
                let mut value = self.value(body, depth);
                if let (Node::Object(members), Some(nsid)) = (&mut value, nsid)
                    && self.random.chance(80)
                    && !members.iter().any(|(key, _)| Node::name(key) == "$type")
                {
                    members.insert(0, ("\"$type\"".to_owned(), Node::string(&nsid)));
                }
                value
            }
            Kind::Object => self.object(resolved.vertex, depth),
            Kind::Array => self.array(resolved.vertex, depth),
            Kind::Union => self.union(resolved.vertex, depth),
            Kind::Intersection => self.intersection(resolved.vertex, depth),
            Kind::Boolean => Node::Scalar(if self.random.chance(50) { "true" } else { "false" }.to_owned()),
            Kind::Null => Node::Scalar("null".to_owned()),
            Kind::Integer | Kind::Number => self.number(resolved.vertex),
            Kind::String | Kind::Token => self.string(resolved.vertex),
            Kind::Bytes => raw(r#"{"$bytes":"aGVsbG8"}"#),
            Kind::CidLink => {
                raw(r#"{"$link":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"}"#)
            }
            Kind::Blob => raw(concat!(
                r#"{"$type":"blob","ref":{"$link":"bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"},"#,
                r#""mimeType":"image/jpeg","size":1000}"#
            )),
            Kind::Unknown => raw(r#"{"any":[1.0,{"x":null}],"$type":"com.example.other"}"#),
            Kind::External => raw(r#"{"uri":"at://x","cid":"y"}"#),
            _ => self.any(vertex.types, resolved.vertex, depth),
        }
    }

    fn respelled(&mut self, value: &Json) -> Node {
        let tree = value.tree();
        match tree.root().as_str() {
            Some(content) => Node::Scalar(spelled(self.random, &content, self.odd)),
            None => raw(value.as_str()),
        }
    }

    fn any(&mut self, types: TypeSet, at: VertexId, depth: usize) -> Node {
        let types = if types.is_empty() { TypeSet::ALL } else { types };
        let names: Vec<&str> = types.names().collect();
        match *self.random.pick(&names) {
            "null" => raw("null"),
            "boolean" => raw("true"),
            "integer" | "number" => self.number(at),
            "string" => self.string(at),
            "array" if depth > 6 => raw("[]"),
            "array" => self.array(at, depth),
            _ if depth > 6 => raw("{}"),
            _ => self.object(at, depth),
        }
    }

    fn bound(&self, at: VertexId, sort: Sort) -> Option<f64> {
        self.schema.vertex(at).constraint(sort).and_then(|constraint| constraint.value.as_str().parse().ok())
    }

    fn number(&mut self, at: VertexId) -> Node {
        let integral = !self.schema.vertex(at).types.contains(TypeSet::FRACTION);
        let least = self.bound(at, Sort::Minimum).or(self.bound(at, Sort::ExclusiveMinimum).map(|n| n + 1.0));
        let most = self.bound(at, Sort::Maximum).or(self.bound(at, Sort::ExclusiveMaximum).map(|n| n - 1.0));
        if least.is_none() && most.is_none() && self.bound(at, Sort::MultipleOf).is_none() {
            let pool = if !integral && self.random.chance(40) { FRACTIONS } else { NUMBERS };
            return raw(self.random.pick::<&str>(pool));
        }
        let least = least.unwrap_or_else(|| most.unwrap_or(50.0).min(0.0)) as i64;
        let most = (most.unwrap_or(least as f64 + 50.0) as i64).max(least);
        let step = self.bound(at, Sort::MultipleOf).unwrap_or(1.0).max(1.0) as i64;
        let number =
            least + self.random.below((most.saturating_sub(least)).clamp(0, 1000) as usize + 1) as i64;
        let number = number / step * step;
        raw(&if self.random.chance(self.odd) { format!("{number}.0") } else { number.to_string() })
    }

    fn string(&mut self, at: VertexId) -> Node {
        let vertex = self.schema.vertex(at);
        let format = vertex.constraint(Sort::Format).map(|constraint| constraint.value.as_str().to_owned());
        let sample = match format.as_deref().map(|format| format.trim_matches('"')) {
            Some("datetime" | "date-time") => Some("2024-02-29T12:34:56.789Z"),
            Some("date") => Some("2024-02-29"),
            Some("time") => Some("12:34:56Z"),
            Some("did" | "at-identifier") => Some("did:plc:z72i7hdynmk6r22z27h6tvur"),
            Some("handle") => Some("alice.example.com"),
            Some("at-uri") => Some("at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3k43tv4rft22g"),
            Some("cid") => Some("bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"),
            Some("nsid") => Some("app.bsky.feed.post"),
            Some("language") => Some("pt-BR"),
            Some("tid") => Some("3k43tv4rft22g"),
            Some("record-key") => Some("self"),
            Some("uri" | "iri" | "uri-reference") => Some("https://example.com/a?b=c"),
            Some("email" | "idn-email") => Some("a@example.com"),
            Some("hostname") => Some("example.com"),
            Some("ipv4") => Some("127.0.0.1"),
            Some("ipv6") => Some("::1"),
            Some("uuid") => Some("3e4666bf-d5e5-4aa7-b8ce-cefe41c7568a"),
            Some("regex") => Some("^a$"),
            _ => None,
        };
        let mut content = match sample {
            Some(sample) => sample.to_owned(),
            None => (*self.random.pick(STRINGS)).to_owned(),
        };
        let least = [Sort::MinLength, Sort::MinBytes, Sort::MinGraphemes];
        let least = least.into_iter().filter_map(|sort| self.bound(at, sort)).fold(0.0, f64::max) as usize;
        let most = [Sort::MaxLength, Sort::MaxBytes, Sort::MaxGraphemes];
        let most = most.into_iter().filter_map(|sort| self.bound(at, sort)).fold(f64::MAX, f64::min) as usize;
        while content.chars().count() < least.min(10_000) {
            content.push('z');
        }
        while content.len() > most.max(least) {
            content.pop();
        }
        Node::Scalar(spelled(self.random, &content, self.odd))
    }

    fn array(&mut self, at: VertexId, depth: usize) -> Node {
        let items = self.schema.target_of(at, EdgeKind::Items);
        let prefix: Vec<VertexId> =
            self.schema.outgoing_of(at, EdgeKind::Prefix).map(|(_, edge)| edge.tgt).collect();
        let least = self.bound(at, Sort::MinItems).unwrap_or(0.0) as usize;
        let most = self.bound(at, Sort::MaxItems).map_or(least + 4, |most| (most as usize).min(least + 4));
        let room = if depth > 8 || self.left == 0 { 0 } else { most.saturating_sub(least) };
        let count = least + self.random.below(room + 1);
        let mut list: Vec<Node> = Vec::new();
        for index in 0..count.max(least) {
            let value = match prefix.get(index).copied().or(items) {
                Some(vertex) => self.value(vertex, depth + 1),
                None => raw(self.random.pick::<&str>(NUMBERS)),
            };
            // Repeated items are rare where they are not admitted.
            let unique = self.schema.vertex(at).constraint(Sort::UniqueItems).is_some();
            if !(unique && list.contains(&value)) {
                list.push(value);
            }
        }
        Node::Array(list)
    }

    fn union(&mut self, at: VertexId, depth: usize) -> Node {
        let arms: Vec<(Option<String>, VertexId)> = self
            .schema
            .outgoing_of(at, EdgeKind::Variant)
            .map(|(_, edge)| (edge.name.as_ref().map(ToString::to_string), edge.tgt))
            .collect();
        if arms.is_empty() {
            return raw(r#"{"$type":"com.example.none"}"#);
        }
        if self.schema.vertex(at).openness == Openness::Open
            && arms.iter().any(|(tag, _)| tag.is_some())
            && self.random.chance(8)
        {
            return raw(r#"{"$type":"com.example.later#thing","x":[1]}"#);
        }
        let (tag, vertex) = self.random.pick(&arms).clone();
        let mut value = self.value(vertex, depth + 1);
        if let (Some(tag), Node::Object(members)) = (tag, &mut value) {
            members.retain(|(key, _)| Node::name(key) != "$type");
            let place = self.random.below(members.len() + 1);
            members.insert(place, ("\"$type\"".to_owned(), Node::string(&tag)));
        }
        value
    }

    fn intersection(&mut self, at: VertexId, depth: usize) -> Node {
        let branches: Vec<VertexId> =
            self.schema.outgoing_of(at, EdgeKind::Branch).map(|(_, edge)| edge.tgt).collect();
        let mut whole: Option<Node> = None;
        for branch in branches {
            if depth > 12 {
                break;
            }
            let value = self.value(branch, depth + 1);
            match (&mut whole, value) {
                (Some(Node::Object(members)), Node::Object(more)) => {
                    for (key, value) in more {
                        if !members.iter().any(|(other, _)| Node::name(other) == Node::name(&key)) {
                            members.push((key, value));
                        }
                    }
                }
                (Some(_), _) => {}
                (None, value) => whole = Some(value),
            }
        }
        whole.unwrap_or_else(|| raw("{}"))
    }

    fn object(&mut self, at: VertexId, depth: usize) -> Node {
        let mut members: Vec<(String, Node)> = Vec::new();
        let fields: Vec<(String, VertexId, bool)> = self
            .schema
            .props(at)
            .map(|(_, edge)| (edge.name.as_deref().unwrap_or("").to_owned(), edge.tgt, edge.required))
            .collect();
        let wanted = if depth > 6 || self.left == 0 { 0 } else { 60 };
        for (name, vertex, required) in &fields {
            if depth > 14 || !(*required || self.random.chance(wanted)) {
                continue;
            }
            let default = self.schema.vertex(self.schema.resolve(*vertex).vertex).default.clone();
            let value = match default {
                Some(default) if self.random.chance(30) => self.respelled(&default),
                _ => self.value(*vertex, depth + 1),
            };
            members.push((spelled(self.random, name, self.odd), value));
        }
        let vertex = self.schema.vertex(at);
        let additional = self.schema.target_of(at, EdgeKind::Additional);
        let pattern = self.schema.outgoing_of(at, EdgeKind::Pattern).next().map(|(_, edge)| edge.tgt);
        let least = self.bound(at, Sort::MinProperties).unwrap_or(0.0) as usize;
        let mut more = match (additional.or(pattern), vertex.openness) {
            _ if depth > 6 || self.left == 0 => 0,
            (Some(_), _) => self.random.below(4),
            (None, Openness::Open) if self.random.chance(40) => 1 + self.random.below(2),
            _ => 0,
        };
        more = more.max(least.saturating_sub(members.len()).min(8));
        for _ in 0..more {
            let name = match self.random.below(4) {
                0 if !self.names.is_empty() => self.random.pick(self.names).clone(),
                1 => (*self.random.pick(&["", "a.b", "__proto__", "é", "1", "x y"])).to_owned(),
                _ => (*self.random.pick(&["extra", "more", "k1", "key_2", "langs", "z"])).to_owned(),
            };
            let declared = fields.iter().any(|(declared, ..)| *declared == name);
            let twice = members.iter().any(|(key, _)| Node::name(key) == name);
            if declared || (twice && !self.random.chance(5)) {
                continue;
            }
            let value = match additional.or(pattern) {
                Some(vertex) => self.value(vertex, depth + 1),
                None => self.any(TypeSet::ALL.without(TypeSet::OBJECT), at, depth + 5),
            };
            members.push((spelled(self.random, &name, self.odd), value));
        }
        if self.random.chance(50) {
            self.random.shuffle(&mut members);
        }
        Node::Object(members)
    }
}

fn raw(text: &str) -> Node {
    Node::parse(text).unwrap_or_else(|| Node::Scalar(text.to_owned()))
}
