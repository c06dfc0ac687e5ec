//! What text has and the tree has not: conditions, blocks of bindings, patterns of functions, comprehensions, `do`,
//! ranges with a step.

use super::Parser;
use super::block::{Bound, Listed, Step, is_true};
use crate::diagnostic::Result;
use crate::expr::ast::{Expr, ExprKind, Pattern};
use crate::expr::builtin::Builtin;
use crate::expr::names::fresh;
use crate::name::Name;
use std::sync::Arc;

impl Parser<'_> {
    pub(super) fn choose(&self, condition: Expr, yes: Expr, no: Expr, start: u32) -> Result<Expr> {
        let arms = vec![(is_true(true), yes), (is_true(false), no)];
        self.node(ExprKind::Match { scrutinee: Arc::new(condition), arms }, start)
    }

    /// The body inside of bindings, each of which sees those before it.
    pub(super) fn bind_all(&self, bindings: Vec<Bound>, body: Expr, start: u32) -> Result<Expr> {
        bindings.into_iter().rev().try_fold(body, |body, Bound { pattern, value }| {
            let kind = match pattern {
                Pattern::Var(name) => ExprKind::Let { name, value: Arc::new(value), body: Arc::new(body) },
                Pattern::Wildcard => {
                    ExprKind::Let { name: "_".into(), value: Arc::new(value), body: Arc::new(body) }
                }
                pattern => ExprKind::Match { scrutinee: Arc::new(value), arms: vec![(pattern, body)] },
            };
            self.node(kind, start)
        })
    }

    /// A function of each pattern in turn.
    pub(super) fn functions(&self, patterns: Vec<Pattern>, body: Expr, start: u32) -> Result<Expr> {
        patterns.into_iter().rev().try_fold(body, |body, pattern| self.function(pattern, body, None, start))
    }

    /// A function of what fits a pattern; of anything else it is `otherwise`, or an error.
    fn function(&self, pattern: Pattern, body: Expr, otherwise: Option<Expr>, start: u32) -> Result<Expr> {
        let (name, body) = match pattern {
            Pattern::Var(name) => (name, body),
            Pattern::Wildcard => ("_".into(), body),
            pattern => {
                let name = unused("it", &[&body]);
                let mut arms = vec![(pattern, body)];
                arms.extend(otherwise.map(|otherwise| (Pattern::Wildcard, otherwise)));
                let scrutinee = Arc::new(self.node(ExprKind::Var(name.clone()), start)?);
                (name, self.node(ExprKind::Match { scrutinee, arms }, start)?)
            }
        };
        self.node(ExprKind::Lam(name, Arc::new(body)), start)
    }

    fn each(&self, pattern: Pattern, list: Expr, body: Expr, start: u32) -> Result<Expr> {
        let nothing = self.node(ExprKind::List(Vec::new()), start)?;
        let function = self.function(pattern, body, Some(nothing), start)?;
        self.node(ExprKind::Builtin(Builtin::FlatMap, vec![list, function]), start)
    }

    pub(super) fn do_steps(&self, steps: Vec<Step>, last: Expr, start: u32) -> Result<Expr> {
        steps.into_iter().rev().try_fold(last, |body, step| match step {
            Step::Each(pattern, list) => self.each(pattern, list, body, start),
            Step::Let(bindings) => self.bind_all(bindings, body, start),
            Step::Plain(list) => self.each(Pattern::Wildcard, list, body, start),
        })
    }

    pub(super) fn listed(&self, listed: Listed, start: u32) -> Result<Expr> {
        match listed {
            Listed::Items(items) => self.node(ExprKind::List(items), start),
            Listed::Range(from, to) => self.node(ExprKind::Builtin(Builtin::Range, vec![from, to]), start),
            Listed::Steps(items, last) => {
                let Ok([first, second]) = <[Expr; 2]>::try_from(items) else {
                    return self.node(ExprKind::List(Vec::new()), start);
                };
                self.stepped(first, second, last, start)
            }
            Listed::Each(item, steps) => {
                let item = self.node(ExprKind::List(vec![item]), start)?;
                steps.into_iter().rev().try_fold(item, |body, step| match step {
                    Step::Each(pattern, list) => self.each(pattern, list, body, start),
                    Step::Let(bindings) => self.bind_all(bindings, body, start),
                    Step::Plain(condition) => {
                        let nothing = self.node(ExprKind::List(Vec::new()), start)?;
                        self.choose(condition, body, nothing, start)
                    }
                })
            }
        }
    }

    /// `[a, b .. c]`: `a + i * s` for each `i` from 0 to `(c - a + s) / s - 1`, where `s` is `b - a`. The division
    /// cuts towards zero, and so there is no item where `c` lies on the other side of `a`.
    fn stepped(&self, first: Expr, second: Expr, last: Expr, start: u32) -> Result<Expr> {
        let name = |base| unused(base, &[&first, &second, &last]);
        let (from, step, place) = (name("from"), name("step"), name("place"));
        let var = |name: &Name| self.node(ExprKind::Var(name.clone()), start);
        let both = |builtin, a, b| self.node(ExprKind::Builtin(builtin, vec![a, b]), start);
        let int = |value| self.node(ExprKind::Lit(crate::expr::value::Value::Int(value)), start);
        let width = both(Builtin::Add, both(Builtin::Sub, last, var(&from)?)?, var(&step)?)?;
        let count = both(Builtin::Sub, both(Builtin::Div, width, var(&step)?)?, int(1)?)?;
        let places = both(Builtin::Range, int(0)?, count)?;
        let item = both(Builtin::Add, var(&from)?, both(Builtin::Mul, var(&place)?, var(&step)?)?)?;
        let function = self.node(ExprKind::Lam(place, Arc::new(item)), start)?;
        let list = both(Builtin::Map, places, function)?;
        let by = both(Builtin::Sub, second, var(&from)?)?;
        let inner = ExprKind::Let { name: step, value: Arc::new(by), body: Arc::new(list) };
        let inner = Arc::new(self.node(inner, start)?);
        self.node(ExprKind::Let { name: from, value: Arc::new(first), body: inner }, start)
    }
}

fn unused(base: &str, exprs: &[&Expr]) -> Name {
    let free: Vec<Name> = exprs.iter().flat_map(|expr| expr.free_variables()).collect();
    fresh(base, |candidate| free.iter().any(|name| *name == *candidate))
}
