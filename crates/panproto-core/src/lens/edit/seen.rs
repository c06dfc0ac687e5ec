//! A record that went through a lens with names in place of the values that nothing looks at.

use super::follow::{Fate, follow};
use super::names::{Look, Names, Owner, unknown};
use super::state::{FILLED, SHOWN, State, push_step};
use crate::diagnostic::{Path, Result, Segment};
use crate::instance::{Content, Outline, Part, TreeInstance, Value};
use crate::lens::engine::{Direction, Engine};
use crate::lens::stages::Lens;
use crate::lens::trace::{self, Step};
use crate::lens::{Clear, Note};
use crate::limits::{Budget, Cancel};
use crate::ordered::{BTreeMap, BTreeSet};
use crate::value::Json;

/// Numbers of nodes while they have none of their own.
const NAMELESS: u32 = 0xF000_0000;

/// A view, and what it took to see it.
#[derive(Debug)]
pub(super) struct Seen {
    /// Its nodes have the numbers of what they come from; values that are not known are absent.
    pub(super) view: TreeInstance,
    pub(super) names: Names,
    /// What the stages remember.
    pub(super) bodies: Vec<Vec<u8>>,
    /// Values that stand in the view by their names.
    shown: BTreeSet<Owner>,
}

/// What values names stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// All that nothing looks at.
    All,
    /// Those that are not known.
    Unknown,
}

/// The places of the nodes of a tree, in document order.
pub(super) fn places(tree: &TreeInstance, budget: &mut Budget) -> Result<Vec<(u32, Vec<Step>)>> {
    let mut places = Vec::with_capacity(tree.len());
    let mut open = vec![(tree.root(), Vec::new())];
    while let Some((number, path)) = open.pop() {
        let Some(node) = tree.node(number) else { continue };
        budget.spend(1 + path.len() as u64)?;
        let begin = open.len();
        for (index, part) in node.parts.iter().enumerate() {
            if let Part::Child { node: child, .. } = part {
                open.push((*child, below(&path, &node.content, index, part)));
            }
        }
        if let Some(added) = open.get_mut(begin..) {
            added.reverse();
        }
        places.push((number, path));
    }
    Ok(places)
}

/// Places as texts, of which no two are the same: a member may stand twice.
#[derive(Debug, Default)]
pub(super) struct Keys(BTreeMap<String, u32>);

impl Keys {
    pub(super) fn of(&mut self, path: &[Step]) -> String {
        let text = trace::print(path);
        let times = self.0.entry(text.clone()).or_insert(0);
        *times += 1;
        if *times == 1 { text } else { format!("{text} {times}") }
    }

    /// Nodes by their place.
    pub(super) fn nodes(places: &[(u32, Vec<Step>)]) -> BTreeMap<String, u32> {
        let mut keys = Keys::default();
        places.iter().map(|(number, path)| (keys.of(path), *number)).collect()
    }
}

fn below(path: &[Step], content: &Content, index: usize, part: &Part) -> Vec<Step> {
    let mut path = path.to_vec();
    path.push(match content {
        Content::List => Step::Item(u32::try_from(index).ok()),
        _ => Step::Member(part.name().into()),
    });
    path
}

/// A place as diagnostics say it.
pub(super) fn path_of(steps: &[Step]) -> Path {
    let segment = |step: &Step| match step {
        Step::Member(name) => Segment::Member(name.clone()),
        Step::Item(index) => Segment::Item(index.unwrap_or(u32::MAX)),
        Step::Values => Segment::Member("*".into()),
    };
    Path(steps.iter().map(segment).collect())
}

/// Whether two nodes may have one number.
pub(super) fn alike(one: &Content, other: &Content) -> bool {
    let sort = |content: &Content| match content {
        Content::Leaf(_) | Content::Absent => 0,
        Content::Object => 1,
        Content::List => 2,
    };
    sort(one) == sort(other)
}

