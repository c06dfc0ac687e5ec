//! Terms: variables and applied operations; their text `f(x, c())`.

use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::limits::depth_error;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use std::fmt;

/// A term. Its depth is bounded where it is read and where it is made, so that walking it may recurse.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// A variable.
    Var(Name),
    /// An operation and its arguments.
    App {
        /// The operation.
        op: Name,
        /// One argument for each of its inputs.
        args: Vec<Term>,
    },
}

/// What stands for variables.
pub type Substitution = BTreeMap<Name, Term>;

impl Term {
    /// Levels of a term that is read.
    pub const DEPTH_MOST: u32 = 256;
    /// Levels of a term that rewriting makes.
    pub(super) const DEPTH_MADE: u32 = 1000;
    /// Size of a term that is written out.
    pub(super) const SIZE_MOST: u64 = 1 << 20;

    /// A variable.
    pub fn var(name: impl Into<Name>) -> Term {
        Term::Var(name.into())
    }

    /// An applied operation.
    pub fn app(op: impl Into<Name>, args: impl IntoIterator<Item = Term>) -> Term {
        Term::App { op: op.into(), args: args.into_iter().collect() }
    }

    /// Reads `f(x, c())`: a name with brackets is an operation, one without is a variable.
    ///
    /// # Errors
    /// `term-syntax` with a span; `limit-depth`.
    pub fn parse(text: &str) -> Result<Term> {
        let mut parser = TermText { text, at: 0 };
        let term = parser.term(Term::DEPTH_MOST)?;
        parser.end()?;
        Ok(term)
    }

    /// Puts terms in place of variables, all at once.
    #[must_use]
    pub fn substitute(&self, with: &Substitution) -> Term {
        match self {
            Term::Var(name) => with.get(name).unwrap_or(self).clone(),
            Term::App { op, args } => {
                Term::App { op: op.clone(), args: args.iter().map(|arg| arg.substitute(with)).collect() }
            }
        }
    }

    /// The term with its operations renamed.
    #[must_use]
    pub fn map_ops(&self, rename: &dyn Fn(&Name) -> Name) -> Term {
        match self {
            Term::Var(_) => self.clone(),
            Term::App { op, args } => {
                Term::App { op: rename(op), args: args.iter().map(|arg| arg.map_ops(rename)).collect() }
            }
        }
    }

    /// Adds the variables to a set.
    pub fn collect_variables(&self, into: &mut BTreeSet<Name>) {
        self.walk(&mut |term| {
            if let Term::Var(name) = term {
                into.insert(name.clone());
            }
        });
    }

    /// The variables.
    pub fn variables(&self) -> BTreeSet<Name> {
        let mut found = BTreeSet::new();
        self.collect_variables(&mut found);
        found
    }

    /// Visits the term and all inside it, outermost first.
    pub fn walk(&self, visit: &mut dyn FnMut(&Term)) {
        visit(self);
        if let Term::App { args, .. } = self {
            args.iter().for_each(|arg| arg.walk(visit));
        }
    }

    /// Whether an operation occurs.
    pub fn uses_op(&self, name: &str) -> bool {
        let mut found = false;
        self.walk(&mut |term| found |= matches!(term, Term::App { op, .. } if *op == *name));
        found
    }
}

impl fmt::Display for Term {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Var(name) => out.write_str(name),
            Term::App { op, args } => {
                out.write_str(op)?;
                out.write_str("(")?;
                for (at, arg) in args.iter().enumerate() {
                    if at > 0 {
                        out.write_str(", ")?;
                    }
                    arg.fmt(out)?;
                }
                out.write_str(")")
            }
        }
    }
}

/// A pair of terms with its variables renamed in the order in which they come, so that equations that differ only
/// by names of variables are equal.
pub(super) fn canonical(lhs: &Term, rhs: &Term) -> (Term, Term) {
    let mut names = BTreeMap::new();
    let mut rename = |term: &Term| rename_in_order(term, &mut names);
    (rename(lhs), rename(rhs))
}

