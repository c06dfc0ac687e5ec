//! Expressions as trees.

use super::builtin::Builtin;
use super::limits::{DEPTH, deep_expression};
use super::value::Value;
use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::name::Name;
use std::fmt;
use std::sync::Arc;

/// An expression: what it is, and where in its text.
///
/// Nested at most [`DEPTH`] levels, which [`Expr::new`] checks: what walks an expression may recurse. Equality does
/// not look at spans.
///
/// ```
/// use panproto_core::expr::{Env, evaluate};
/// use panproto_core::limits::Budget;
///
/// let expr = panproto_core::expr::parse("first ++ \" \" ++ last")?;
/// assert_eq!(panproto_core::expr::print(&expr), "first ++ \" \" ++ last");
/// let env = Env::of([("first".into(), "Ada".into()), ("last".into(), "Lovelace".into())]);
/// assert_eq!(evaluate(&expr, &env, None, &mut Budget::default())?, "Ada Lovelace".into());
/// # Ok::<(), panproto_core::diagnostic::Error>(())
/// ```
#[derive(Clone)]
pub struct Expr {
    kind: ExprKind,
    span: Span,
    depth: u32,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// What a name stands for.
    Var(Name),
    /// A function of one argument.
    Lam(Name, Arc<Expr>),
    /// A function applied.
    App(Arc<Expr>, Arc<Expr>),
    /// A value.
    Lit(Value),
    /// A record of these members.
    Record(Vec<(Name, Expr)>),
    /// A list of these items.
    List(Vec<Expr>),
    /// A member of a record.
    Field(Arc<Expr>, Name),
    /// An item of a list.
    Index(Arc<Expr>, Arc<Expr>),
    /// The first arm whose pattern fits.
    Match {
        /// What is looked at.
        scrutinee: Arc<Expr>,
        /// Patterns and what they lead to.
        arms: Vec<(Pattern, Expr)>,
    },
    /// A name for a value, inside the body.
    Let {
        /// The name.
        name: Name,
        /// What it stands for; does not see the name.
        value: Arc<Expr>,
        /// Where it stands for it.
        body: Arc<Expr>,
    },
    /// A builtin with all its arguments; of those that take a function, in the order list, (start,) function.
    Builtin(Builtin, Vec<Expr>),
}

/// What a value may look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Anything.
    Wildcard,
    /// Anything, under a name.
    Var(Name),
    /// This value.
    Lit(Value),
    /// A record that has these members, and maybe others.
    Record(Vec<(Name, Pattern)>),
    /// A list of exactly these items.
    List(Vec<Pattern>),
    /// A record whose `$tag` is the name, with `$0`, `$1`, … for the arguments.
    Constructor(Name, Vec<Pattern>),
}

impl Pattern {
    /// The names that it binds, in order.
    pub fn names(&self) -> Vec<&Name> {
        let mut names = Vec::new();
        self.gather(&mut names);
        names
    }

    fn gather<'p>(&'p self, names: &mut Vec<&'p Name>) {
        match self {
            Pattern::Wildcard | Pattern::Lit(_) => {}
            Pattern::Var(name) => names.push(name),
            Pattern::Record(members) => members.iter().for_each(|(_, pattern)| pattern.gather(names)),
            Pattern::List(items) | Pattern::Constructor(_, items) => {
                items.iter().for_each(|pattern| pattern.gather(names));
            }
        }
    }

    /// Whether it binds the name.
    pub fn binds(&self, name: &str) -> bool {
        self.names().into_iter().any(|bound| bound == name)
    }

    pub(super) fn depth(&self) -> u32 {
        let deepest = |items: &[Pattern]| items.iter().map(Pattern::depth).max().unwrap_or(0);
        1 + match self {
            Pattern::Wildcard | Pattern::Var(_) => 0,
            Pattern::Lit(value) => value.depth(),
            Pattern::Record(members) => members.iter().map(|(_, pattern)| pattern.depth()).max().unwrap_or(0),
            Pattern::List(items) | Pattern::Constructor(_, items) => deepest(items),
        }
    }
}

