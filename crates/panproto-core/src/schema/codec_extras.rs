//! The stored bytes of what only some schemas have: hyper-edges and expressions. They follow the roots in version 2
//! of the format; a schema without any is written in version 1.

use super::codec::{Reader, put_bytes, put_number};
use super::enrichment::{Conversion, Enrichment, HyperEdge};
use super::{Schema, SchemaBuilder, VertexId};
use crate::diagnostic::Result;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap};
use crate::value::Json;

/// Whether a schema needs the second version.
pub(super) fn has_extras(schema: &Schema) -> bool {
    !schema.hyper_edges.is_empty() || !schema.enrichment.is_empty()
}

/// Appends the extras; vertices as `number` gives them.
pub(super) fn put_extras(schema: &Schema, number: impl Fn(VertexId) -> u64, out: &mut Vec<u8>) {
    put_number(schema.hyper_edges.len() as u64, out);
    for edge in &schema.hyper_edges {
        put_bytes(edge.id.as_bytes(), out);
        put_bytes(edge.kind.as_bytes(), out);
        put_bytes(edge.parent.as_bytes(), out);
        put_number(edge.signature.len() as u64, out);
        for (label, vertex) in &edge.signature {
            put_bytes(label.as_bytes(), out);
            put_number(number(*vertex), out);
        }
    }
    let enrichment = &schema.enrichment;
    for map in [&enrichment.defaults, &enrichment.mergers] {
        let mut entries: Vec<_> = map.iter().map(|(at, expr)| (number(*at), expr)).collect();
        entries.arrange();
        put_number(entries.len() as u64, out);
        for (at, expr) in entries {
            put_number(at, out);
            put_json(expr, out);
        }
    }
    put_number(enrichment.policies.len() as u64, out);
    for (at, policy) in &enrichment.policies {
        put_bytes(at.as_bytes(), out);
        put_json(policy, out);
    }
    put_number(enrichment.coercions.len() as u64, out);
    for ((from, to), conversion) in &enrichment.coercions {
        put_bytes(from.as_bytes(), out);
        put_bytes(to.as_bytes(), out);
        put_bytes(conversion.class.as_bytes(), out);
        put_json(&conversion.forward, out);
        out.push(u8::from(conversion.inverse.is_some()));
        if let Some(inverse) = &conversion.inverse {
            put_json(inverse, out);
        }
    }
}

fn put_json(value: &Json, out: &mut Vec<u8>) {
    put_bytes(value.as_str().as_bytes(), out);
}

