//! Objects of the host: schemas, migrations and lenses as bytes and digest, and the table of built ones.

use super::table::{Capacity, Digest, Handle, Table};
use super::wire::Message;
use super::{Refusal, Request, Session};
use super::{lens_bytes, migration_bytes};
use crate::diagnostic::{Diagnostic, Error, Kind};
use crate::lens::Lens;
use crate::migration::Migration;
use crate::schema::Schema;
use std::sync::Arc;

/// What an instance keeps built. A host that needs more is told what to define again.
pub(super) const CAPACITY: Capacity = Capacity { objects: 512, bytes: 64 << 20 };

/// A built object.
#[derive(Clone, Debug)]
pub(super) enum Built {
    /// A schema.
    Schema(Arc<Schema>),
    /// A migration, decided or not.
    Migration(Arc<Migration>),
    /// Compiled migrations, one after another.
    Lens(Arc<Lens>),
}

pub(super) type Objects = Table<Built>;

impl Built {
    fn kind(&self) -> &'static str {
        match self {
            Built::Schema(_) => "schema",
            Built::Migration(_) => "migration",
            Built::Lens(_) => "lens",
        }
    }
}

impl Session {
    /// Schemas that a request names; all that are missing are asked for at once.
    pub(super) fn schemas<const N: usize>(
        &mut self,
        request: &Request<'_>,
        keys: [&'static str; N],
    ) -> Result<[Arc<Schema>; N], Refusal> {
        let mut missing = Vec::new();
        let mut found = Vec::with_capacity(N);
        for key in keys {
            let digest = request.digest(key)?;
            match self.objects.find(&digest) {
                Some(Built::Schema(schema)) => found.push(schema.clone()),
                Some(other) => return Err(wrong_kind(key, "schema", other).into()),
                None if missing.contains(&digest) => {}
                None => missing.push(digest),
            }
        }
        found.try_into().map_err(|_| Refusal::Need(missing))
    }

    /// The schema with a digest, if this instance holds it.
    pub(super) fn schema_of(&mut self, digest: &Digest) -> Result<Option<Arc<Schema>>, Refusal> {
        match self.objects.find(digest) {
            Some(Built::Schema(schema)) => Ok(Some(schema.clone())),
            Some(other) => Err(wrong_kind("schemas", "schema", other).into()),
            None => Ok(None),
        }
    }

    /// The handle of a built object, for hosts that hold numbers instead of bytes.
    pub fn handle(&mut self, digest: &Digest) -> Option<Handle> {
        self.objects.handle(digest)
    }

    /// The digest of the object behind a handle; none if the handle is stale or foreign.
    pub fn digest(&mut self, handle: Handle) -> Option<Digest> {
        self.objects.digest(handle)
    }

    /// Forgets the object or the open lens behind a handle; false if there was none.
    pub fn forget(&mut self, handle: Handle) -> bool {
        self.lenses.remove(handle) || self.objects.remove(handle)
    }

    /// The schema that a request names.
    pub(super) fn schema(&mut self, request: &Request<'_>) -> Result<Arc<Schema>, Refusal> {
        let [schema] = self.schemas(request, ["schema"])?;
        Ok(schema)
    }

    /// The migration that a request names.
    pub(super) fn migration(
        &mut self,
        request: &Request<'_>,
        key: &'static str,
    ) -> Result<Arc<Migration>, Refusal> {
        let digest = request.digest(key)?;
        match self.objects.find(&digest) {
            Some(Built::Migration(migration)) => Ok(migration.clone()),
            Some(other) => Err(wrong_kind(key, "migration", other).into()),
            None => Err(Refusal::Need(vec![digest])),
        }
    }

    /// Migrations that a request names; all that are missing are asked for at once.
    pub(super) fn migrations<const N: usize>(
        &mut self,
        request: &Request<'_>,
        keys: [&'static str; N],
    ) -> Result<[Arc<Migration>; N], Refusal> {
        let mut missing = Vec::new();
        let mut found = Vec::with_capacity(N);
        for key in keys {
            match self.migration(request, key) {
                Ok(migration) => found.push(migration),
                Err(Refusal::Need(digests)) => missing.extend(digests),
                Err(refusal) => return Err(refusal),
            }
        }
        missing.dedup();
        found.try_into().map_err(|_| Refusal::Need(missing))
    }

    /// The compiled lens that a request names, and its digest.
    pub(super) fn lens(&mut self, request: &Request<'_>) -> Result<(Digest, Arc<Lens>), Refusal> {
        let [lens] = self.lenses_named(request, ["lens"])?;
        Ok((request.digest("lens")?, lens))
    }

    /// Lenses that a request names; all that are missing are asked for at once.
    pub(super) fn lenses_named<const N: usize>(
        &mut self,
        request: &Request<'_>,
        keys: [&'static str; N],
    ) -> Result<[Arc<Lens>; N], Refusal> {
        let mut missing = Vec::new();
        let mut found = Vec::with_capacity(N);
        for key in keys {
            let digest = request.digest(key)?;
            match self.objects.find(&digest) {
                Some(Built::Lens(lens)) => found.push(lens.clone()),
                Some(other) => return Err(wrong_kind(key, "lens", other).into()),
                None if missing.contains(&digest) => {}
                None => missing.push(digest),
            }
        }
        found.try_into().map_err(|_| Refusal::Need(missing))
    }

    /// Keeps a schema and answers with the members of its object.
    pub(super) fn keep_schema(&mut self, schema: Schema) -> Message<'static> {
        let bytes = schema.encode();
        let digest = schema.digest().0;
        let roots = schema
            .roots()
            .iter()
            .map(|root| Message::map().with("name", root.name.to_string()).with("role", root.role.as_str()));
        let answer = object("schema", &digest)
            .with("protocol", schema.protocol().to_string())
            .with("dialect", schema.dialect().to_string())
            .with("shape_digest", Message::bin(schema.shape_digest().0.to_vec()))
            .with("vertices", schema.len())
            .with("edges", schema.edges().count())
            .with("roots", Message::array(roots));
        self.objects.insert(digest, bytes.len(), Built::Schema(Arc::new(schema)));
        answer.with("bytes", Message::bin(bytes))
    }

    /// Keeps a migration and answers with its object.
    pub(super) fn keep_migration(&mut self, migration: Arc<Migration>) -> Message<'static> {
        let bytes = migration_bytes::encode(&migration);
        let digest = migration_digest(&bytes);
        self.objects.insert(digest, bytes.len(), Built::Migration(migration));
        object("migration", &digest).with("bytes", Message::bin(bytes))
    }

    /// Keeps a lens and answers with its object: the bytes are those of its migrations.
    pub(super) fn keep_lens(&mut self, lens: Arc<Lens>) -> Message<'static> {
        let bytes = lens_bytes::encode(&lens);
        let digest = lens_digest(&bytes);
        self.objects.insert(digest, bytes.len(), Built::Lens(lens));
        object("lens", &digest).with("bytes", Message::bin(bytes))
    }
}

