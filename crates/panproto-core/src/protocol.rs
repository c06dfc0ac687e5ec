//! What a schema language allows; the registry of built-in ones.
//!
//! A protocol names the kinds of vertices and edges of its schemas, which edge may join which kinds, and the sorts
//! of constraints. It has no part in reading or converting data: its flags are told to hosts and ask for nothing.
//!
//! ```
//! use panproto_core::protocol::Protocol;
//! use panproto_core::schema::{EdgeKind, Kind};
//! let protocol = Protocol::builtin("atproto").unwrap();
//! assert!(protocol.allows_edge(&EdgeKind::RecordSchema, &Kind::Record, &Kind::Object));
//! assert!(!protocol.allows_edge(&EdgeKind::RecordSchema, &Kind::Object, &Kind::Object));
//! ```

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::Limits;
use crate::name::Name;
use crate::schema::{EdgeKind, Kind, Schema, Sort};
use crate::value::{Json, Tree, ValueRef};

/// Which kinds an edge of one kind may join. An empty list means any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeRule {
    /// The kind of the edge.
    pub edge_kind: EdgeKind,
    /// Kinds of vertices where it may start.
    pub src_kinds: Vec<Kind>,
    /// Kinds of vertices where it may lead.
    pub tgt_kinds: Vec<Kind>,
}

/// What the schemas of a language may have. They are told, and read by nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Features {
    /// Edges are ordered.
    pub has_order: bool,
    /// There are unions.
    pub has_coproducts: bool,
    /// A definition may lead back to itself.
    pub has_recursion: bool,
    /// Order means cause.
    pub has_causal: bool,
    /// Definitions are told apart by name, not by structure.
    pub nominal_identity: bool,
    /// Members may have defaults.
    pub has_defaults: bool,
    /// Values may be coerced between kinds.
    pub has_coercions: bool,
    /// Values may be merged.
    pub has_mergers: bool,
    /// There are policies for merging.
    pub has_policies: bool,
}

impl Features {
    /// Names on the wire, with a way to each flag.
    fn flags(&mut self) -> [(&'static str, &mut bool); 9] {
        [
            ("has_order", &mut self.has_order),
            ("has_coproducts", &mut self.has_coproducts),
            ("has_recursion", &mut self.has_recursion),
            ("has_causal", &mut self.has_causal),
            ("nominal_identity", &mut self.nominal_identity),
            ("has_defaults", &mut self.has_defaults),
            ("has_coercions", &mut self.has_coercions),
            ("has_mergers", &mut self.has_mergers),
            ("has_policies", &mut self.has_policies),
        ]
    }
}

/// A schema language, as far as graphs go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Its name.
    pub name: Name,
    /// Name of the theory of its schemas.
    pub schema_theory: Name,
    /// Name of the theory of its instances.
    pub instance_theory: Name,
    /// Its edges.
    pub edge_rules: Vec<EdgeRule>,
    /// Its kinds of vertices, beside those that the rules name.
    pub obj_kinds: Vec<Kind>,
    /// Its sorts of constraints; empty means any.
    pub constraint_sorts: Vec<Name>,
    /// What its schemas may have.
    pub features: Features,
}

impl Protocol {
    /// The names of the built-in protocols.
    pub const BUILTIN: [&str; 2] = ["atproto", "json-schema"];

    /// A built-in protocol. Underscores are read as hyphens.
    pub fn builtin(name: &str) -> Option<Protocol> {
        match name.replace('_', "-").as_str() {
            "atproto" => Some(atproto()),
            "json-schema" => Some(json_schema()),
            _ => None,
        }
    }

    /// Reads a protocol from its JSON form. Every member but `name` may be absent.
    ///
    /// # Errors
    /// Those of JSON; `invalid-protocol`.
    pub fn parse(text: &[u8], limits: &Limits) -> Result<Protocol> {
        let tree = Tree::parse(text, limits)?;
        let root = tree.root();
        if !root.is_object() {
            return Err(invalid(root, "a protocol is an object"));
        }
        let name = root.get("name").map(|value| string(value, "name")).transpose()?;
        let text_at = |member: &str, otherwise: &str| match root.get(member) {
            Some(value) => string(value, member),
            None => Ok(otherwise.to_owned()),
        };
        let mut features = Features::default();
        for (member, flag) in features.flags() {
            if let Some(value) = root.get(member) {
                *flag =
                    value.as_bool().ok_or_else(|| invalid(value, format!("`{member}` is not a boolean")))?;
            }
        }
        let mut edge_rules = Vec::new();
        for rule in root.get("edge_rules").into_iter().flat_map(ValueRef::items) {
            let kind = rule.get("edge_kind").ok_or_else(|| invalid(rule, "a rule has no `edge_kind`"))?;
            edge_rules.push(EdgeRule {
                edge_kind: EdgeKind::from_name(&string(kind, "edge_kind")?),
                src_kinds: kinds(rule, "src_kinds")?,
                tgt_kinds: kinds(rule, "tgt_kinds")?,
            });
        }
        Ok(Protocol {
            name: name.ok_or_else(|| invalid(root, "a protocol has a `name`"))?.into(),
            schema_theory: text_at("schema_theory", "ThGraph")?.into(),
            instance_theory: text_at("instance_theory", "ThWType")?.into(),
            edge_rules,
            obj_kinds: kinds(root, "obj_kinds")?,
            constraint_sorts: strings(root, "constraint_sorts")?.into_iter().map(Name::from).collect(),
            features,
        })
    }

