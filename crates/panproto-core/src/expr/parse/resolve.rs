//! Applications of builtins become builtins with their arguments, unless a binder around hides the name or it
//! stands in backticks.

use crate::diagnostic::{Result, Span};
use crate::expr::ast::{Expr, ExprKind};
use crate::expr::builtin::Builtin;
use crate::expr::eval::as_lambda;
use crate::expr::limits::{DEPTH, deep_expression};
use crate::name::Name;
use std::sync::Arc;

pub(super) fn resolve(expr: Expr, text: &str) -> Result<Expr> {
    Resolver { text: text.as_bytes(), bound: Vec::new(), level: 0 }.expr(expr)
}

struct Resolver<'t> {
    text: &'t [u8],
    bound: Vec<Name>,
    level: u32,
}

/// How the name at the head of an application is written.
enum Head {
    /// A builtin.
    Builtin(Builtin),
    /// `@name`
    Explicit(Builtin),
    /// Something else.
    Other,
}

impl Resolver<'_> {
    fn arc(&mut self, expr: Arc<Expr>) -> Result<Arc<Expr>> {
        self.expr(Arc::unwrap_or_clone(expr)).map(Arc::new)
    }

    fn under(&mut self, name: &Name, body: Arc<Expr>) -> Result<Arc<Expr>> {
        self.bound.push(name.clone());
        let body = self.arc(body);
        self.bound.pop();
        body
    }

    fn head(&self, expr: &Expr) -> Head {
        let ExprKind::Var(name) = expr.kind() else { return Head::Other };
        let Some(builtin) = Builtin::named(name) else { return Head::Other };
        match self.text.get(expr.span().start as usize) {
            Some(b'@') => Head::Explicit(builtin),
            Some(b'`') => Head::Other,
            _ if self.bound.contains(name) => Head::Other,
            _ => Head::Builtin(builtin),
        }
    }

    fn expr(&mut self, expr: Expr) -> Result<Expr> {
        self.level += 1;
        if self.level > DEPTH {
            return Err(deep_expression(expr.span()));
        }
        let expr = self.resolved(expr);
        self.level -= 1;
        expr
    }

    fn resolved(&mut self, expr: Expr) -> Result<Expr> {
        let span = expr.span();
        if let (ExprKind::Var(_), Head::Explicit(builtin)) = (expr.kind(), self.head(&expr)) {
            return as_lambda(builtin);
        }
        let kind = match expr.into_kind() {
            kind @ (ExprKind::Var(_) | ExprKind::Lit(_)) => kind,
            ExprKind::App(function, argument) => return self.application(function, argument, span),
            ExprKind::Lam(name, body) => {
                let body = self.under(&name, body)?;
                ExprKind::Lam(name, body)
            }
            ExprKind::Let { name, value, body } => {
                let value = self.arc(value)?;
                let body = self.under(&name, body)?;
                ExprKind::Let { name, value, body }
            }
            ExprKind::Index(list, index) => ExprKind::Index(self.arc(list)?, self.arc(index)?),
            ExprKind::Field(record, name) => ExprKind::Field(self.arc(record)?, name),
            ExprKind::List(items) => ExprKind::List(self.all(items)?),
            ExprKind::Builtin(builtin, items) => ExprKind::Builtin(builtin, self.all(items)?),
            ExprKind::Record(members) => {
                let members = members.into_iter().map(|(name, value)| Ok((name, self.expr(value)?)));
                ExprKind::Record(members.collect::<Result<_>>()?)
            }
            ExprKind::Match { scrutinee, arms } => {
                let scrutinee = self.arc(scrutinee)?;
                let mut resolved = Vec::with_capacity(arms.len());
                for (pattern, body) in arms {
                    let outer = self.bound.len();
                    self.bound.extend(pattern.names().into_iter().cloned());
                    let body = self.expr(body);
                    self.bound.truncate(outer);
                    resolved.push((pattern, body?));
                }
                ExprKind::Match { scrutinee, arms: resolved }
            }
        };
        Expr::new(kind, span)
    }

    fn all(&mut self, exprs: Vec<Expr>) -> Result<Vec<Expr>> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    fn application(&mut self, function: Arc<Expr>, argument: Arc<Expr>, span: Span) -> Result<Expr> {
        // Arguments from the last to the first, with the spans of the applications.
        let mut arguments = vec![(argument, span)];
        let mut head = function;
        while let ExprKind::App(function, argument) = head.kind() {
            arguments.push((argument.clone(), head.span()));
            head = function.clone();
        }
        let head = Arc::unwrap_or_clone(head);
        let mut expr = match self.head(&head) {
            Head::Builtin(builtin) | Head::Explicit(builtin) if builtin.arity() <= arguments.len() => {
                let mut values = Vec::with_capacity(builtin.arity());
                let mut whole = span;
                for _ in 0..builtin.arity() {
                    if let Some((argument, span)) = arguments.pop() {
                        values.push(self.expr(Arc::unwrap_or_clone(argument))?);
                        whole = span;
                    }
                }
                Expr::new(ExprKind::Builtin(builtin, values), whole)?
            }
            _ => self.expr(head)?,
        };
        while let Some((argument, span)) = arguments.pop() {
            let argument = self.arc(argument)?;
            expr = Expr::new(ExprKind::App(Arc::new(expr), argument), span)?;
        }
        Ok(expr)
    }
}
