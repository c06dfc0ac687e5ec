//! The stored bytes of a migration, and of the lens that it compiles to: both schemas and what is matched.
//!
//! Whole, so that an object needs no other to be defined again: in a worker, after a fork, from a pickle. What a
//! migration says of itself (changes, questions) is in the answer that made it; the bytes hold what it does.

use super::request::{as_bytes, as_text, as_u64};
use super::wire::Message;
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::expr::{Expr, parse, print};
use crate::limits::Limits;
use crate::migration::{
    Apply, Branch, CoercionClass, Compute, FieldMatch, Input, Migration, ObjectMatch, Output, Reason,
};
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{EdgeId, EdgeKind, Kind as VertexKind, Schema, VertexId};
use crate::value::{Json, Tree};
use std::borrow::Cow;
use std::sync::Arc;

/// What the encoding starts with; the last byte is the version of the format.
const MAGIC: &[u8; 5] = b"ppmg\x01";

/// The bytes of a migration.
pub(super) fn encode(migration: &Migration) -> Vec<u8> {
    let vertex = |id: &VertexId| Message::from(id.0);
    let mut message = Message::map()
        .with("source", Message::bin(migration.source.encode()))
        .with("target", Message::bin(migration.target.encode()))
        .with("roots", Message::array([vertex(&migration.roots.0), vertex(&migration.roots.1)]))
        .with(
            "objects",
            Message::array(migration.objects.iter().map(|((source, target), object)| {
                let [links, fills, source_fills] = matched(object);
                Message::array([vertex(source), vertex(target), links, fills, source_fills])
            })),
        )
        .with(
            "arms",
            Message::array(migration.arms.iter().map(|((source, target), arms)| {
                let arms = Message::array(arms.iter().map(|(from, to)| Message::array([*from, *to])));
                Message::array([vertex(source), vertex(target), arms])
            })),
        )
        .with(
            "keys",
            Message::array(
                migration.keys.iter().map(|(at, key)| Message::array([vertex(at), Message::from(&**key)])),
            ),
        )
        .with("exactly_one", Message::array(migration.exactly_one.iter().map(|at| at.0)))
        .with("trusted", Message::array(migration.trusted.iter().map(String::as_str)));
    // What only some migrations have is written only where they have it: the bytes of the others stay what they were.
    let computes = |list: &[Compute]| Message::array(list.iter().map(compute));
    let computing = migration.objects.iter().filter(|(_, object)| !object.computes.is_empty());
    let computing = computing
        .map(|((from, to), object)| Message::array([vertex(from), vertex(to), computes(&object.computes)]));
    let applies = migration.applies.iter().map(|((from, to), apply)| {
        let (forward, backward) = (expr(&apply.forward), maybe_expr(apply.backward.as_ref()));
        Message::array([from.0.into(), to.0.into(), forward, backward, apply.class.as_str().into()])
    });
    let survival =
        migration.survival.iter().map(|(edge, condition)| Message::array([edge.0.into(), expr(condition)]));
    let branches = migration.branches.iter().map(|((from, to), branches)| {
        let branches = branches.iter().map(|branch| {
            let [links, fills, source_fills] = matched(&branch.then);
            let made = computes(&branch.then.computes);
            let reserved = names(&branch.then.reserved);
            Message::array([expr(&branch.when), links, fills, source_fills, made, reserved])
        });
        Message::array([vertex(from), vertex(to), Message::array(branches)])
    });
    let reserving = migration.objects.iter().filter(|(_, object)| !object.reserved.is_empty());
    let reserving = reserving
        .map(|((from, to), object)| Message::array([vertex(from), vertex(to), names(&object.reserved)]));
    let more: [(&'static str, Vec<Message<'_>>); 5] = [
        ("applies", applies.collect()),
        ("branches", branches.collect()),
        ("computes", computing.collect()),
        ("reserved", reserving.collect()),
        ("survival", survival.collect()),
    ];
    for (key, list) in more.into_iter().filter(|(_, list)| !list.is_empty()) {
        message = message.with(key, Message::array(list));
    }
    let mut out = MAGIC.to_vec();
    message.write(&mut out);
    out
}