/// Sends a record through a lens. `wished` are numbers for nodes of the view that come from nothing, by their place.
///
/// # Errors
/// Those of the lens, at the place in the record; `needs-record` where a value is not known that something looks at.
pub(super) fn see(
    lens: &Lens,
    (source, target): (&Outline<'_>, &Outline<'_>),
    record: &TreeInstance,
    state: &mut State,
    named: Named,
    wished: &BTreeMap<String, u32>,
    budget: &mut Budget,
) -> Result<Seen> {
    let mut places = places(record, budget)?;
    let mut fates = Vec::with_capacity(places.len());
    for (_, path) in &places {
        fates.push(follow(lens, path, budget)?);
    }
    // What the choice of an arm looks at has to be there as it is, on both sides.
    let mut kept = weighed(source, record, &places);
    loop {
        let (names, text) = name(lens, record, &places, &fates, &kept, state, named, budget)?;
        let (view, bodies) = forward(lens, text.as_str().as_bytes(), budget)?;
        let root = lens.last().migration.roots.1;
        let view = Json::parse(&String::from_utf8_lossy(&view))?;
        let view = TreeInstance::from_json(target, root, &view, budget)?;
        let before = kept.len();
        meet(&names, target, &view, &mut kept, budget)?;
        if kept.len() > before {
            continue;
        }
        let comes_from = places.drain(..).map(|(number, _)| number).zip(fates).collect::<Vec<_>>();
        let view = numbered(view, record, &comes_from, &names, state, wished, budget)?;
        let mut seen = Seen { view, names, bodies, shown: BTreeSet::new() };
        seen.settle(target)?;
        return Ok(seen);
    }
}

/// The nodes at and below the unions of which one has to look at values to choose an arm.
fn weighed(outline: &Outline<'_>, tree: &TreeInstance, places: &[(u32, Vec<Step>)]) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    if outline.find(tree.schema_root()).is_some_and(|root| outline.weighs(root)) {
        found.insert(tree.root());
    }
    for (number, _) in places {
        let Some(node) = tree.node(*number) else { continue };
        for (child, arrow) in node.children() {
            let tgt = outline.edge(arrow).map(|edge| outline.schema().edge(edge).tgt);
            if found.contains(number) || tgt.is_some_and(|tgt| outline.weighs(tgt)) {
                found.insert(child);
            }
        }
    }
    found
}

/// Adds whose names stand where the choice of an arm of the view looks at them.
fn meet(
    names: &Names,
    target: &Outline<'_>,
    view: &TreeInstance,
    kept: &mut BTreeSet<u32>,
    budget: &mut Budget,
) -> Result<()> {
    let places = places(view, budget)?;
    let weighed = weighed(target, view, &places);
    for (number, path) in places.iter().filter(|(number, _)| weighed.contains(number)) {
        let Some(node) = view.node(*number) else { continue };
        for value in node.value().into_iter().chain(node.extras().map(|(_, value)| value)) {
            for (owner, is_known) in names.within(value.json()) {
                if !is_known {
                    return Err(unknown(path_of(path)));
                }
                let (Owner::Leaf(from) | Owner::Extra(from, _)) = owner;
                kept.insert(*from);
            }
        }
    }
    Ok(())
}

/// The record with names in it.
#[expect(clippy::too_many_arguments, reason = "one place where names are given")]
fn name(
    lens: &Lens,
    record: &TreeInstance,
    places: &[(u32, Vec<Step>)],
    fates: &[Fate],
    kept: &BTreeSet<u32>,
    state: &State,
    named: Named,
    budget: &mut Budget,
) -> Result<(Names, Json)> {
    let mut names = Names::for_record(record);
    let mut text = record.clone();
    for ((number, path), fate) in places.iter().zip(fates) {
        let number = *number;
        let Some(node) = record.node(number) else { continue };
        let is_kept = kept.contains(&number);
        let free = fate.free && !is_kept && path.last() != Some(&Step::Member("$type".into()));
        if let (look, known) = match &node.content {
            Content::Absent => (state.looks.get(&number).copied().or(Some(Look::Text)), None),
            Content::Leaf(value) if free && named == Named::All => (Look::of(value.json()), Some(value)),
            _ => (None, None),
        } && let Some(look) = look
        {
            if !free {
                return Err(unknown(path_of(path)));
            }
            let name = names.name(Owner::Leaf(number), look, known.cloned());
            text.set_content(number, Content::Leaf(Value::plain(name)));
        }
        for (index, part) in node.parts.iter().enumerate() {
            let Part::Extra { key, value } = part else { continue };
            let is_unknown = *value == Value::labeled_null(SHOWN);
            let look = if is_unknown { Some(Look::Text) } else { Look::of(value.json()) };
            let Some(look) = look.filter(|_| is_unknown || named == Named::All) else { continue };
            let path = below(path, &node.content, index, part);
            let free = node.content == Content::Object
                && !is_kept
                && part.name() != "$type"
                && follow(lens, &path, budget)?.free;
            if !free && is_unknown {
                return Err(unknown(path_of(&path)));
            }
            if free {
                let known = (!is_unknown).then(|| value.clone());
                let name = names.name(Owner::Extra(number, key.clone()), look, known);
                text.set_extra(number, index, Value::plain(name));
            }
        }
    }
    let text = text.to_json(budget)?;
    Ok((names, text))
}