    /// The JSON form that [`Protocol::parse`] reads.
    pub fn to_json(&self) -> Json {
        let list = |names: &mut dyn Iterator<Item = &str>| {
            let names: Vec<String> = names.map(|name| Json::string(name).to_string()).collect();
            format!("[{}]", names.join(","))
        };
        let of_kinds = |kinds: &[Kind]| list(&mut kinds.iter().map(Kind::as_str));
        let rules: Vec<String> = self
            .edge_rules
            .iter()
            .map(|rule| {
                format!(
                    r#"{{"edge_kind":{},"src_kinds":{},"tgt_kinds":{}}}"#,
                    Json::string(rule.edge_kind.as_str()),
                    of_kinds(&rule.src_kinds),
                    of_kinds(&rule.tgt_kinds)
                )
            })
            .collect();
        let mut features = self.features;
        let flags: Vec<String> =
            features.flags().into_iter().map(|(name, flag)| format!("\"{name}\":{flag}")).collect();
        let text = format!(
            r#"{{"name":{},"schema_theory":{},"instance_theory":{},"edge_rules":[{}],"obj_kinds":{},"constraint_sorts":{},{}}}"#,
            Json::string(&self.name),
            Json::string(&self.schema_theory),
            Json::string(&self.instance_theory),
            rules.join(","),
            of_kinds(&self.obj_kinds),
            list(&mut self.constraint_sorts.iter().map(Name::as_str)),
            flags.join(",")
        );
        Json::parse(&text).unwrap_or_else(|_| Json::null())
    }

    /// Whether it says nothing of kinds and edges, so that everything is allowed.
    pub fn is_open(&self) -> bool {
        self.obj_kinds.is_empty() && self.edge_rules.is_empty()
    }

    /// Whether its schemas have vertices of a kind.
    pub fn allows_kind(&self, kind: &Kind) -> bool {
        self.is_open()
            || self.obj_kinds.contains(kind)
            || self
                .edge_rules
                .iter()
                .any(|rule| rule.src_kinds.contains(kind) || rule.tgt_kinds.contains(kind))
    }

    /// Whether an edge may join two kinds.
    pub fn allows_edge(&self, edge: &EdgeKind, src: &Kind, tgt: &Kind) -> bool {
        let fits = |kinds: &[Kind], kind: &Kind| kinds.is_empty() || kinds.contains(kind);
        self.edge_rules.is_empty()
            || self.edge_rules.iter().any(|rule| {
                rule.edge_kind == *edge && fits(&rule.src_kinds, src) && fits(&rule.tgt_kinds, tgt)
            })
    }

    /// Whether its schemas have constraints of a sort.
    pub fn allows_sort(&self, sort: &str) -> bool {
        self.constraint_sorts.is_empty() || self.constraint_sorts.iter().any(|known| *known == *sort)
    }

    /// The sort that the language means by a keyword at a kind: `maxLength` counts code points in JSON Schema, and
    /// UTF-8 bytes or items in a Lexicon.
    pub fn sort_named(&self, kind: &Kind, keyword: &str) -> Option<Sort> {
        match (self.name.as_str(), kind, keyword) {
            ("atproto", Kind::Array, "minLength") => Some(Sort::MinItems),
            ("atproto", Kind::Array, "maxLength") => Some(Sort::MaxItems),
            ("atproto", _, "minLength") => Some(Sort::MinBytes),
            ("atproto", _, "maxLength") => Some(Sort::MaxBytes),
            _ => Sort::from_name(keyword),
        }
    }

