//! The type checker: infers types, and says where a part has one that its place does not take.
//!
//! It is gradual: what it does not know is `Any`, and so what it refuses fails whenever it is computed.

mod builtin;
mod unify;

use super::ast::{Expr, ExprKind, Pattern};
use super::builtin::Builtin;
use super::error::at;
use super::eval::as_lambda;
use super::limits::over;
use super::types::Type;
use super::value::Value;
use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::name::Name;

/// Types that one check may look at.
const STEPS: u32 = 2_000_000;

/// The type of an expression whose free names have these types.
///
/// ```
/// use panproto_core::expr::{Type, check, parse};
///
/// let types = [("tags".into(), Type::parse("[Str]")?)];
/// assert_eq!(check(&parse("map len tags")?, &types)?.to_string(), "[Int]");
/// let error = check(&parse("map abs tags")?, &types).unwrap_err();
/// assert_eq!(error.code, "expr-type-mismatch");
/// # Ok::<(), panproto_core::diagnostic::Error>(())
/// ```
///
/// # Errors
/// `expr-type-mismatch` (what was expected and what was found), `unknown-variable`, `unknown-function`,
/// `unknown-field`, with the span; `limit-steps` of types that grow without bound.
pub fn check(expr: &Expr, types: &[(Name, Type)]) -> Result<Type> {
    Checker::new(types, false).whole(expr)
}

/// The same where other names may be free too, of any type.
///
/// # Errors
/// As [`check`], but for `unknown-variable`.
pub fn check_open(expr: &Expr, types: &[(Name, Type)]) -> Result<Type> {
    Checker::new(types, true).whole(expr)
}

/// A type, and which of its unknowns are new for every use.
struct Scheme {
    ty: Type,
    generic: Vec<u32>,
}

struct Checker<'t> {
    given: &'t [(Name, Type)],
    open: bool,
    bound: Vec<(Name, Scheme)>,
    /// What unknown types were found to be.
    known: Vec<Option<Type>>,
    steps: u32,
}