fn forward(lens: &Lens, text: &[u8], budget: &mut Budget) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
    let (mut at, mut bodies) = (text.to_vec(), Vec::with_capacity(lens.len()));
    for (index, stage) in lens.stages().enumerate() {
        budget.spend(at.len() as u64)?;
        let mut engine = Clear::new(stage.machine.clone(), *budget.limits()).watching(Cancel::default());
        let (mut view, mut body) = (Vec::new(), Vec::new());
        engine
            .get(&at, &mut view, Some(&mut body))
            .map_err(|error| placed(lens.locate(index, Direction::Forward, text, error)))?;
        bodies.push(body);
        at = view;
    }
    Ok((at, bodies))
}

/// The record of a view, with what the stages remember.
///
/// # Errors
/// Those of the lens, at the place in the view.
pub(super) fn backward(lens: &Lens, text: &[u8], bodies: &[Vec<u8>], budget: &mut Budget) -> Result<Vec<u8>> {
    let mut at = text.to_vec();
    for (index, stage) in lens.stages().enumerate().collect::<Vec<_>>().into_iter().rev() {
        budget.spend(at.len() as u64)?;
        let mut engine = Clear::new(stage.machine.clone(), *budget.limits());
        let (mut record, mut notes) = (Vec::new(), Vec::<Note>::new());
        let body = bodies.get(index).map(Vec::as_slice);
        engine
            .put(&at, body, &mut record, &mut notes)
            .map_err(|error| placed(lens.locate(index, Direction::Backward, text, error)))?;
        at = record;
    }
    Ok(at)
}

/// Offsets are those of a text that nobody has.
fn placed(mut error: crate::diagnostic::Error) -> crate::diagnostic::Error {
    error.span = None;
    error
}

/// Gives the nodes of a view the numbers of what they come from; others keep a number of their own in the state.
fn numbered(
    view: TreeInstance,
    record: &TreeInstance,
    comes_from: &[(u32, Fate)],
    names: &Names,
    state: &mut State,
    wished: &BTreeMap<String, u32>,
    budget: &mut Budget,
) -> Result<TreeInstance> {
    let places = places(&view, budget)?;
    let (mut numbers, mut used) = (BTreeMap::new(), BTreeSet::new());
    let mut claim = |fresh: u32, number: u32| {
        if !numbers.contains_key(&fresh) && used.insert(number) {
            numbers.insert(fresh, number);
        }
    };
    let at = Keys::nodes(&places);
    for (fresh, _) in &places {
        let text = view.node(*fresh).and_then(|node| node.value()).map(|value| value.json().as_str());
        if let Some((Owner::Leaf(number), _)) = text.and_then(|text| names.find(text)) {
            claim(*fresh, *number);
        }
    }
    let mut keys = Keys::default();
    for (number, fate) in comes_from {
        let Some(fresh) = fate.to.as_ref().and_then(|to| at.get(&keys.of(to))) else { continue };
        let pair = record.node(*number).zip(view.node(*fresh));
        if pair.is_some_and(|(from, to)| alike(&from.content, &to.content)) {
            claim(*fresh, *number);
        }
    }
    // What comes from nothing is known by where it stands below what comes from something.
    // A number that something had before the edit stands for nothing else after it.
    let taken = [record, &state.skeleton].into_iter().flat_map(|tree| tree.nodes().map(|(number, _)| number));
    let taken = taken.chain(state.filled.values().copied());
    let mut next = taken.filter(|number| *number >= FILLED).max();
    let mut around: BTreeMap<u32, (u32, String)> = BTreeMap::new();
    let mut times = BTreeMap::new();
    let mut keys = Keys::default();
    for (fresh, path) in &places {
        let wish = wished.get(&keys.of(path));
        let Some(node) = view.node(*fresh) else { continue };
        let (holder, mut within) = match node.parent.and_then(|parent| around.get(&parent)) {
            Some(above) => above.clone(),
            None => (u32::MAX, String::new()),
        };
        match path.last() {
            Some(Step::Member(name)) => push_step(&mut within, name),
            Some(Step::Item(Some(index))) => push_step(&mut within, &index.to_string()),
            _ => {}
        }
        if let Some(number) = numbers.get(fresh) {
            around.insert(*fresh, (*number, String::new()));
            continue;
        }
        let sort = match node.content {
            Content::Object => "{}",
            Content::List => "[]",
            _ => "",
        };
        // What is filled in may have a member twice.
        let times = times.entry((holder, sort, within.clone())).or_insert(0u32);
        *times += 1;
        let key = if *times == 1 { format!("{sort}{within}") } else { format!("{times}{sort}{within}") };
        around.insert(*fresh, (holder, within));
        let wish = wish.filter(|number| !used.contains(*number));
        let entry = (holder, key);
        let number = match wish.or_else(|| state.filled.get(&entry)) {
            Some(number) if !used.contains(number) => *number,
            _ => next.map_or(FILLED, |last| last.saturating_add(1)),
        };
        if number >= FILLED {
            next = next.max(Some(number));
        }
        if !used.insert(number) {
            return Err(super::state::no_state());
        }
        state.filled.insert(entry, number);
        numbers.insert(*fresh, number);
    }
    // Numbers of the reader are of no use to anybody.
    let apart = places.iter().map(|(fresh, _)| (*fresh, fresh.saturating_add(NAMELESS))).collect();
    let numbers =
        numbers.into_iter().map(|(fresh, number)| (fresh.saturating_add(NAMELESS), number)).collect();
    Ok(view.renamed(&apart).renamed(&numbers))
}

