//! Proofs of equations, as trees that anybody can check.

use super::json::{Writer, invalid, list, member, name_at, only, payload, unknown_tag, variant};
use super::term::Substitution;
use super::wire::write_term;
use super::{Term, Theory};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::limits::depth_error;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::value::ValueRef;

/// Why two terms are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EqWitness {
    /// A term equals itself.
    Reflexivity(Term),
    /// An instance of an axiom of the theory, from left to right.
    Axiom {
        /// Its name, of an equation or a directed one.
        name: Name,
        /// What stands for its variables.
        substitution: BTreeMap<Name, Term>,
    },
    /// The other way round.
    Symmetry(Box<EqWitness>),
    /// One after another; not empty.
    Transitivity(Vec<EqWitness>),
    /// Equal arguments give equal results.
    Congruence {
        /// The operation.
        op: Name,
        /// One proof for each argument.
        args: Vec<EqWitness>,
    },
    /// Nobody proved it: values were compared when it ran. No check accepts it.
    RuntimeChecked(Box<str>),
}

impl EqWitness {
    /// Levels of a proof.
    pub const DEPTH_MOST: u32 = 400;

    /// What the proof proves in a theory.
    ///
    /// # Errors
    /// `invalid-witness` with what is wrong.
    pub fn conclusion(&self, theory: &Theory) -> Result<(Term, Term)> {
        let axioms = theory.axioms().map(|(name, lhs, rhs)| (name.as_str(), (lhs, rhs))).collect();
        self.conclude(&axioms, EqWitness::DEPTH_MOST)
    }

    /// Whether it proves this equation. Instances may only speak of the variables of the equation: a value for any
    /// other need not exist.
    ///
    /// # Errors
    /// `invalid-witness`.
    pub fn check(&self, theory: &Theory, lhs: &Term, rhs: &Term) -> Result<()> {
        let found = self.conclusion(theory)?;
        if found != (lhs.clone(), rhs.clone()) {
            return Err(wrong(format!("it proves `{} = {}`, not `{lhs} = {rhs}`", found.0, found.1)));
        }
        let mut known = lhs.variables();
        rhs.collect_variables(&mut known);
        self.check_variables(&known)
    }

    fn check_variables(&self, known: &BTreeSet<Name>) -> Result<()> {
        match self {
            EqWitness::Axiom { substitution, .. } => {
                let mut used = BTreeSet::new();
                substitution.values().for_each(|term| term.collect_variables(&mut used));
                match used.difference(known).next() {
                    None => Ok(()),
                    Some(name) => Err(wrong(format!("the variable `{name}` is not one of the equation"))),
                }
            }
            EqWitness::Symmetry(inner) => inner.check_variables(known),
            EqWitness::Transitivity(parts) | EqWitness::Congruence { args: parts, .. } => {
                parts.iter().try_for_each(|part| part.check_variables(known))
            }
            EqWitness::Reflexivity(_) | EqWitness::RuntimeChecked(_) => Ok(()),
        }
    }

    fn conclude(&self, axioms: &BTreeMap<&str, (&Term, &Term)>, depth: u32) -> Result<(Term, Term)> {
        let depth = depth.checked_sub(1).ok_or_else(|| depth_error(EqWitness::DEPTH_MOST))?;
        match self {
            EqWitness::Reflexivity(term) => Ok((term.clone(), term.clone())),
            EqWitness::Axiom { name, substitution } => {
                let (lhs, rhs) =
                    axioms.get(name.as_str()).ok_or_else(|| wrong(format!("there is no axiom `{name}`")))?;
                let sides = (lhs.substitute(substitution), rhs.substitute(substitution));
                let mut used = lhs.variables();
                rhs.collect_variables(&mut used);
                match used.iter().find(|name| !substitution.contains_key(*name)) {
                    None => Ok(sides),
                    Some(open) => Err(wrong(format!("nothing stands for `{open}` of axiom `{name}`"))),
                }
            }
            EqWitness::Symmetry(inner) => inner.conclude(axioms, depth).map(|(lhs, rhs)| (rhs, lhs)),
            EqWitness::Transitivity(parts) => {
                let mut sides: Option<(Term, Term)> = None;
                for part in parts {
                    let (lhs, rhs) = part.conclude(axioms, depth)?;
                    sides = match sides {
                        None => Some((lhs, rhs)),
                        Some((first, middle)) if middle == lhs => Some((first, rhs)),
                        Some((_, middle)) => return Err(wrong(format!("`{middle}` is not `{lhs}`"))),
                    };
                }
                sides.ok_or_else(|| wrong("a chain of no proofs"))
            }
            EqWitness::Congruence { op, args } => {
                let sides = args.iter().map(|arg| arg.conclude(axioms, depth)).collect::<Result<Vec<_>>>()?;
                let (left, right): (Vec<Term>, Vec<Term>) = sides.into_iter().unzip();
                Ok((Term::App { op: op.clone(), args: left }, Term::App { op: op.clone(), args: right }))
            }
            EqWitness::RuntimeChecked(why) => Err(wrong(format!("it was only checked when it ran: {why}"))),
        }
    }

