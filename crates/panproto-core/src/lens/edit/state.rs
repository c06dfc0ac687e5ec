//! What an edit lens keeps between edits.

use super::names::Look;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::instance::{Content, Part, TreeInstance, Value};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::value::{Json, ValueRef, Writer};

/// Numbers of nodes that only views have.
pub(super) const FILLED: u32 = 0x8000_0000;
/// Stands for a value that the view shows.
pub(super) const SHOWN: u64 = u64::MAX;

/// The structure of a record, with the values that its view does not show.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub(super) skeleton: TreeInstance,
    /// The numbers of nodes that fill gaps, by holder and member.
    pub(super) filled: BTreeMap<(u32, String), u32>,
    /// The types of values that the view shows; those that are not here are strings.
    pub(super) looks: BTreeMap<u32, Look>,
    /// The vertices of nodes of the view that read as others since an edit: what has the view has these.
    pub(super) anchors: BTreeMap<u32, Name>,
}

#[cold]
pub(super) fn no_state() -> Error {
    Diagnostic::error(ErrorKind::Lens, "edit-state", "this is no state of an edit lens")
}

/// What a view does not show of a record.
#[derive(Debug)]
pub(super) struct Hidden {
    pub(super) dropped: BTreeSet<u32>,
    pub(super) shadowed: BTreeSet<(u32, Json)>,
}

impl State {
    pub(super) fn of(skeleton: TreeInstance) -> State {
        State { skeleton, filled: BTreeMap::new(), looks: BTreeMap::new(), anchors: BTreeMap::new() }
    }

    /// The structure.
    pub fn skeleton(&self) -> &TreeInstance {
        &self.skeleton
    }

    /// The first number that a new node may have, on either side.
    pub fn next_id(&self) -> u32 {
        let next = self.skeleton.next_number();
        // Numbers of what is filled in are far above the others, until something of the record has one.
        let filled = self.filled.values().filter(|number| next > FILLED || **number < FILLED).max();
        filled.map_or(next, |last| next.max(last.saturating_add(1)))
    }

    /// The state as JSON.
    pub fn to_json(&self) -> Json {
        let mut out = Writer::default();
        out.object();
        out.key("skeleton");
        out.raw(self.skeleton.to_wire().as_str());
        out.key("filled");
        out.array();
        for ((holder, member), number) in &self.filled {
            out.array();
            out.number((*holder).into());
            out.string(member);
            out.number((*number).into());
            out.end_array();
        }
        out.end_array();
        out.key("looks");
        out.array();
        for (number, look) in &self.looks {
            out.array();
            out.number((*number).into());
            out.string(look.as_str());
            out.end_array();
        }
        out.end_array();
        out.key("anchors");
        out.array();
        for (number, anchor) in &self.anchors {
            out.array();
            out.number((*number).into());
            out.string(anchor);
            out.end_array();
        }
        out.end_array();
        out.key("next_id");
        out.number(self.next_id().into());
        out.end_object();
        Json::trusted(out.finish())
    }

    /// Reads what [`State::to_json`] writes.
    ///
    /// # Errors
    /// `edit-state` where it is none; `instance-shape` and what breaks the structure.
    pub fn from_json(text: &Json, budget: &mut Budget) -> Result<State> {
        let tree = text.tree();
        let bad = no_state;
        let skeleton = tree.root().get("skeleton").ok_or_else(bad)?;
        let skeleton = TreeInstance::from_wire(&skeleton.to_json(), None, budget)?;
        let (mut filled, mut looks) = (BTreeMap::new(), BTreeMap::new());
        let number = |part: Option<ValueRef<'_>>| part.and_then(|part| u32::try_from(part.as_u64()?).ok());
        for entry in tree.root().get("filled").into_iter().flat_map(|filled| filled.items()) {
            let mut parts = entry.items();
            let holder = number(parts.next()).ok_or_else(bad)?;
            let member = parts.next().and_then(|member| member.as_str()).ok_or_else(bad)?.into_owned();
            let at = number(parts.next()).ok_or_else(bad)?;
            filled.insert((holder, member), at);
        }
        for entry in tree.root().get("looks").into_iter().flat_map(|looks| looks.items()) {
            let mut parts = entry.items();
            let at = number(parts.next()).ok_or_else(bad)?;
            let look = parts.next().and_then(|look| Look::read(&look.as_str()?)).ok_or_else(bad)?;
            looks.insert(at, look);
        }
        let mut anchors = BTreeMap::new();
        for entry in tree.root().get("anchors").into_iter().flat_map(|anchors| anchors.items()) {
            let mut parts = entry.items();
            let at = number(parts.next()).ok_or_else(bad)?;
            let anchor = parts.next().and_then(|anchor| anchor.as_str()).ok_or_else(bad)?;
            anchors.insert(at, Name::new(anchor));
        }
        Ok(State { skeleton, filled, looks, anchors })
    }
}