impl Seen {
    /// Puts values in place of their names, where they are known, and nothing where they are not.
    fn settle(&mut self, target: &Outline<'_>) -> Result<()> {
        let Seen { view, names, shown, .. } = self;
        let whole = view.clone();
        for (number, node) in view.nodes_mut() {
            if let Content::Leaf(value) = &node.content {
                let text = value.json().as_str();
                match names.find(text) {
                    Some((owner @ Owner::Leaf(from), known)) if *from == number => {
                        shown.insert(owner.clone());
                        node.content = match known {
                            Some(known) => Content::Leaf(at(target, &node.anchor, known.json())),
                            None => Content::Absent,
                        };
                    }
                    _ => {
                        if let Some(json) = names.filled_in(value.json(), || whole.path(number))? {
                            node.content = Content::Leaf(at(target, &node.anchor, &json));
                        }
                    }
                }
            }
            for part in &mut node.parts {
                let Part::Extra { key, value } = part else { continue };
                match names.find(value.json().as_str()) {
                    Some((owner @ Owner::Extra(from, named), known)) if *from == number && named == key => {
                        shown.insert(owner.clone());
                        *value = known.cloned().unwrap_or_else(|| Value::labeled_null(SHOWN));
                    }
                    _ => {
                        if let Some(json) = names.filled_in(value.json(), || whole.path(number))? {
                            *value = Value::plain(json);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// What is left of the record when the values that the view shows are gone; those that the view does not show
    /// have to be known.
    ///
    /// # Errors
    /// `needs-record`
    pub(super) fn erase(&self, record: &TreeInstance, state: &mut State) -> Result<()> {
        let mut skeleton = record.clone();
        state.looks.clear();
        for (number, node) in skeleton.nodes_mut() {
            if matches!(node.content, Content::Leaf(_) | Content::Absent) {
                let owner = Owner::Leaf(number);
                if self.shown.contains(&owner) {
                    node.content = Content::Absent;
                    if let Some((_, look)) = self.names.of(&owner).filter(|(_, look)| *look != Look::Text) {
                        state.looks.insert(number, look);
                    }
                } else if node.content == Content::Absent {
                    return Err(hidden(record.path(number)));
                }
            }
            for part in &mut node.parts {
                let Part::Extra { key, value } = part else { continue };
                if self.shown.contains(&Owner::Extra(number, key.clone())) {
                    *value = Value::labeled_null(SHOWN);
                } else if *value == Value::labeled_null(SHOWN) {
                    return Err(hidden(record.path(number)));
                }
            }
        }
        let known = |holder: u32| holder == u32::MAX || skeleton.node(holder).is_some();
        // A number that a node of the record has now stands for nothing else.
        state.filled.retain(|(holder, _), number| {
            known(*holder) && self.view.node(*number).is_some() && skeleton.node(*number).is_none()
        });
        state.skeleton = skeleton;
        Ok(())
    }
}

fn at(target: &Outline<'_>, anchor: &str, json: &Json) -> Value {
    match target.find(anchor) {
        Some(vertex) => Value::at(json.tree().root(), &target.schema().vertex(vertex).kind),
        None => Value::plain(json.clone()),
    }
}

/// What the view showed before and hides now has a value that nobody knows.
#[cold]
fn hidden(path: Path) -> crate::diagnostic::Error {
    let mut error = unknown(path);
    error.message = "the edit hides a value that the view showed, and that no state has".into();
    error
}
