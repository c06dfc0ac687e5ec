//! The first walk over the documents: who has which identifier, and what do references name?

use super::dialect::{Dialect, Holds, holds};
use super::uri;
use crate::diagnostic::Result;
use crate::limits::Budget;
use crate::ordered::BTreeMap;
use crate::value::ValueRef;
use std::collections::{HashMap, HashSet};

/// A schema in a document, with the identifier that its references are relative to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'t> {
    pub(super) value: ValueRef<'t>,
    pub(super) document: u32,
    pub(super) resource: u32,
}

/// What tells two places apart: no two JSON values begin at one byte. (A container begins with its bracket.)
pub(super) type Key = (u32, u32);

impl<'t> Place<'t> {
    pub(super) fn key(self) -> Key {
        (self.document, self.value.span().start)
    }

    /// Another value of the same resource.
    pub(super) fn with(self, value: ValueRef<'t>) -> Place<'t> {
        Place { value, ..self }
    }
}

/// What a reference names.
#[derive(Clone, Debug)]
pub(super) enum Target<'t> {
    Place(Place<'t>),
    /// In a document that was not given.
    External(String),
    /// In a given document, but nothing is there.
    Missing,
}

struct Resource<'t> {
    uri: String,
    root: Place<'t>,
}

/// What the first walk learns. Hash maps are only looked into, never iterated.
pub(super) struct Index<'t> {
    pub(super) dialects: Vec<Dialect>,
    roots: Vec<Place<'t>>,
    resources: Vec<Resource<'t>>,
    by_uri: BTreeMap<String, u32>,
    anchors: BTreeMap<(u32, String), Place<'t>>,
    /// Schemas that begin a resource of their own.
    begins: HashMap<Key, u32>,
    /// Schemas that a reference names.
    referenced: HashSet<Key>,
    /// The schema around a schema, and the pointer from there.
    parents: HashMap<Key, (Key, String)>,
    known: HashMap<(u32, String), Target<'t>>,
    members: HashMap<Key, BTreeMap<String, ValueRef<'t>>>,
}

/// Documents without an id, and relative ids, live under this base. It never leaves the engine.
pub(super) const BASE: &str = "panproto:///";

impl<'t> Index<'t> {
    /// Walks all documents.
    pub(super) fn new(
        documents: &[ValueRef<'t>],
        dialects: Vec<Dialect>,
        budget: &mut Budget,
    ) -> Result<Index<'t>> {
        let mut index = Index {
            dialects,
            roots: Vec::new(),
            resources: Vec::new(),
            by_uri: BTreeMap::new(),
            anchors: BTreeMap::new(),
            begins: HashMap::new(),
            referenced: HashSet::new(),
            parents: HashMap::new(),
            known: HashMap::new(),
            members: HashMap::new(),
        };
        let mut references = Vec::new();
        for (document, value) in (0u32..).zip(documents) {
            let resource = index.resources.len() as u32;
            let root = Place { value: *value, document, resource };
            let uri = format!("{BASE}document-{document}");
            index.by_uri.insert(uri.clone(), resource);
            index.resources.push(Resource { uri, root });
            index.begins.insert(root.key(), resource);
            index.roots.push(root);
            index.walk(root, &mut references, budget)?;
        }
        for (resource, text) in references {
            if let Target::Place(place) = index.resolve(resource, &text) {
                index.referenced.insert(place.key());
            }
        }
        Ok(index)
    }

