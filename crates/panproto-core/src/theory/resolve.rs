//! Theories that extend others: their parts are put in, the first of a name stays.

use super::Theory;
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};

/// Theories by name.
pub type Registry = BTreeMap<Name, Theory>;

impl Theory {
    /// The theory with the parts of all that it extends, nearest ancestors first, and with `extends` empty.
    ///
    /// # Errors
    /// `unknown-theory`, `theory-cycle` (both with the way in the path), `theory-conflict` where two parts of one
    /// name differ.
    pub fn resolve(&self, registry: &Registry) -> Result<Theory> {
        let mut order: Vec<&Theory> = Vec::new();
        let mut done: BTreeSet<&Name> = BTreeSet::new();
        // The way from the theory down to where the walk is, each with what it extends and was not yet seen.
        let mut way: Vec<(&Theory, std::slice::Iter<'_, Name>)> = vec![(self, self.extends.iter())];
        while let Some((theory, rest)) = way.last_mut() {
            let Some(parent) = rest.next() else {
                order.push(theory);
                done.insert(&theory.name);
                way.pop();
                continue;
            };
            if way.iter().any(|(above, _)| above.name == *parent) {
                return Err(cycle(way.iter().map(|(above, _)| above.name.as_str()), parent));
            }
            if done.contains(parent) {
                continue;
            }
            let found = registry.get(parent).ok_or_else(|| unknown(parent))?;
            way.push((found, found.extends.iter()));
        }
        let mut merged = Theory::new(self.name.clone());
        for theory in order {
            add(&mut merged.sorts, &theory.sorts, "sorts", |sort| &sort.name)?;
            add(&mut merged.ops, &theory.ops, "ops", |op| &op.name)?;
            add(&mut merged.eqs, &theory.eqs, "eqs", |eq| &eq.name)?;
            add(&mut merged.directed_eqs, &theory.directed_eqs, "directed_eqs", |eq| &eq.name)?;
            add(&mut merged.policies, &theory.policies, "policies", |policy| &policy.name)?;
        }
        Ok(merged)
    }
}

fn add<T: Clone + PartialEq>(into: &mut Vec<T>, from: &[T], what: &str, name: fn(&T) -> &Name) -> Result<()> {
    let seen: BTreeMap<Name, usize> =
        into.iter().enumerate().map(|(at, part)| (name(part).clone(), at)).collect();
    for part in from {
        match seen.get(name(part)).and_then(|at| into.get(*at)) {
            None => into.push(part.clone()),
            Some(there) if there == part => {}
            Some(_) => return Err(conflict(what, name(part))),
        }
    }
    Ok(())
}

#[cold]
pub(super) fn conflict(what: &str, name: &Name) -> Error {
    Diagnostic::new(Kind::Schema, "theory-conflict", format!("two parts with the name `{name}` differ"))
        .at(crate::diagnostic::Path::default().member(what).member(name))
        .help("rename one of them, or make them equal")
        .boxed()
}

#[cold]
fn unknown(name: &Name) -> Error {
    Diagnostic::new(Kind::Schema, "unknown-theory", format!("there is no theory `{name}`"))
        .at("extends")
        .help("give the theories that are extended beside this one")
        .boxed()
}

#[cold]
fn cycle<'a>(way: impl Iterator<Item = &'a str>, back: &'a Name) -> Error {
    let way: Vec<&str> = way.skip_while(|name| *name != back.as_str()).chain([back.as_str()]).collect();
    Diagnostic::new(
        Kind::Schema,
        "theory-cycle",
        format!("theory `{back}` extends itself: {}", way.join(" → ")),
    )
    .at("extends")
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::super::{Sort, Theory};
    use super::*;

    fn theory(name: &str, extends: &[&str], sorts: &[&str]) -> Theory {
        Theory {
            extends: extends.iter().map(Name::new).collect(),
            sorts: sorts.iter().map(Sort::plain_of).collect(),
            ..Theory::new(name)
        }
    }

    impl Sort {
        fn plain_of(name: &&str) -> Sort {
            Sort::plain(*name)
        }
    }

    fn resolve(of: &str, all: &[Theory]) -> Result<Theory> {
        let registry: Registry = all.iter().map(|theory| (theory.name.clone(), theory.clone())).collect();
        registry[of].resolve(&registry)
    }

    #[test]
    fn parts_of_ancestors_are_put_in_once() {
        let all = [
            theory("A", &["B", "C"], &["a"]),
            theory("B", &["D"], &["b"]),
            theory("C", &["D"], &["c"]),
            theory("D", &[], &["d"]),
        ];
        let found = resolve("A", &all).unwrap();
        let names: Vec<&str> = found.sorts.iter().map(|sort| sort.name.as_str()).collect();
        assert_eq!(names, ["d", "b", "c", "a"]);
        assert!(found.extends.is_empty());
    }

    #[test]
    fn cycles_gaps_and_conflicts_are_told() {
        let cyclic = [theory("A", &["B"], &[]), theory("B", &["C"], &[]), theory("C", &["B"], &[])];
        let error = resolve("A", &cyclic).unwrap_err();
        assert_eq!(
            (error.code, error.message.as_ref()),
            ("theory-cycle", "theory `B` extends itself: B → C → B")
        );
        assert_eq!(resolve("A", &[theory("A", &["X"], &[])]).unwrap_err().code, "unknown-theory");
        let mut other = theory("B", &[], &["s"]);
        other.sorts[0].kind = super::super::SortKind::Val(super::super::ValueKind::Int);
        let error = resolve("A", &[theory("A", &["B"], &["s"]), other]).unwrap_err();
        assert_eq!((error.code, error.path.as_deref()), ("theory-conflict", Some("sorts.s")));
    }
}