/// Links and fills of a pair of objects.
fn matched(object: &ObjectMatch) -> [Message<'static>; 3] {
    let links = object.links.iter().map(|link| {
        let (reason, score) = reason_code(link.reason);
        Message::array([path(&link.from), path(&link.to), Message::from(reason), Message::from(score)])
    });
    let fills = |fills: &BTreeMap<Vec<EdgeId>, Json>| {
        Message::array(
            fills.iter().map(|(at, value)| Message::array([path(at), Message::from(value.to_string())])),
        )
    };
    [Message::array(links), fills(&object.fills), fills(&object.source_fills)]
}

fn names(names: &BTreeSet<Name>) -> Message<'static> {
    Message::array(names.iter().map(|name| Message::from(name.to_string())))
}

fn compute(compute: &Compute) -> Message<'static> {
    let inputs = compute.inputs.iter().map(|input| {
        Message::array([input.name.to_string().into(), path(&input.way), Message::from(input.kept)])
    });
    let outputs = compute
        .outputs
        .iter()
        .map(|output| Message::array([output.name.to_string().into(), path(&output.way)]));
    Message::array([
        Message::array(inputs),
        Message::array(outputs),
        expr(&compute.forward),
        maybe_expr(compute.backward.as_ref()),
        compute.class.as_str().into(),
    ])
}

fn expr(expr: &Expr) -> Message<'static> {
    Message::from(print(expr))
}

fn maybe_expr(backward: Option<&Expr>) -> Message<'static> {
    backward.map_or(Message::Nil, expr)
}

fn path(edges: &[EdgeId]) -> Message<'static> {
    Message::array(edges.iter().map(|edge| edge.0))
}

fn reason_code(reason: Reason) -> (u32, f64) {
    match reason {
        Reason::Hint => (0, 0.0),
        Reason::SameName => (1, 0.0),
        Reason::FoldedName => (2, 0.0),
        Reason::Level => (3, 0.0),
        Reason::Likely(score) => (4, score),
    }
}