fn rename_in_order(term: &Term, names: &mut BTreeMap<Name, Name>) -> Term {
    match term {
        Term::Var(name) => {
            let next = names.len();
            let new = names.entry(name.clone()).or_insert_with(|| Name::from(format!("v{next}")));
            Term::Var(new.clone())
        }
        Term::App { op, args } => {
            Term::App { op: op.clone(), args: args.iter().map(|arg| rename_in_order(arg, names)).collect() }
        }
    }
}

/// Reads the texts of terms, sorts and declarations.
pub(super) struct TermText<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl TermText<'_> {
    pub(super) fn term(&mut self, depth: u32) -> Result<Term> {
        let name = self.name()?;
        if !self.take('(') {
            return Ok(Term::Var(name));
        }
        Ok(Term::App { op: name, args: self.arguments(depth)? })
    }

    /// Terms up to the closing bracket; the opening one is read.
    pub(super) fn arguments(&mut self, depth: u32) -> Result<Vec<Term>> {
        let depth = depth.checked_sub(1).ok_or_else(|| depth_error(Term::DEPTH_MOST))?;
        let mut args = Vec::new();
        if self.take(')') {
            return Ok(args);
        }
        loop {
            args.push(self.term(depth)?);
            if self.take(')') {
                return Ok(args);
            }
            self.expect(',')?;
        }
    }

    fn space(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.len() - rest.trim_start().len();
    }

    pub(super) fn take(&mut self, wanted: char) -> bool {
        self.space();
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(wanted));
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    pub(super) fn expect(&mut self, wanted: char) -> Result<()> {
        if self.take(wanted) { Ok(()) } else { Err(self.unexpected(&format!("`{wanted}`"))) }
    }

    pub(super) fn name(&mut self) -> Result<Name> {
        self.space();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let len = rest.find(|c: char| c.is_whitespace() || "(),=".contains(c)).unwrap_or(rest.len());
        let name =
            rest.get(..len).filter(|name| !name.is_empty()).ok_or_else(|| self.unexpected("a name"))?;
        self.at += len;
        Ok(Name::new(name))
    }

    pub(super) fn end(&mut self) -> Result<()> {
        self.space();
        if self.at < self.text.len() { Err(self.unexpected("the end of the text")) } else { Ok(()) }
    }

    #[cold]
    fn unexpected(&self, wanted: &str) -> Error {
        Diagnostic::new(Kind::Parse, "term-syntax", format!("expected {wanted} in `{}`", self.text))
            .spanning(Span::new(self.at, self.text.len()))
            .help("a term is a variable `x`, or an operation with its arguments `f(x, c())`")
            .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_print_and_read_back() {
        for text in ["x", "c()", "f(x, g(y, c()))"] {
            assert_eq!(Term::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Term::parse(" f( x ,c( ) ) ").unwrap().to_string(), "f(x, c())");
        for text in ["", "f(", "f(x", "f(x,)", "x y", "f(x))", "(x)"] {
            assert_eq!(Term::parse(text).unwrap_err().code, "term-syntax", "{text}");
        }
        let deep = format!("{}x{}", "f(".repeat(300), ")".repeat(300));
        assert_eq!(Term::parse(&deep).unwrap_err().code, "limit-depth");
    }

    #[test]
    fn substitution_is_simultaneous() {
        let with = [("x".into(), Term::var("y")), ("y".into(), Term::var("x"))].into();
        assert_eq!(Term::parse("f(x, y)").unwrap().substitute(&with).to_string(), "f(y, x)");
    }

    #[test]
    fn canonical_pairs_forget_names() {
        let pair = |lhs, rhs| canonical(&Term::parse(lhs).unwrap(), &Term::parse(rhs).unwrap());
        assert_eq!(pair("f(a, b)", "b"), pair("f(x, y)", "y"));
        assert_ne!(pair("f(a, b)", "b"), pair("f(x, y)", "x"));
    }
}