impl Reader<'_> {
    /// Reads what [`put_extras`] wrote. Keys ascend, so that there is one spelling.
    pub(super) fn extras(&mut self, builder: &mut SchemaBuilder, vertices: usize) -> Result<()> {
        let start = self.at;
        let hyper_edges = self.count(4)?;
        let mut last: Option<Name> = None;
        for _ in 0..hyper_edges {
            let id = builder.name(self.text()?);
            self.ascending(&mut last, &id)?;
            let kind = builder.name(self.text()?);
            let parent = builder.name(self.text()?);
            let mut signature = BTreeMap::new();
            let mut last = None;
            for _ in 0..self.count(2)? {
                let label = builder.name(self.text()?);
                self.ascending(&mut last, &label)?;
                signature.insert(label, VertexId(self.index(vertices)?));
            }
            builder.hyper_edge(HyperEdge { id, kind, signature, parent });
        }
        let mut enrichment = Enrichment::default();
        for map in [&mut enrichment.defaults, &mut enrichment.mergers] {
            let mut last = None;
            for _ in 0..self.count(2)? {
                let at = VertexId(self.index(vertices)?);
                self.ascending(&mut last, &at)?;
                map.insert(at, self.json()?);
            }
        }
        let mut last = None;
        for _ in 0..self.count(2)? {
            let at = builder.name(self.text()?);
            self.ascending(&mut last, &at)?;
            enrichment.policies.insert(at, self.json()?);
        }
        let mut last = None;
        for _ in 0..self.count(5)? {
            let key = (builder.name(self.text()?), builder.name(self.text()?));
            self.ascending(&mut last, &key)?;
            let class = builder.name(self.text()?);
            let forward = self.json()?;
            let inverse = match self.byte()? {
                0 => None,
                1 => Some(self.json()?),
                _ => return Err(self.fail("a flag is neither 0 nor 1")),
            };
            enrichment.coercions.insert(key, Conversion { forward, inverse, class });
        }
        if hyper_edges == 0 && enrichment.is_empty() {
            self.at = start;
            return Err(self.fail("the second version of the format is used for nothing"));
        }
        builder.enrichment(enrichment);
        Ok(())
    }

    fn ascending<T: Ord + Clone>(&self, last: &mut Option<T>, key: &T) -> Result<()> {
        if last.as_ref().is_some_and(|last| last >= key) {
            return Err(self.fail("entries are not in order"));
        }
        *last = Some(key.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::schema::{EdgeKind, Kind};
    use proptest::prelude::*;

    fn schema(with: impl Fn(&mut SchemaBuilder, VertexId)) -> Schema {
        let mut builder = SchemaBuilder::new("kv");
        let root = builder.vertex("user", Kind::Object);
        let mail = builder.vertex("user.mail", Kind::String);
        builder.edge(root, mail, EdgeKind::Prop, Some("mail"));
        with(&mut builder, mail);
        builder.finish().unwrap()
    }

    fn rich() -> Schema {
        schema(|builder, mail| {
            let signature = BTreeMap::from([(Name::from("to"), mail), (Name::from("from"), VertexId(0))]);
            builder.hyper_edge(HyperEdge {
                id: "sent".into(),
                kind: "fact".into(),
                signature,
                parent: "to".into(),
            });
            let json = |text: &str| Json::parse(text).unwrap();
            let conversion = Conversion {
                forward: json(r#"{"Var":"v"}"#),
                inverse: Some(json(r#"{"Var":"v"}"#)),
                class: "Iso".into(),
            };
            builder.enrichment(Enrichment {
                defaults: BTreeMap::from([(mail, json(r#"{"Lit":{"Str":"-"}}"#))]),
                mergers: BTreeMap::from([(mail, json(r#"{"Var":"a"}"#))]),
                policies: BTreeMap::from([("string".into(), json(r#""KeepLeft""#))]),
                coercions: BTreeMap::from([(("integer".into(), "string".into()), conversion)]),
            });
        })
    }

    #[test]
    fn extras_are_stored_and_count() {
        let (plain, rich) = (schema(|_, _| ()), rich());
        assert_eq!(Schema::decode(&rich.encode(), &Limits::DEFAULT).unwrap(), rich);
        assert_eq!((plain.encode()[4], rich.encode()[4]), (1, 2));
        assert_ne!(plain.digest(), rich.digest());
        assert_ne!(plain.shape_digest(), rich.shape_digest());
        let mapped = rich.enrichment().mapped(|at| (at.0 == 0).then_some(at));
        assert!(mapped.defaults.is_empty() && mapped.policies.len() == 1);
        // The second version for nothing is another spelling of the first.
        let mut bytes = plain.encode();
        bytes[4] = 2;
        bytes.extend_from_slice(&[0; 5]);
        assert_eq!(Schema::decode(&bytes, &Limits::DEFAULT).unwrap_err().code, "schema-bytes");
    }

    #[test]
    fn hyper_edges_are_checked() {
        let twice = |id: &str, parent: &str| {
            let mut builder = SchemaBuilder::new("kv");
            let root = builder.vertex("user", Kind::Object);
            for id in ["a", id] {
                let signature = BTreeMap::from([(Name::from("x"), root)]);
                let parent = parent.into();
                builder.hyper_edge(HyperEdge { id: id.into(), kind: "fact".into(), signature, parent });
            }
            builder.finish().map_err(|error| error.code)
        };
        assert!(twice("b", "x").is_ok());
        assert_eq!(twice("a", "x").unwrap_err(), "duplicate-hyper-edge");
        assert_eq!(twice("b", "y").unwrap_err(), "hyper-edge-parent");
    }

    proptest! {
        #[test]
        fn changed_bytes_never_panic(at in 0..4096usize, byte in any::<u8>()) {
            let mut bytes = rich().encode();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(read) = Schema::decode(&bytes, &Limits::DEFAULT) {
                prop_assert_eq!(read.encode(), bytes.clone());
            }
            prop_assert!(Schema::decode(&bytes[..at], &Limits::DEFAULT).is_err());
        }
    }
}