impl<'t> Checker<'t> {
    fn new(given: &'t [(Name, Type)], open: bool) -> Checker<'t> {
        Checker { given, open, bound: Vec::new(), known: Vec::new(), steps: 0 }
    }

    fn whole(mut self, expr: &Expr) -> Result<Type> {
        let ty = self.infer(expr)?;
        self.settle(&ty, 0)
    }

    fn step(&mut self) -> Result<()> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err(over("limit-steps", format!("checking the expression passes {STEPS} steps")));
        }
        Ok(())
    }

    fn unknown(&mut self) -> Type {
        let id = self.known.len() as u32;
        self.known.push(None);
        Type::Unknown(id)
    }

    fn infer(&mut self, expr: &Expr) -> Result<Type> {
        self.step().and_then(|()| self.infer_kind(expr)).map_err(|error| at(error, expr.span()))
    }

    fn infer_kind(&mut self, expr: &Expr) -> Result<Type> {
        match expr.kind() {
            ExprKind::Var(name) => self.variable(name),
            ExprKind::Lit(value) => Ok(Type::of(value)),
            ExprKind::Lam(param, body) => {
                let from = self.unknown();
                let to = self.under(param, from.clone(), body)?;
                Ok(Type::function(from, to))
            }
            ExprKind::App(function, argument) => self.application(function, argument),
            ExprKind::Record(members) => {
                let mut types = Vec::with_capacity(members.len());
                for (name, expr) in members {
                    types.push((name.clone(), self.infer(expr)?));
                }
                Ok(Type::record(types, false))
            }
            ExprKind::List(items) => {
                let mut item = None;
                for expr in items {
                    let next = self.infer(expr)?;
                    item = Some(match item {
                        None => next,
                        Some(item) => self.join(&item, &next, 0)?,
                    });
                }
                let item = item.unwrap_or_else(|| self.unknown());
                Ok(Type::list(item))
            }
            ExprKind::Field(record, name) => self.field(record, name),
            ExprKind::Index(list, index) => self.index(list, index),
            ExprKind::Match { scrutinee, arms } => self.choice(scrutinee, arms),
            ExprKind::Let { name, value, body } => {
                let first = self.known.len();
                let ty = self.infer(value)?;
                let scheme = self.generalise(ty, first)?;
                self.bound.push((name.clone(), scheme));
                let ty = self.infer(body);
                self.bound.pop();
                ty
            }
            ExprKind::Builtin(builtin, arguments) => self.builtin(*builtin, arguments),
        }
    }

    /// A body under a name of one type.
    fn under(&mut self, name: &Name, ty: Type, body: &Expr) -> Result<Type> {
        self.bound.push((name.clone(), Scheme { ty, generic: Vec::new() }));
        let ty = self.infer(body);
        self.bound.pop();
        ty
    }

    fn variable(&mut self, name: &Name) -> Result<Type> {
        if let Some(at) = self.bound.iter().rposition(|(bound, _)| bound == name) {
            let Some((_, Scheme { ty, generic })) = self.bound.get(at) else { return Ok(Type::Any) };
            let (ty, generic) = (ty.clone(), generic.clone());
            return self.instance(&ty, &generic);
        }
        if let Some((_, ty)) = self.given.iter().rev().find(|(given, _)| given == name) {
            return Ok(ty.clone());
        }
        if let Some(builtin) = Builtin::named(name) {
            return self.infer(&as_lambda(builtin)?);
        }
        if self.open { Ok(Type::Any) } else { Err(super::error::unknown(name)) }
    }

    fn application(&mut self, function: &Expr, argument: &Expr) -> Result<Type> {
        let ty = match self.infer(function) {
            Err(mut error) if error.code == "unknown-variable" => {
                if let ExprKind::Var(name) = function.kind() {
                    error.code = "unknown-function";
                    error.message = format!("there is no function `{name}`").into();
                }
                return Err(error);
            }
            ty => ty?,
        };
        let given = self.infer(argument)?;
        match self.known_as(&ty) {
            Type::Function(from, to) => {
                self.expect(argument, &from, &given)?;
                Ok((*to).clone())
            }
            Type::Any => Ok(Type::Any),
            Type::Unknown(id) => {
                let to = self.unknown();
                self.bind(id, Type::function(given, to.clone()))?;
                Ok(to)
            }
            other => {
                let takes = Type::function(Type::Any, Type::Any);
                Err(self.mismatch(function.span(), &takes, &other))
            }
        }
    }

    /// What a function gives for arguments of these types.
    fn apply(&mut self, function: &Expr, arguments: &[Type]) -> Result<Type> {
        let Some((first, rest)) = arguments.split_first() else { return self.infer(function) };
        if let ExprKind::Lam(param, body) = function.kind() {
            self.bound.push((param.clone(), Scheme { ty: first.clone(), generic: Vec::new() }));
            let ty = self.apply(body, rest);
            self.bound.pop();
            return ty;
        }
        let mut ty = self.infer(function)?;
        for argument in arguments {
            ty = match self.known_as(&ty) {
                Type::Function(from, to) => {
                    self.expect(function, &from, argument)?;
                    (*to).clone()
                }
                Type::Any => Type::Any,
                Type::Unknown(id) => {
                    let to = self.unknown();
                    self.bind(id, Type::function(argument.clone(), to.clone()))?;
                    to
                }
                other => {
                    let takes = Type::function(argument.clone(), Type::Any);
                    return Err(self.mismatch(function.span(), &takes, &other));
                }
            };
        }
        Ok(ty)
    }

    fn field(&mut self, record: &Expr, name: &Name) -> Result<Type> {
        let ty = self.infer(record)?;
        self.member(&ty, name, record.span())
    }

    fn member(&mut self, ty: &Type, name: &Name, span: Span) -> Result<Type> {
        match self.known_as(ty) {
            Type::Record(record) => match record.get(name) {
                Some(ty) => Ok(ty.clone()),
                None if record.open => Ok(Type::Any),
                None => {
                    let message = format!("the record has no member `{name}`");
                    let names: Vec<&str> = record.members.iter().map(|(name, _)| name.as_str()).collect();
                    let help = format!("its members: `{}`", names.join("`, `"));
                    Err(Diagnostic::new(Kind::TypeCheck, "unknown-field", message).help(help).boxed())
                }
            },
            Type::Any => Ok(Type::Any),
            Type::Unknown(id) => {
                let ty = self.unknown();
                self.bind(id, Type::record(vec![(name.clone(), ty.clone())], true))?;
                Ok(ty)
            }
            other => {
                let wanted = Type::record(vec![(name.clone(), Type::Any)], true);
                Err(self.mismatch(span, &wanted, &other))
            }
        }
    }

    fn index(&mut self, list: &Expr, index: &Expr) -> Result<Type> {
        let ty = self.infer(list)?;
        let place = self.infer(index)?;
        match self.known_as(&ty) {
            Type::List(item) => {
                self.expect(index, &Type::Int, &place)?;
                Ok((*item).clone())
            }
            Type::Record(_) => {
                self.expect(index, &Type::Str, &place)?;
                match index.kind() {
                    ExprKind::Lit(Value::Str(name)) => self.member(&ty, name, list.span()),
                    _ => Ok(Type::Any),
                }
            }
            Type::Any | Type::Unknown(_) => Ok(Type::Any),
            other => Err(self.mismatch(list.span(), &Type::list(Type::Any), &other)),
        }
    }

    fn choice(&mut self, scrutinee: &Expr, arms: &[(Pattern, Expr)]) -> Result<Type> {
        let ty = self.infer(scrutinee)?;
        let mut result = None;
        for (pattern, body) in arms {
            let outer = self.bound.len();
            self.pattern(pattern, &ty, scrutinee.span())?;
            let found = self.infer(body);
            self.bound.truncate(outer);
            let found = found?;
            result = Some(match result {
                None => found,
                Some(result) => self.join(&result, &found, 0)?,
            });
        }
        Ok(result.unwrap_or(Type::Any))
    }

    /// Binds the names of a pattern; one that never fits is a mismatch.
    fn pattern(&mut self, pattern: &Pattern, ty: &Type, span: Span) -> Result<()> {
        self.step()?;
        let known = self.known_as(ty);
        match (pattern, &known) {
            (Pattern::Wildcard, _) => {}
            (Pattern::Var(name), _) => {
                self.bound.push((name.clone(), Scheme { ty: ty.clone(), generic: Vec::new() }));
            }
            (Pattern::Lit(Value::Bool(_)), Type::Unknown(id)) => self.bind(*id, Type::Bool)?,
            // Other literals do not say that nothing else may come.
            (Pattern::Lit(_), Type::Unknown(_)) => {}
            (Pattern::Lit(value), known) => {
                let wanted = Type::of(value);
                if self.disjoint(&wanted, known, 0)? {
                    return Err(self.mismatch(span, &wanted, known));
                }
            }
            (Pattern::List(items), Type::List(item)) => {
                for pattern in items {
                    self.pattern(pattern, item, span)?;
                }
            }
            (Pattern::Record(members), Type::Record(_)) => {
                for (name, pattern) in members {
                    let ty = self.member(&known, name, span)?;
                    self.pattern(pattern, &ty, span)?;
                }
            }
            (Pattern::Constructor(_, items), Type::Record(_) | Type::Any | Type::Unknown(_))
            | (Pattern::List(items), Type::Any | Type::Unknown(_)) => {
                for pattern in items {
                    self.pattern(pattern, &Type::Any, span)?;
                }
            }
            (Pattern::Record(members), Type::Any | Type::Unknown(_)) => {
                for (_, pattern) in members {
                    self.pattern(pattern, &Type::Any, span)?;
                }
            }
            (Pattern::List(_), known) => {
                return Err(self.mismatch(span, &Type::list(Type::Any), known));
            }
            (Pattern::Record(_) | Pattern::Constructor(..), known) => {
                return Err(self.mismatch(span, &Type::record(Vec::new(), true), known));
            }
        }
        Ok(())
    }

    /// Fails where a part is of a type that its place never takes.
    fn expect(&mut self, part: &Expr, expected: &Type, found: &Type) -> Result<()> {
        if self.unify(expected, found, 0)? {
            return Ok(());
        }
        Err(self.mismatch(part.span(), expected, found))
    }

    #[cold]
    fn mismatch(&mut self, span: Span, expected: &Type, found: &Type) -> Error {
        let settled = self.settle(expected, 0).and_then(|expected| Ok((expected, self.settle(found, 0)?)));
        let (expected, found) = match settled {
            Ok(types) => types,
            Err(error) => return error,
        };
        let message = format!("expected `{expected}`, found `{found}`");
        at(Diagnostic::error(Kind::TypeCheck, "expr-type-mismatch", message), span)
    }
}