    /// What in a schema this protocol does not allow.
    pub fn check(&self, schema: &Schema) -> Vec<Diagnostic> {
        let finding =
            |code, message: String, id: &Name| Diagnostic::new(ErrorKind::Schema, code, message).at(id);
        let mut found = Vec::new();
        for (id, vertex) in schema.vertices() {
            if !self.allows_kind(&vertex.kind) {
                let message = format!("protocol `{}` has no kind `{}`", self.name, vertex.kind);
                found.push(finding("invalid-vertex-kind", message, &vertex.id));
            }
            for constraint in &vertex.constraints {
                if !self.allows_sort(constraint.sort.as_str()) {
                    let message = format!("protocol `{}` has no constraint `{}`", self.name, constraint.sort);
                    found.push(finding("invalid-constraint-sort", message, &vertex.id));
                }
            }
            for (_, edge) in schema.outgoing(id) {
                let target = &schema.vertex(edge.tgt).kind;
                if !self.allows_edge(&edge.kind, &vertex.kind, target) {
                    let message = format!(
                        "protocol `{}` has no edge `{}` from `{}` to `{target}`",
                        self.name, edge.kind, vertex.kind
                    );
                    found.push(finding("invalid-edge", message, &vertex.id));
                }
            }
        }
        found
    }
}

fn invalid(value: ValueRef<'_>, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Diagnostic::new(ErrorKind::Schema, "invalid-protocol", message).spanning(value.span()).boxed()
}

fn string(value: ValueRef<'_>, member: &str) -> Result<String> {
    match value.as_str() {
        Some(text) => Ok(text.into_owned()),
        None => Err(invalid(value, format!("`{member}` is not a string"))),
    }
}

fn strings(from: ValueRef<'_>, member: &str) -> Result<Vec<String>> {
    match from.get(member) {
        None => Ok(Vec::new()),
        Some(list) if list.is_array() => list.items().map(|item| string(item, member)).collect(),
        Some(other) => Err(invalid(other, format!("`{member}` is not a list of strings"))),
    }
}

fn kinds(from: ValueRef<'_>, member: &str) -> Result<Vec<Kind>> {
    Ok(strings(from, member)?.iter().map(|name| Kind::from_name(name)).collect())
}

fn rule(edge_kind: EdgeKind, src_kinds: &[Kind], tgt_kinds: &[Kind]) -> EdgeRule {
    EdgeRule { edge_kind, src_kinds: src_kinds.to_vec(), tgt_kinds: tgt_kinds.to_vec() }
}

fn names(names: &[&str]) -> Vec<Name> {
    names.iter().map(Name::new).collect()
}

fn atproto() -> Protocol {
    let services = [Kind::Query, Kind::Procedure, Kind::Subscription];
    Protocol {
        name: "atproto".into(),
        schema_theory: "ThATProtoSchema".into(),
        instance_theory: "ThATProtoInstance".into(),
        edge_rules: vec![
            rule(EdgeKind::RecordSchema, &[Kind::Record], &[Kind::Object]),
            // Schemas that were built by hand hang properties on services, too.
            rule(EdgeKind::Prop, &[Kind::Object, Kind::Query, Kind::Procedure, Kind::Subscription], &[]),
            rule(EdgeKind::Items, &[Kind::Array], &[]),
            rule(EdgeKind::Prefix, &[Kind::Array], &[]),
            rule(EdgeKind::Variant, &[Kind::Union], &[]),
            rule(EdgeKind::Ref, &[], &[]),
            rule(EdgeKind::Other("self-ref".into()), &[], &[]),
            rule(EdgeKind::Parameters, &services, &[Kind::Object]),
            rule(EdgeKind::Input, &[Kind::Procedure], &[]),
            rule(EdgeKind::Output, &[Kind::Query, Kind::Procedure], &[]),
            rule(EdgeKind::Message, &[Kind::Subscription], &[]),
        ],
        obj_kinds: vec![
            Kind::Record,
            Kind::Object,
            Kind::Array,
            Kind::Union,
            Kind::String,
            Kind::Integer,
            Kind::Boolean,
            Kind::Null,
            Kind::Bytes,
            Kind::CidLink,
            Kind::Blob,
            Kind::Unknown,
            Kind::Token,
            Kind::Query,
            Kind::Procedure,
            Kind::Subscription,
            Kind::Ref,
            Kind::External,
            Kind::Definition,
            // The early form, and bodies without a schema.
            Kind::Number,
            Kind::Any,
        ],
        constraint_sorts: names(&[
            "minLength",
            "maxLength",
            "minBytes",
            "maxBytes",
            "minItems",
            "maxItems",
            "minGraphemes",
            "maxGraphemes",
            "minimum",
            "maximum",
            "enum",
            "knownValues",
            "const",
            "default",
            "format",
            "accept",
            "maxSize",
            "required",
            "closed",
        ]),
        features: Features {
            has_order: true,
            has_coproducts: true,
            has_recursion: true,
            nominal_identity: true,
            has_defaults: true,
            ..Features::default()
        },
    }
}