impl Expr {
    /// An expression of a text's part. A function that stands first among the arguments of `map`, `filter`, `fold`
    /// or `flat_map` is put last.
    ///
    /// # Errors
    /// `limit-depth` beyond [`DEPTH`] levels; `wrong-arity` of a builtin.
    pub fn new(kind: ExprKind, span: Span) -> Result<Expr> {
        Expr::within(kind, span, DEPTH)
    }

    /// The same to another depth: the parser's trees hold applications that become one builtin.
    pub(super) fn within(mut kind: ExprKind, span: Span, levels: u32) -> Result<Expr> {
        if let ExprKind::Builtin(builtin, arguments) = &mut kind {
            if arguments.len() != builtin.arity() {
                return Err(wrong_arity(*builtin, arguments.len(), span));
            }
            list_first(*builtin, arguments);
        }
        let depth = 1 + match &kind {
            ExprKind::Var(_) => 0,
            ExprKind::Lit(value) => value.depth(),
            ExprKind::Lam(_, inner) | ExprKind::Field(inner, _) => inner.depth,
            ExprKind::App(a, b) | ExprKind::Index(a, b) | ExprKind::Let { value: a, body: b, .. } => {
                a.depth.max(b.depth)
            }
            ExprKind::Record(members) => members.iter().map(|(_, expr)| expr.depth).max().unwrap_or(0),
            ExprKind::List(items) | ExprKind::Builtin(_, items) => {
                items.iter().map(|expr| expr.depth).max().unwrap_or(0)
            }
            ExprKind::Match { scrutinee, arms } => arms
                .iter()
                .map(|(pattern, expr)| pattern.depth().max(expr.depth))
                .max()
                .unwrap_or(0)
                .max(scrutinee.depth),
        };
        if depth > levels {
            return Err(deep_expression(span));
        }
        Ok(Expr { kind, span, depth })
    }

    /// A name.
    pub fn var(name: impl Into<Name>) -> Expr {
        Expr { kind: ExprKind::Var(name.into()), span: Span::default(), depth: 1 }
    }

    /// A value.
    ///
    /// # Errors
    /// `limit-depth` of a value nested deeper than an expression may be.
    pub fn lit(value: impl Into<Value>) -> Result<Expr> {
        Expr::new(ExprKind::Lit(value.into()), Span::default())
    }

    /// A builtin with its arguments.
    ///
    /// # Errors
    /// As [`Expr::new`].
    pub fn builtin(builtin: Builtin, arguments: Vec<Expr>) -> Result<Expr> {
        Expr::new(ExprKind::Builtin(builtin, arguments), Span::default())
    }

    /// What it is.
    pub fn kind(&self) -> &ExprKind {
        &self.kind
    }

    /// Where it stands in its text; empty where there is none.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Levels of nesting, itself included.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// What it is, taken out.
    pub(super) fn into_kind(self) -> ExprKind {
        self.kind
    }
}

/// `map f xs` and `map xs f` are one tree, where the function is seen to be one.
fn list_first(builtin: Builtin, arguments: &mut [Expr]) {
    if builtin.takes_function()
        && let [first, .., last] = arguments
        && matches!(first.kind, ExprKind::Lam(..))
        && !matches!(last.kind, ExprKind::Lam(..))
    {
        std::mem::swap(first, last);
    }
}

#[cold]
pub(super) fn wrong_arity(builtin: Builtin, given: usize, span: Span) -> Error {
    let message = format!("`{}` takes {} arguments, not {given}", builtin.name(), builtin.arity());
    super::error::at(Diagnostic::error(Kind::TypeCheck, "wrong-arity", message), span)
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Expr {}

impl fmt::Debug for Expr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.kind, out)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&super::print(self))
    }
}