/// The migration that [`encode`] gave these bytes. They are not trusted: every id has to be one of its schema, and
/// every path has to lead through properties.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Migration> {
    let Some(body) = bytes.strip_prefix(MAGIC) else {
        return Err(fail("they do not start as a migration's do, or are of another version"));
    };
    let message = Message::read(body)?;
    let Message::Map(members) = &message else { return Err(fail("there is no map")) };
    let member = |key: &'static str| members.get(key).ok_or_else(|| fail(key));
    let source = Schema::decode(as_bytes("source", member("source")?)?, limits)?;
    let target = Schema::decode(as_bytes("target", member("target")?)?, limits)?;
    let mut migration = Migration::new(Arc::new(source), Arc::new(target));
    let reader = Reader { source: migration.source.clone(), target: migration.target.clone(), limits };

    let [from, to] = items(member("roots")?)?;
    migration.roots = (vertex(&reader.source, from)?, vertex(&reader.target, to)?);
    for object in array(member("objects")?)? {
        let [from, to, links, fills, source_fills] = items(object)?;
        let key = (resolved(&reader.source, from)?, resolved(&reader.target, to)?);
        let object = reader.matched(key, links, fills, source_fills)?;
        if migration.objects.insert(key, object).is_some() {
            return Err(fail("a pair of objects comes twice"));
        }
    }
    for reserved in members.get("reserved").map_or(Ok(&[][..]), array)? {
        let [from, to, names] = items(reserved)?;
        let key = (resolved(&reader.source, from)?, resolved(&reader.target, to)?);
        let object =
            migration.objects.get_mut(&key).ok_or_else(|| fail("names of a pair that is not there"))?;
        for name in array(names)? {
            object.reserved.insert(Name::new(as_text("reserved", name)?));
        }
    }
    for arms in array(member("arms")?)? {
        let [from, to, list] = items(arms)?;
        let key = (resolved(&reader.source, from)?, resolved(&reader.target, to)?);
        let count = |schema: &Schema, at| schema.outgoing_of(at, EdgeKind::Variant).count();
        let most = (count(&reader.source, key.0), count(&reader.target, key.1));
        let mut pairs = Vec::new();
        for pair in array(list)? {
            let [from, to] = items(pair)?;
            pairs.push((index(from, most.0)?, index(to, most.1)?));
        }
        migration.arms.insert(key, pairs);
    }
    for key in array(member("keys")?)? {
        let [at, name] = items(key)?;
        migration.keys.insert(resolved(&reader.target, at)?, as_text("keys", name)?.into());
    }
    for at in array(member("exactly_one")?)? {
        migration.exactly_one.insert(resolved(&reader.source, at)?);
    }
    for at in array(member("trusted")?)? {
        migration.trusted.insert(as_text("trusted", at)?.to_owned());
    }
    let more = |key: &'static str| members.get(key).map_or(Ok(&[][..]), array);
    for apply in more("applies")? {
        let [from, to, forward, backward, class] = items(apply)?;
        let key = (edge(&reader.source, from)?, edge(&reader.target, to)?);
        let apply = Apply {
            forward: reader.expr(forward)?,
            backward: reader.maybe_expr(backward)?,
            class: read_class(class)?,
        };
        migration.applies.insert(key, apply);
    }
    for branches in more("branches")? {
        let [from, to, list] = items(branches)?;
        let key = (resolved(&reader.source, from)?, resolved(&reader.target, to)?);
        let mut branches = Vec::new();
        for branch in array(list)? {
            let [when, links, fills, source_fills, computes, reserved] = items(branch)?;
            let mut then = reader.matched(key, links, fills, source_fills)?;
            then.computes = reader.computes(key, computes)?;
            then.reserved = read_names(reserved)?;
            branches.push(Branch { when: reader.expr(when)?, then });
        }
        migration.branches.insert(key, branches);
    }
    for object in more("computes")? {
        let [from, to, computes] = items(object)?;
        let key = (resolved(&reader.source, from)?, resolved(&reader.target, to)?);
        let Some(object) = migration.objects.get_mut(&key) else {
            return Err(fail("computations of a pair of objects without matches"));
        };
        object.computes = reader.computes(key, computes)?;
    }
    for condition in more("survival")? {
        let [at, when] = items(condition)?;
        migration.survival.insert(edge(&reader.source, at)?, reader.expr(when)?);
    }
    if encode(&migration) != bytes {
        return Err(fail("they are not spelled as they would be written"));
    }
    Ok(migration)
}

struct Reader<'l> {
    source: Arc<Schema>,
    target: Arc<Schema>,
    limits: &'l Limits,
}

impl Reader<'_> {
    fn matched(
        &self,
        (source, target): (VertexId, VertexId),
        links: &Message<'_>,
        fills: &Message<'_>,
        source_fills: &Message<'_>,
    ) -> Result<ObjectMatch> {
        let mut object = ObjectMatch::default();
        for link in array(links)? {
            let [from, to, reason, score] = items(link)?;
            object.links.push(FieldMatch {
                from: edges(&self.source, source, from)?,
                to: edges(&self.target, target, to)?,
                reason: read_reason(reason, score)?,
            });
        }
        object.fills = self.fills(&self.target, target, fills)?;
        object.source_fills = self.fills(&self.source, source, source_fills)?;
        Ok(object)
    }

    fn computes(&self, (source, target): (VertexId, VertexId), list: &Message<'_>) -> Result<Vec<Compute>> {
        let mut computes = Vec::new();
        for compute in array(list)? {
            let [inputs, outputs, forward, backward, class] = items(compute)?;
            let mut read = Compute {
                inputs: Vec::new(),
                outputs: Vec::new(),
                forward: self.expr(forward)?,
                backward: self.maybe_expr(backward)?,
                class: read_class(class)?,
            };
            for input in array(inputs)? {
                let [name, way, kept] = items(input)?;
                let Message::Bool(kept) = kept else { return Err(fail("a flag is no boolean")) };
                let name = Name::new(as_text("name", name)?);
                read.inputs.push(Input { name, way: edges(&self.source, source, way)?, kept: *kept });
            }
            for output in array(outputs)? {
                let [name, way] = items(output)?;
                let name = Name::new(as_text("name", name)?);
                read.outputs.push(Output { name, way: edges(&self.target, target, way)? });
            }
            computes.push(read);
        }
        Ok(computes)
    }

    fn expr(&self, text: &Message<'_>) -> Result<Expr> {
        parse(as_text("expression", text)?)
    }

    fn maybe_expr(&self, text: &Message<'_>) -> Result<Option<Expr>> {
        match text {
            Message::Nil => Ok(None),
            text => self.expr(text).map(Some),
        }
    }

    fn fills(
        &self,
        schema: &Schema,
        object: VertexId,
        list: &Message<'_>,
    ) -> Result<BTreeMap<Vec<EdgeId>, Json>> {
        let mut fills = BTreeMap::new();
        for fill in array(list)? {
            let [at, value] = items(fill)?;
            let value = Tree::parse(as_text("fills", value)?.as_bytes(), self.limits)?;
            fills.insert(edges(schema, object, at)?, value.root().to_json());
        }
        Ok(fills)
    }
}