fn json_schema() -> Protocol {
    // The last two are kinds of schemas that were built by hand.
    let unions = [Kind::Union, Kind::Other("oneOf".into()), Kind::Other("anyOf".into())];
    let any = [Kind::Object, Kind::Any];
    Protocol {
        name: "json-schema".into(),
        schema_theory: "ThConstrainedGraph".into(),
        instance_theory: "ThWType".into(),
        edge_rules: vec![
            rule(EdgeKind::Prop, &any, &[]),
            rule(EdgeKind::Pattern, &any, &[]),
            rule(EdgeKind::Additional, &any, &[]),
            rule(EdgeKind::Items, &[Kind::Array, Kind::Any], &[]),
            rule(EdgeKind::Prefix, &[Kind::Array, Kind::Any], &[]),
            rule(EdgeKind::Variant, &unions, &[]),
            rule(EdgeKind::Branch, &[Kind::Intersection], &[]),
            rule(EdgeKind::Ref, &[], &[]),
        ],
        obj_kinds: vec![
            Kind::Object,
            Kind::Array,
            Kind::Union,
            Kind::Intersection,
            Kind::Ref,
            Kind::External,
            Kind::String,
            Kind::Integer,
            Kind::Number,
            Kind::Boolean,
            Kind::Null,
            Kind::Any,
            Kind::Never,
        ],
        constraint_sorts: names(&[
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "enum",
            "const",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minItems",
            "maxItems",
            "uniqueItems",
            "minProperties",
            "maxProperties",
            "required",
        ]),
        features: Features {
            has_coproducts: true,
            has_recursion: true,
            has_defaults: true,
            ..Features::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Constraint, SchemaBuilder};

    #[test]
    fn built_in_protocols_read_back() {
        for name in Protocol::BUILTIN {
            let protocol = Protocol::builtin(name).unwrap();
            let text = protocol.to_json();
            assert_eq!(Protocol::parse(text.as_str().as_bytes(), &Limits::DEFAULT).unwrap(), protocol);
        }
        assert_eq!(Protocol::builtin("json_schema"), Protocol::builtin("json-schema"));
        assert_eq!(Protocol::builtin("nothing"), None);
    }

    #[test]
    fn what_a_protocol_does_not_allow_is_found() {
        let mut builder = SchemaBuilder::new("atproto");
        let object = builder.vertex("a", Kind::Object);
        let own = builder.vertex("b", Kind::Other("robot".into()));
        builder.edge(object, own, EdgeKind::RecordSchema, None);
        let one = Json::parse("1").unwrap();
        builder.vertex_mut(object).constraints.push(Constraint::new(Sort::MultipleOf, one));
        let schema = builder.finish().unwrap();
        let codes = |protocol: &Protocol| -> Vec<&str> {
            protocol.check(&schema).iter().map(|found| found.code).collect()
        };
        assert_eq!(
            codes(&Protocol::builtin("atproto").unwrap()),
            ["invalid-constraint-sort", "invalid-edge", "invalid-vertex-kind"]
        );
        let open = Protocol::parse(br#"{"name":"own"}"#, &Limits::DEFAULT).unwrap();
        assert_eq!(codes(&open), [""; 0]);
    }

    #[test]
    fn what_is_no_protocol_is_refused() {
        for text in [
            "[]",
            "{}",
            r#"{"name":1}"#,
            r#"{"name":"x","edge_rules":[{}]}"#,
            r#"{"name":"x","obj_kinds":"object"}"#,
            r#"{"name":"x","has_order":1}"#,
        ] {
            let error = Protocol::parse(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
            assert_eq!(error.code, "invalid-protocol", "{text}");
        }
    }

    #[test]
    fn the_unit_of_a_length_is_that_of_the_language() {
        let named = |protocol: &str, kind: Kind| {
            Protocol::builtin(protocol).unwrap().sort_named(&kind, "maxLength").unwrap()
        };
        assert_eq!(named("atproto", Kind::String), Sort::MaxBytes);
        assert_eq!(named("atproto", Kind::Array), Sort::MaxItems);
        assert_eq!(named("json-schema", Kind::String), Sort::MaxLength);
    }
}