fn migration_digest(bytes: &[u8]) -> Digest {
    crate::schema::Digest::of("panproto migration 1", bytes).0
}

fn lens_digest(bytes: &[u8]) -> Digest {
    crate::schema::Digest::of("panproto lens 1", bytes).0
}

fn object(kind: &'static str, digest: &Digest) -> Message<'static> {
    Message::map().with("kind", kind).with("digest", Message::bin(digest.to_vec()))
}

fn wrong_kind(key: &'static str, expected: &str, found: &Built) -> Error {
    let message = format!("`{key}` names a {expected}, this is a {}", found.kind());
    Diagnostic::new(Kind::Usage, "wrong-kind", message).at(key).boxed()
}

/// `define`: builds an object from its bytes, which are not trusted.
pub(super) fn define(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let bytes = request.bytes("bytes")?;
    let limits = *session.limits();
    let kind = request.text("kind")?;
    let (kind, digest, built) = match kind {
        "schema" => {
            let schema = Schema::decode(bytes, &limits)?;
            ("schema", schema.digest().0, Built::Schema(Arc::new(schema)))
        }
        "migration" => {
            let migration = migration_bytes::decode(bytes, &limits)?;
            ("migration", migration_digest(bytes), Built::Migration(Arc::new(migration)))
        }
        "lens" => {
            let lens = lens_bytes::decode(bytes, &limits, &mut session.budget())?;
            ("lens", lens_digest(bytes), Built::Lens(Arc::new(lens)))
        }
        other => {
            let message = format!("there are no objects of kind `{other}`");
            return Err(Diagnostic::new(Kind::Usage, "unknown-kind", message)
                .at("kind")
                .help("known kinds: `schema`, `migration`, `lens`")
                .boxed()
                .into());
        }
    };
    session.objects.insert(digest, bytes.len(), built);
    Ok(object(kind, &digest))
}