fn read_reason(reason: &Message<'_>, score: &Message<'_>) -> Result<Reason> {
    let Message::Float(score) = score else { return Err(fail("a score is no double")) };
    Ok(match as_u64("reason", reason)? {
        0 => Reason::Hint,
        1 => Reason::SameName,
        2 => Reason::FoldedName,
        3 => Reason::Level,
        4 if (0.0..=1.0).contains(score) => Reason::Likely(*score),
        _ => return Err(fail("there is no such reason")),
    })
}

/// A path of properties that starts at an object.
fn edges(schema: &Schema, object: VertexId, path: &Message<'_>) -> Result<Vec<EdgeId>> {
    let count = schema.edges().count();
    let mut at = object;
    let mut edges = Vec::new();
    for edge in array(path)? {
        let id = EdgeId(index(edge, count)?);
        let edge = schema.edge(id);
        if edge.src != at || edge.kind != EdgeKind::Prop {
            return Err(fail("a path does not lead through properties"));
        }
        at = schema.resolve(edge.tgt).vertex;
        edges.push(id);
    }
    if edges.is_empty() { Err(fail("a path is empty")) } else { Ok(edges) }
}

fn read_names(list: &Message<'_>) -> Result<BTreeSet<Name>> {
    array(list)?.iter().map(|name| Ok(Name::new(as_text("reserved", name)?))).collect()
}

fn read_class(class: &Message<'_>) -> Result<CoercionClass> {
    CoercionClass::from_name(as_text("class", class)?).ok_or_else(|| fail("there is no such class"))
}

fn edge(schema: &Schema, id: &Message<'_>) -> Result<EdgeId> {
    index(id, schema.edges().count()).map(EdgeId)
}

fn vertex(schema: &Schema, id: &Message<'_>) -> Result<VertexId> {
    index(id, schema.len()).map(VertexId)
}

fn resolved(schema: &Schema, id: &Message<'_>) -> Result<VertexId> {
    let id = vertex(schema, id)?;
    match schema.vertex(id).kind {
        VertexKind::Ref | VertexKind::Record => Err(fail("a reference stands where its meaning should")),
        _ => Ok(id),
    }
}

fn index(value: &Message<'_>, count: usize) -> Result<u32> {
    let value = as_u64("index", value)?;
    match u32::try_from(value) {
        Ok(small) if (small as usize) < count => Ok(small),
        _ => Err(fail("an index is out of range")),
    }
}

fn array<'m, 'a>(value: &'m Message<'a>) -> Result<&'m [Message<'a>]> {
    match value {
        Message::Array(items) => Ok(items),
        _ => Err(fail("there is no array")),
    }
}

fn items<'m, 'a, const N: usize>(value: &'m Message<'a>) -> Result<&'m [Message<'a>; N]> {
    array(value)?.try_into().map_err(|_| fail("an array has another length"))
}

