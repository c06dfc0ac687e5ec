//! Running cases; making failing ones small; keeping them.

use super::case::Case;
use panproto_testkit::generate::Node;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Once;
use std::time::{Duration, Instant};

thread_local! {
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
    static QUIET: RefCell<bool> = const { RefCell::new(false) };
}

static HOOK: Once = Once::new();

/// What a run panicked with, if it did.
pub fn caught<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if QUIET.with(|quiet| *quiet.borrow()) {
                MESSAGE.with(|message| *message.borrow_mut() = Some(info.to_string()));
            } else {
                before(info);
            }
        }));
    });
    let was = QUIET.with(|quiet| quiet.replace(true));
    let result = catch_unwind(AssertUnwindSafe(body));
    QUIET.with(|quiet| *quiet.borrow_mut() = was);
    result.map_err(|_| MESSAGE.with(|message| message.borrow_mut().take()).unwrap_or_default())
}

/// What kind of failure it is: where it panicked, the first words, and the codes and messages of errors in it.
pub fn kind(message: &str) -> String {
    let mut lines = message.lines();
    let mut kind = lines.next().unwrap_or_default().to_owned();
    kind.push(' ');
    kind.extend(lines.next().unwrap_or_default().chars().take(24));
    for line in lines {
        for word in ["left: ", "right: "] {
            if let Some(side) = line.trim_start().strip_prefix(word) {
                let code = side.split_once("message: ").map_or(side, |(_, rest)| rest);
                let code: String =
                    code.split(['`', '{']).next().unwrap_or_default().chars().take(40).collect();
                kind = format!("{kind} {word}{code}");
            }
        }
    }
    kind
}

/// A smaller case that fails in the same way.
pub fn shrink(case: &Case, message: &str) -> (Case, String) {
    let wanted = kind(message);
    let end = Instant::now() + Duration::from_secs(20);
    let (mut best, mut told) = (case.clone(), message.to_owned());
    let fails = |case: &Case| caught(|| case.check()).err().filter(|message| kind(message) == wanted);
    loop {
        let mut changed = false;
        let mut attempt = |best: &mut Case, next: Case| {
            if Instant::now() > end || next == *best {
                return false;
            }
            match fails(&next) {
                Some(message) => {
                    (*best, told) = (next, message);
                    changed = true;
                    true
                }
                None => false,
            }
        };
        let mut at = 0;
        while at < best.edits.len() {
            let mut next = best.clone();
            next.edits.remove(at);
            if !attempt(&mut best, next) {
                at += 1;
            }
        }
        let next = Case { other: String::new(), ..best.clone() };
        attempt(&mut best, next);
        // Members and items of each text, larger ones first.
        for which in 0..4 + best.edits.len() {
            let text = |case: &Case| match which {
                0 => case.record.clone(),
                1 => case.other.clone(),
                2 => case.new.clone(),
                3 => case.old.clone(),
                n => case.edits.get(n - 4).cloned().unwrap_or_default(),
            };
            let set = |case: &mut Case, text: String| match which {
                0 => case.record = text,
                1 => case.other = text,
                2 => case.new = text,
                3 => case.old = text,
                n => case.edits[n - 4] = text,
            };
            let mut index = 0;
            while let Some(next) = Node::parse(&text(&best)).and_then(|node| without(node, index)) {
                let mut case = best.clone();
                set(&mut case, next.to_string());
                if !attempt(&mut best, case) {
                    index += 1;
                }
            }
        }
        // A member that both schemas lose.
        let mut index = 0;
        while let Some(next) = Node::parse(&best.old).and_then(|node| without(node, index)) {
            let other = removed(&Node::parse(&best.old), index).and_then(|name| {
                Node::parse(&best.new).map(|mut node| {
                    strip(&mut node, &name);
                    node.to_string()
                })
            });
            let case = Case {
                old: next.to_string(),
                new: other.unwrap_or_else(|| best.new.clone()),
                ..best.clone()
            };
            if !attempt(&mut best, case) {
                index += 1;
            }
        }
        if !changed || Instant::now() > end {
            return (best, told);
        }
    }
}

/// All values with their `index`-th member or item removed.
fn without(mut node: Node, index: usize) -> Option<Node> {
    let mut left = index;
    remove(&mut node, &mut left).then_some(node)
}

fn remove(node: &mut Node, left: &mut usize) -> bool {
    match node {
        Node::Scalar(_) => false,
        Node::Array(items) => {
            if *left < items.len() {
                items.remove(*left);
                return true;
            }
            *left -= items.len();
            items.iter_mut().any(|item| remove(item, left))
        }
        Node::Object(members) => {
            if *left < members.len() {
                members.remove(*left);
                return true;
            }
            *left -= members.len();
            members.iter_mut().any(|(_, value)| remove(value, left))
        }
    }
}

/// The name of the `index`-th member, if it is one.
fn removed(node: &Option<Node>, index: usize) -> Option<String> {
    fn walk(node: &Node, left: &mut usize) -> Option<Option<String>> {
        match node {
            Node::Scalar(_) => None,
            Node::Array(items) => {
                if *left < items.len() {
                    return Some(None);
                }
                *left -= items.len();
                items.iter().find_map(|item| walk(item, left))
            }
            Node::Object(members) => {
                if let Some((key, _)) = members.get(*left) {
                    return Some(Some(key.clone()));
                }
                *left -= members.len();
                members.iter().find_map(|(_, value)| walk(value, left))
            }
        }
    }
    walk(node.as_ref()?, &mut { index }).flatten()
}

fn strip(node: &mut Node, key: &str) {
    match node {
        Node::Scalar(_) => {}
        Node::Array(items) => items.iter_mut().for_each(|item| strip(item, key)),
        Node::Object(members) => {
            members.retain(|(other, _)| other != key);
            members.iter_mut().for_each(|(_, value)| strip(value, key));
        }
    }
}

/// Where failing cases are kept, to be replayed.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/regressions")
}

/// Keeps a failing case. Gives the path.
pub fn keep(name: &str, case: &Case) -> PathBuf {
    let path = folder().join(format!("{name}.json"));
    std::fs::create_dir_all(folder()).unwrap();
    std::fs::write(&path, serde_json::to_string_pretty(&case.to_json()).unwrap() + "\n").unwrap();
    path
}