    /// Several proofs, one after another.
    pub(super) fn chain(mut parts: Vec<EqWitness>, at: impl FnOnce() -> Result<Term>) -> Result<EqWitness> {
        match parts.len() {
            0 => at().map(EqWitness::Reflexivity),
            1 => parts.pop().ok_or_else(|| wrong("a chain of no proofs")),
            _ => Ok(EqWitness::Transitivity(parts)),
        }
    }

    /// The other way round.
    pub(super) fn flipped(self) -> EqWitness {
        match self {
            EqWitness::Symmetry(inner) => *inner,
            EqWitness::Reflexivity(_) => self,
            other => EqWitness::Symmetry(Box::new(other)),
        }
    }

    /// Reads `{"Axiom":{"name":…,"substitution":{…}}}`, `{"Reflexivity":term}`, `{"Symmetry":…}`,
    /// `{"Transitivity":[…]}`, `{"Congruence":{"op":…,"args":[…]}}`, `{"RuntimeChecked":text}`.
    ///
    /// # Errors
    /// `invalid-theory`, `limit-depth`.
    pub fn from_json(value: ValueRef<'_>) -> Result<EqWitness> {
        read(value, EqWitness::DEPTH_MOST)
    }

    /// The JSON form.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        self.write(&mut out);
        out.finish()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        match self {
            EqWitness::Reflexivity(term) => out.tagged("Reflexivity", |out| write_term(out, term)),
            EqWitness::Axiom { name, substitution } => out.tagged("Axiom", |out| {
                out.object(|out| {
                    out.text_member("name", name);
                    out.key("substitution");
                    out.object(|out| {
                        for (name, term) in substitution {
                            out.key(name);
                            write_term(out, term);
                        }
                    });
                });
            }),
            EqWitness::Symmetry(inner) => out.tagged("Symmetry", |out| inner.write(out)),
            EqWitness::Transitivity(parts) => {
                out.tagged("Transitivity", |out| out.list(parts, |out, part| part.write(out)));
            }
            EqWitness::Congruence { op, args } => out.tagged("Congruence", |out| {
                out.object(|out| {
                    out.text_member("op", op);
                    out.list_member("args", args, |out, arg| arg.write(out));
                });
            }),
            EqWitness::RuntimeChecked(why) => out.tagged("RuntimeChecked", |out| out.string(why)),
        }
    }
}

fn read(value: ValueRef<'_>, depth: u32) -> Result<EqWitness> {
    let depth = depth.checked_sub(1).ok_or_else(|| depth_error(EqWitness::DEPTH_MOST))?;
    let (tag, inside) = variant(value, "a proof")?;
    let inside = payload(value, inside, &tag)?;
    let parts = |of: ValueRef<'_>| -> Result<Vec<EqWitness>> {
        if !of.is_array() {
            return Err(invalid(of, "proofs are an array"));
        }
        of.items().map(|item| read(item, depth)).collect()
    };
    match tag.as_ref() {
        "Reflexivity" => Term::from_json(inside).map(EqWitness::Reflexivity),
        "Symmetry" => read(inside, depth).map(|inner| EqWitness::Symmetry(Box::new(inner))),
        "Transitivity" => parts(inside).map(EqWitness::Transitivity),
        "RuntimeChecked" => Ok(EqWitness::RuntimeChecked(super::json::text(inside, &tag)?.into())),
        "Axiom" => {
            only(inside, "`Axiom`", &["name", "substitution"])?;
            let mut substitution = Substitution::new();
            for (key, term) in member(inside, "substitution")?.members() {
                substitution.insert(super::json::name(key, "substitution")?, Term::from_json(term)?);
            }
            Ok(EqWitness::Axiom { name: name_at(inside, "name")?, substitution })
        }
        "Congruence" => {
            only(inside, "`Congruence`", &["op", "args"])?;
            let args = list(inside, "args", |item| read(item, depth))?;
            Ok(EqWitness::Congruence { op: name_at(inside, "op")?, args })
        }
        other => Err(unknown_tag(value, "proof", other)),
    }
}

#[cold]
fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Diagnostic::error(Kind::TypeCheck, "invalid-witness", message)
}