impl Hidden {
    /// The structure without the values that the view shows.
    pub(super) fn erased(&self, record: &TreeInstance) -> TreeInstance {
        let mut skeleton = record.clone();
        for (number, node) in skeleton.nodes_mut() {
            if self.dropped.contains(&number) {
                continue;
            }
            if let Content::Leaf(_) = node.content {
                node.content = Content::Absent;
            }
            for part in &mut node.parts {
                if let Part::Extra { key, value } = part
                    && !self.shadowed.contains(&(number, key.clone()))
                {
                    *value = Value::labeled_null(SHOWN);
                }
            }
        }
        skeleton
    }

    /// What the view showed before and hides now has a value that nobody knows.
    pub(super) fn check(&self, before: &Hidden, record: &TreeInstance) -> Result<()> {
        let lost = self
            .dropped
            .difference(&before.dropped)
            .find(|number| record.node(**number).is_some_and(|node| node.content == Content::Absent));
        let shown = Value::labeled_null(SHOWN);
        let hides = |number: u32, all: bool| {
            record.node(number).is_some_and(|node| {
                node.extras().any(|(key, value)| {
                    *value == shown && (all || self.shadowed.contains(&(number, key.clone())))
                })
            })
        };
        let lost = lost.copied().or_else(|| {
            let dropped = self.dropped.iter().find(|number| hides(**number, true));
            dropped.copied().or_else(|| {
                self.shadowed.iter().map(|(number, _)| *number).find(|number| hides(*number, false))
            })
        });
        match lost {
            None => Ok(()),
            Some(number) => {
                let message = "the edit hides a value that the view showed, and that no state has";
                Err(Diagnostic::new(ErrorKind::Lens, "needs-record", message)
                    .at(record.path(number))
                    .help("open the lens again on the edited record")
                    .boxed())
            }
        }
    }
}

/// One more step of a place, as in a JSON pointer: no two places are the same text, whatever members are called.
pub(super) fn push_step(within: &mut String, step: &str) {
    within.push('/');
    within.push_str(&step.replace('~', "~0").replace('/', "~1"));
}

/// Gives nodes that fill gaps the numbers that they had.
pub(super) fn renumber_filled(
    view: TreeInstance,
    made: &[u32],
    filled: &mut BTreeMap<(u32, String), u32>,
) -> TreeInstance {
    if made.is_empty() {
        return view;
    }
    let all: BTreeSet<u32> = made.iter().copied().collect();
    let mut numbers = BTreeMap::new();
    for number in made {
        // From the node up to the record's own.
        let mut steps = Vec::new();
        let mut at = *number;
        while let (true, Some(parent)) = (all.contains(&at), view.node(at).and_then(|node| node.parent)) {
            let Some(holder) = view.node(parent) else { break };
            let index =
                holder.parts.iter().position(|part| matches!(part, Part::Child { node, .. } if *node == at));
            let part = index.and_then(|index| holder.parts.get(index));
            steps.push(match (&holder.content, part) {
                (Content::List, _) | (_, None) => index.unwrap_or_default().to_string(),
                (_, Some(part)) => part.name().into_owned(),
            });
            at = parent;
        }
        let mut within = String::new();
        steps.iter().rev().for_each(|step| push_step(&mut within, step));
        let next = filled.values().max().map_or(FILLED, |last| last.saturating_add(1));
        numbers.insert(*number, *filled.entry((at, within)).or_insert(next));
    }
    view.renamed(&numbers)
}
