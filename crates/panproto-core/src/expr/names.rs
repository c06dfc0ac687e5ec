//! Free names and substitution.

use super::ast::{Expr, ExprKind, Pattern};
use super::limits::{NODES, large_expression};
use crate::diagnostic::Result;
use crate::name::Name;
use crate::ordered::BTreeSet;
use std::sync::Arc;

impl Expr {
    /// The names that it looks up outside of itself, sorted.
    ///
    /// The name of a builtin is among them where it stands as a value (`map upper tags`): what is known under that
    /// name comes before the builtin.
    pub fn free_variables(&self) -> Vec<Name> {
        let mut found = BTreeSet::new();
        gather(self, &mut Vec::new(), &mut found);
        found.into_iter().collect()
    }

    /// The same with `replacement` for every free `name`. Binders that would capture a free name of the replacement
    /// are renamed.
    ///
    /// # Errors
    /// `limit-depth`, `limit-size` of what comes out.
    pub fn substitute(&self, name: &str, replacement: &Expr) -> Result<Expr> {
        let free = replacement.free_variables();
        Substitution { name, replacement, free: &free, size: count(replacement), left: NODES }.expr(self)
    }
}

fn gather<'e>(expr: &'e Expr, bound: &mut Vec<&'e Name>, found: &mut BTreeSet<Name>) {
    let outer = bound.len();
    match expr.kind() {
        ExprKind::Var(name) => {
            if !bound.contains(&name) {
                found.insert(name.clone());
            }
        }
        ExprKind::Lit(_) => {}
        ExprKind::Lam(name, body) => {
            bound.push(name);
            gather(body, bound, found);
        }
        ExprKind::App(a, b) | ExprKind::Index(a, b) => {
            gather(a, bound, found);
            gather(b, bound, found);
        }
        ExprKind::Field(inner, _) => gather(inner, bound, found),
        ExprKind::Record(members) => members.iter().for_each(|(_, inner)| gather(inner, bound, found)),
        ExprKind::List(items) | ExprKind::Builtin(_, items) => {
            items.iter().for_each(|inner| gather(inner, bound, found));
        }
        ExprKind::Let { name, value, body } => {
            gather(value, bound, found);
            bound.push(name);
            gather(body, bound, found);
        }
        ExprKind::Match { scrutinee, arms } => {
            gather(scrutinee, bound, found);
            for (pattern, inner) in arms {
                bound.extend(pattern.names());
                gather(inner, bound, found);
                bound.truncate(outer);
            }
        }
    }
    bound.truncate(outer);
}

/// Parts of an expression.
pub(super) fn count(expr: &Expr) -> usize {
    1 + match expr.kind() {
        ExprKind::Var(_) | ExprKind::Lit(_) => 0,
        ExprKind::Lam(_, inner) | ExprKind::Field(inner, _) => count(inner),
        ExprKind::App(a, b) | ExprKind::Index(a, b) | ExprKind::Let { value: a, body: b, .. } => {
            count(a) + count(b)
        }
        ExprKind::Record(members) => members.iter().map(|(_, inner)| count(inner)).sum(),
        ExprKind::List(items) | ExprKind::Builtin(_, items) => items.iter().map(count).sum(),
        ExprKind::Match { scrutinee, arms } => {
            count(scrutinee) + arms.iter().map(|(_, inner)| count(inner)).sum::<usize>()
        }
    }
}

/// A name like `name` that is free neither here nor there.
pub(super) fn fresh(name: &str, taken: impl Fn(&str) -> bool) -> Name {
    let mut number = 1_u32;
    loop {
        let candidate = format!("{name}{number}");
        if !taken(&candidate) {
            return candidate.into();
        }
        number += 1;
    }
}

struct Substitution<'s> {
    name: &'s str,
    replacement: &'s Expr,
    /// Free names of the replacement, sorted.
    free: &'s [Name],
    /// Parts of the replacement.
    size: usize,
    /// Parts that the result may still have.
    left: usize,
}

