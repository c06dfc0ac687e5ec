//! Objects of the host: schemas, migrations and lenses as bytes and digest, and the table of built ones.

use super::table::{Capacity, Digest, Table};
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Kind};
use crate::schema::Schema;
use std::sync::Arc;

/// What an instance keeps built. A host that needs more is told what to define again.
pub(super) const CAPACITY: Capacity = Capacity { objects: 512, bytes: 64 << 20 };

/// A built object.
#[derive(Clone, Debug)]
pub(super) enum Built {
    /// A schema.
    Schema(Arc<Schema>),
}

pub(super) type Objects = Table<Built>;

impl Session {
    /// Schemas that a request names; all that are missing are asked for at once.
    pub(super) fn schemas<const N: usize>(
        &mut self,
        request: &Request<'_>,
        keys: [&str; N],
    ) -> Result<[Arc<Schema>; N], Refusal> {
        let mut missing = Vec::new();
        let mut found = Vec::with_capacity(N);
        for key in keys {
            let digest = request.digest(key)?;
            match self.objects.find(&digest) {
                Some(Built::Schema(schema)) => found.push(schema),
                None if missing.contains(&digest) => {}
                None => missing.push(digest),
            }
        }
        found.try_into().map_err(|_| Refusal::Need(missing))
    }

    /// The schema that a request names.
    pub(super) fn schema(&mut self, request: &Request<'_>) -> Result<Arc<Schema>, Refusal> {
        let [schema] = self.schemas(request, ["schema"])?;
        Ok(schema)
    }

    /// Keeps a schema and answers with the members of its object.
    pub(super) fn keep_schema(&mut self, schema: Schema) -> Message<'static> {
        let bytes = schema.encode();
        let digest = schema.digest().0;
        let answer = object("schema", &digest)
            .with("protocol", schema.protocol().to_string())
            .with("dialect", schema.dialect().to_string())
            .with("shape_digest", Message::bin(schema.shape_digest().0.to_vec()))
            .with("vertices", schema.len())
            .with("edges", schema.edges().count())
            .with(
                "roots",
                Message::array(schema.roots().iter().map(|root| {
                    Message::map().with("name", root.name.to_string()).with("role", root.role.as_str())
                })),
            );
        self.objects.insert(digest, bytes.len(), Built::Schema(Arc::new(schema)));
        answer.with("bytes", Message::bin(bytes))
    }
}

fn object(kind: &'static str, digest: &Digest) -> Message<'static> {
    Message::map().with("kind", kind).with("digest", Message::bin(digest.to_vec()))
}

/// `define`: builds an object from its bytes, which are not trusted.
pub(super) fn define(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let bytes = request.bytes("bytes")?;
    match request.text("kind")? {
        "schema" => {
            let schema = Schema::decode(bytes, session.limits())?;
            let digest = schema.digest().0;
            session.objects.insert(digest, bytes.len(), Built::Schema(Arc::new(schema)));
            Ok(object("schema", &digest))
        }
        other => Err(Diagnostic::new(
            Kind::Usage,
            "unknown-kind",
            format!("there are no objects of kind `{other}`"),
        )
        .at("kind")
        .help("known kinds: `schema`")
        .boxed()
        .into()),
    }
}