    fn walk(
        &mut self,
        root: Place<'t>,
        references: &mut Vec<(u32, String)>,
        budget: &mut Budget,
    ) -> Result<()> {
        let dialect = self.dialect(root.document);
        let mut work = vec![root];
        while let Some(mut place) = work.pop() {
            budget.spend(1 + place.value.len() as u64)?;
            if !place.value.is_object() {
                continue;
            }
            let alone = dialect.reference_stands_alone()
                && place.value.get("$ref").is_some_and(|value| value.as_str().is_some());
            if !alone {
                place = self.identify(place, dialect);
            }
            let from = work.len();
            for (key, value) in place.value.members() {
                let Some(name) = key.as_str() else { continue };
                match &*name {
                    "$ref" | "$dynamicRef" | "$recursiveRef" => {
                        if let Some(text) = value.as_str() {
                            references.push((place.resource, text.into_owned()));
                        }
                    }
                    "definitions" | "$defs" => {}
                    _ if alone => continue,
                    _ => {}
                }
                let mut prefix = String::new();
                uri::push_token(&mut prefix, &name);
                let mut push = |value: ValueRef<'t>, pointer: String| {
                    let child = place.with(value);
                    self.parents.insert(child.key(), (place.key(), pointer));
                    work.push(child);
                };
                match holds(&name, value.is_array()) {
                    None => {}
                    Some(Holds::One) => push(value, prefix),
                    Some(Holds::List) => {
                        for (at, item) in value.items().enumerate() {
                            push(item, format!("{prefix}/{at}"));
                        }
                    }
                    Some(Holds::Map) => {
                        for (key, item) in value.members() {
                            let mut pointer = prefix.clone();
                            uri::push_token(&mut pointer, &key.as_str().unwrap_or_default());
                            push(item, pointer);
                        }
                    }
                }
            }
            // Document order: the first of two equal identifiers is the one that counts.
            if let Some(children) = work.get_mut(from..) {
                children.reverse();
            }
        }
        Ok(())
    }

    /// Takes note of `$id` and anchors; the place in the resource that it begins.
    fn identify(&mut self, mut place: Place<'t>, dialect: Dialect) -> Place<'t> {
        if let Some(id) = place.value.get(dialect.id_keyword()).and_then(ValueRef::as_str) {
            let (base, fragment) = uri::split_fragment(&id);
            if !base.is_empty() {
                let is_root = self.roots.iter().any(|root| root.key() == place.key());
                let outer = if is_root { BASE.to_owned() } else { self.uri(place.resource).to_owned() };
                let uri = uri::resolve(&outer, base);
                place.resource = self.resources.len() as u32;
                self.by_uri.entry(uri.clone()).or_insert(place.resource);
                self.resources.push(Resource { uri, root: place });
                self.begins.insert(place.key(), place.resource);
            }
            if let Some(fragment) = fragment.filter(|text| !text.is_empty() && !text.starts_with('/')) {
                self.anchors.entry((place.resource, fragment.to_owned())).or_insert(place);
            }
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(name) = place.value.get(keyword).and_then(ValueRef::as_str)
                && dialect >= Dialect::Draft201909
            {
                self.anchors.entry((place.resource, name.into_owned())).or_insert(place);
            }
        }
        place
    }

    pub(super) fn dialect(&self, document: u32) -> Dialect {
        self.dialects.get(document as usize).copied().unwrap_or(Dialect::Draft202012)
    }

    /// The root of a document, in the resource that it begins.
    pub(super) fn root(&self, document: u32) -> Option<Place<'t>> {
        self.roots.get(document as usize).map(|root| self.entered(*root))
    }

    pub(super) fn uri(&self, resource: u32) -> &str {
        self.resources.get(resource as usize).map_or(BASE, |resource| &resource.uri)
    }

    /// Whether a reference names this very schema.
    pub(super) fn is_referenced(&self, place: Place<'t>) -> bool {
        self.referenced.contains(&place.key())
    }

    /// The place, in its own resource where it begins one.
    pub(super) fn entered(&self, place: Place<'t>) -> Place<'t> {
        match self.begins.get(&place.key()) {
            Some(resource) => Place { resource: *resource, ..place },
            None => place,
        }
    }

    /// The schema around a schema, and the pointer from there.
    pub(super) fn parent(&self, key: Key) -> Option<(Key, &str)> {
        self.parents.get(&key).map(|(parent, pointer)| (*parent, pointer.as_str()))
    }

    /// The pointer of a place in its document.
    pub(super) fn pointer(&self, key: Key) -> String {
        let mut steps = Vec::new();
        let mut at = key;
        while let Some((parent, step)) = self.parent(at) {
            steps.push(step);
            at = parent;
        }
        steps.reverse();
        if steps.is_empty() && self.roots.iter().all(|root| root.key() != key) {
            return self.descend(key).map(|(_, pointer)| pointer).unwrap_or_default();
        }
        steps.concat()
    }

    /// The pointer of any value. Linear in the document's upper levels.
    pub(super) fn pointer_of_value(&self, key: Key) -> Option<String> {
        self.descend(key).map(|(_, pointer)| pointer)
    }

    /// The way down to a value that the walk did not see as a schema: the last schema on the way, and the pointer
    /// from the document's root.
    fn descend(&self, key: Key) -> Option<(Key, String)> {
        let root = *self.roots.get(key.0 as usize)?;
        let mut holder = root.key();
        let mut value = root.value;
        let mut pointer = String::new();
        let around = |value: ValueRef<'t>| {
            let span = value.span();
            span.start <= key.1 && key.1 < span.end
        };
        while value.span().start != key.1 {
            let member = value.members().find(|(_, value)| around(*value));
            if let Some((name, inner)) = member {
                uri::push_token(&mut pointer, &name.as_str().unwrap_or_default());
                value = inner;
            } else {
                let (at, inner) = value.items().enumerate().find(|(_, value)| around(*value))?;
                uri::push_token(&mut pointer, &at.to_string());
                value = inner;
            }
            let here = (key.0, value.span().start);
            if self.parents.contains_key(&here) && here != key {
                holder = here;
            }
        }
        Some((holder, pointer))
    }

    /// The nearest place around `key` for which `is_home` holds, and the pointer from there.
    pub(super) fn holder(&self, key: Key, is_home: impl Fn(Key) -> bool) -> Option<(Key, String)> {
        let full = self.pointer(key);
        let mut at = if self.parents.contains_key(&key) { key } else { self.descend(key)?.0 };
        loop {
            if is_home(at) && at != key {
                let pointer = self.pointer(at);
                return Some((at, full.strip_prefix(&pointer)?.to_owned()));
            }
            at = self.parent(at)?.0;
        }
    }

    /// What `text` names at a place of `resource`.
    pub(super) fn resolve(&mut self, resource: u32, text: &str) -> Target<'t> {
        let key = (resource, text.to_owned());
        if let Some(target) = self.known.get(&key) {
            return target.clone();
        }
        let target = self.look_up(resource, text);
        self.known.insert(key, target.clone());
        target
    }

    fn look_up(&mut self, resource: u32, text: &str) -> Target<'t> {
        let (reference, fragment) = uri::split_fragment(text);
        let full = uri::resolve(self.uri(resource), reference);
        let Some(&found) = self.by_uri.get(&full) else {
            return Target::External(match fragment {
                Some(fragment) => format!("{full}#{fragment}"),
                None => full,
            });
        };
        let Some(root) = self.resources.get(found as usize).map(|resource| resource.root) else {
            return Target::Missing;
        };
        let root = self.entered(root);
        let Some(fragment) = uri::decode(fragment.unwrap_or_default()) else { return Target::Missing };
        if fragment.is_empty() {
            return Target::Place(root);
        }
        if !fragment.starts_with('/') {
            return match self.anchors.get(&(found, fragment)) {
                Some(place) => Target::Place(*place),
                None => Target::Missing,
            };
        }
        let mut place = root;
        for token in fragment.split('/').skip(1) {
            match self.step(place, &uri::untoken(token)) {
                Some(value) => place = self.entered(place.with(value)),
                None => return Target::Missing,
            }
        }
        Target::Place(place)
    }

    fn step(&mut self, place: Place<'t>, token: &str) -> Option<ValueRef<'t>> {
        if place.value.is_array() {
            let plain = token == "0" || !token.starts_with('0');
            return place.value.items().nth(token.parse().ok().filter(|_| plain)?);
        }
        if place.value.len() < 16 {
            return place.value.get(token);
        }
        let members = self.members.entry(place.key()).or_insert_with(|| {
            let named = |(key, value): (ValueRef<'t>, _)| Some((key.as_str()?.into_owned(), value));
            place.value.members().filter_map(named).collect()
        });
        members.get(token).copied()
    }
}