fn fail(why: impl Into<Cow<'static, str>>) -> Error {
    let why: Cow<'static, str> = why.into();
    Diagnostic::error(Kind::Migration, "migration-bytes", format!("these are no bytes of a migration: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SchemaBuilder;
    use proptest::prelude::*;

    fn schema(inner: &str) -> Arc<Schema> {
        let mut builder = SchemaBuilder::new("json-schema");
        let root = builder.vertex("root", VertexKind::Object);
        let place = builder.vertex("place", VertexKind::Ref);
        let object = builder.vertex("object", VertexKind::Object);
        let text = builder.vertex("text", VertexKind::String);
        builder.edge(root, place, EdgeKind::Prop, Some("place"));
        builder.edge(place, object, EdgeKind::Ref, None);
        builder.edge(object, text, EdgeKind::Prop, Some(inner));
        Arc::new(builder.finish().unwrap())
    }

    fn migration() -> Migration {
        let (source, target) = (schema("street"), schema("road"));
        let edge = |schema: &Schema, at: &str, name: &str| {
            schema.prop_named(schema.find(at).unwrap(), name).unwrap()
        };
        let link = FieldMatch {
            from: vec![edge(&source, "root", "place"), edge(&source, "object", "street")],
            to: vec![edge(&target, "root", "place"), edge(&target, "object", "road")],
            reason: Reason::Likely(0.75),
        };
        let mut object = ObjectMatch { links: vec![link], ..ObjectMatch::default() };
        object.fills.insert(vec![edge(&target, "root", "place")], Json::parse("{\"road\":1e400}").unwrap());
        let mut migration = Migration::new(source, target);
        migration.objects.insert((VertexId(0), VertexId(0)), object);
        migration.trusted.insert("place".to_owned());
        migration
    }

    #[test]
    fn what_is_written_reads_back() {
        let bytes = encode(&migration());
        let back = decode(&bytes, &Limits::DEFAULT).unwrap();
        assert_eq!(back.objects, migration().objects);
        assert_eq!(back.roots, migration().roots);
        assert_eq!(encode(&back), bytes);
    }

    #[test]
    fn what_is_computed_reads_back() {
        let mut migration = migration();
        let pair = (VertexId(0), VertexId(0));
        let Some(object) = migration.objects.get_mut(&pair) else { panic!("the pair is there") };
        let link = object.links.remove(0);
        object.computes.push(Compute {
            inputs: vec![Input { name: "a".into(), way: link.from.clone(), kept: false }],
            outputs: vec![Output { name: "b".into(), way: link.to.clone() }],
            forward: parse("{b = concat a \"\\n\", c = [1.5, Nothing]}").unwrap(),
            backward: Some(parse("case b of { \"x\" -> 1, _ -> 2 }").unwrap()),
            class: CoercionClass::Projection,
        });
        let then = object.clone();
        migration.branches.insert(pair, vec![Branch { when: parse("attrs.place == 1").unwrap(), then }]);
        let edges = (link.from[1], link.to[1]);
        migration.applies.insert(edges, Apply::one_way(parse("upper v").unwrap()));
        migration.survival.insert(link.from[1], parse("street /= \"\"").unwrap());
        let bytes = encode(&migration);
        let back = decode(&bytes, &Limits::DEFAULT).unwrap();
        assert_eq!(back.objects, migration.objects);
        assert_eq!(back.branches, migration.branches);
        assert_eq!(back.applies, migration.applies);
        assert_eq!(back.survival, migration.survival);
        assert_eq!(encode(&back), bytes);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x21;
            if let Ok(read) = decode(&changed, &Limits::DEFAULT) {
                assert_eq!(encode(&read), changed);
            }
        }
    }

    #[test]
    fn paths_have_to_lead_somewhere() {
        let mut wrong = migration();
        for object in wrong.objects.values_mut() {
            for link in &mut object.links {
                link.from.remove(0);
            }
        }
        assert_eq!(decode(&encode(&wrong), &Limits::DEFAULT).unwrap_err().code, "migration-bytes");
    }

    proptest! {
        #[test]
        fn changed_bytes_never_panic(at in 0..4096usize, byte in any::<u8>()) {
            let mut bytes = encode(&migration());
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(read) = decode(&bytes, &Limits::DEFAULT) {
                prop_assert_eq!(encode(&read), bytes.clone());
            }
            prop_assert!(decode(&bytes[..at], &Limits::DEFAULT).is_err());
        }
    }
}