impl Substitution<'_> {
    fn spend(&mut self, parts: usize) -> Result<()> {
        self.left = self.left.checked_sub(parts).ok_or_else(large_expression)?;
        Ok(())
    }

    fn arc(&mut self, expr: &Expr) -> Result<Arc<Expr>> {
        self.expr(expr).map(Arc::new)
    }

    fn all(&mut self, exprs: &[Expr]) -> Result<Vec<Expr>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn expr(&mut self, expr: &Expr) -> Result<Expr> {
        self.spend(1)?;
        let kind = match expr.kind() {
            ExprKind::Var(name) if *name == *self.name => {
                self.spend(self.size)?;
                return Ok(self.replacement.clone());
            }
            ExprKind::Var(_) | ExprKind::Lit(_) => return Ok(expr.clone()),
            ExprKind::Lam(name, body) => {
                let (name, body) = self.under(name, body)?;
                ExprKind::Lam(name, body)
            }
            ExprKind::Let { name, value, body } => {
                let value = self.arc(value)?;
                let (name, body) = self.under(name, body)?;
                ExprKind::Let { name, value, body }
            }
            ExprKind::App(a, b) => ExprKind::App(self.arc(a)?, self.arc(b)?),
            ExprKind::Index(a, b) => ExprKind::Index(self.arc(a)?, self.arc(b)?),
            ExprKind::Field(inner, name) => ExprKind::Field(self.arc(inner)?, name.clone()),
            ExprKind::List(items) => ExprKind::List(self.all(items)?),
            ExprKind::Builtin(builtin, items) => ExprKind::Builtin(*builtin, self.all(items)?),
            ExprKind::Record(members) => {
                let members = members
                    .iter()
                    .map(|(name, inner)| Ok((name.clone(), self.expr(inner)?)))
                    .collect::<Result<_>>();
                ExprKind::Record(members?)
            }
            ExprKind::Match { scrutinee, arms } => {
                let scrutinee = self.arc(scrutinee)?;
                let arms =
                    arms.iter().map(|(pattern, inner)| self.arm(pattern, inner)).collect::<Result<_>>();
                ExprKind::Match { scrutinee, arms: arms? }
            }
        };
        Expr::new(kind, expr.span())
    }

    fn captures(&self, name: &Name) -> bool {
        self.free.binary_search(name).is_ok()
    }

    /// A body under a binder, which may get another name.
    fn under(&mut self, name: &Name, body: &Arc<Expr>) -> Result<(Name, Arc<Expr>)> {
        if *name == *self.name {
            return Ok((name.clone(), body.clone()));
        }
        if !self.captures(name) {
            return Ok((name.clone(), self.arc(body)?));
        }
        let free = body.free_variables();
        if free.binary_search_by(|free| free.as_str().cmp(self.name)).is_err() {
            return Ok((name.clone(), body.clone()));
        }
        let new = self.rename(name, &free, &[]);
        let body = body.substitute(name, &Expr::var(new.clone()))?;
        Ok((new, self.arc(&body)?))
    }

    fn rename(&self, name: &Name, free: &[Name], others: &[&Name]) -> Name {
        fresh(name, |candidate| {
            let is = |other: &Name| *other == *candidate;
            self.name == candidate
                || self.free.iter().any(is)
                || free.iter().any(is)
                || others.iter().any(|other| is(other))
        })
    }

    fn arm(&mut self, pattern: &Pattern, body: &Expr) -> Result<(Pattern, Expr)> {
        if pattern.binds(self.name) {
            return Ok((pattern.clone(), body.clone()));
        }
        let free = body.free_variables();
        if free.binary_search_by(|free| free.as_str().cmp(self.name)).is_err() {
            return Ok((pattern.clone(), body.clone()));
        }
        let (mut pattern, mut body) = (pattern.clone(), body.clone());
        let captured: Vec<Name> =
            pattern.names().into_iter().filter(|name| self.captures(name)).cloned().collect();
        for name in captured {
            let new = self.rename(&name, &free, &pattern.names());
            body = body.substitute(&name, &Expr::var(new.clone()))?;
            pattern = renamed(&pattern, &name, &new);
        }
        Ok((pattern, self.expr(&body)?))
    }
}

fn renamed(pattern: &Pattern, from: &Name, to: &Name) -> Pattern {
    let all = |items: &[Pattern]| items.iter().map(|item| renamed(item, from, to)).collect();
    match pattern {
        Pattern::Var(name) if name == from => Pattern::Var(to.clone()),
        Pattern::Record(members) => Pattern::Record(
            members.iter().map(|(name, pattern)| (name.clone(), renamed(pattern, from, to))).collect(),
        ),
        Pattern::List(items) => Pattern::List(all(items)),
        Pattern::Constructor(tag, items) => Pattern::Constructor(tag.clone(), all(items)),
        other => other.clone(),
    }
}
