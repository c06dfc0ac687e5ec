//! Types of builtins.

use super::Checker;
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::expr::ast::{Expr, ExprKind};
use crate::expr::builtin::Builtin;
use crate::expr::types::Type;

impl Checker<'_> {
    pub(super) fn builtin(&mut self, builtin: Builtin, arguments: &[Expr]) -> Result<Type> {
        if builtin.takes_function() {
            return self.over_items(builtin, arguments);
        }
        let mut types = Vec::with_capacity(arguments.len());
        for argument in arguments {
            types.push(self.infer(argument)?);
        }
        let given = Given { arguments, types: &types };
        use Builtin as B;
        match builtin {
            B::Add | B::Sub | B::Mul | B::Div | B::Mod => {
                let (a, b) = (self.number(&given, 0)?, self.number(&given, 1)?);
                Ok(match (a, b) {
                    (Type::Int, Type::Int) => Type::Int,
                    (Type::Float, _) | (_, Type::Float) => Type::Float,
                    _ => Type::Number,
                })
            }
            B::Neg | B::Abs => self.number(&given, 0),
            B::Floor | B::Ceil | B::Round | B::FloatToInt => {
                self.number(&given, 0)?;
                Ok(Type::Int)
            }
            B::IntToFloat => {
                self.number(&given, 0)?;
                Ok(Type::Float)
            }
            B::FloatToStr => {
                self.number(&given, 0)?;
                Ok(Type::Str)
            }
            B::Clamp => {
                let (a, b) = (self.number(&given, 0)?, self.number(&given, 1)?);
                let c = self.number(&given, 2)?;
                Ok(if a == b && b == c { a } else { Type::Number })
            }
            B::Eq | B::Neq => self.equality(&given),
            B::Lt | B::Lte | B::Gt | B::Gte => self.order(&given),
            B::And | B::Or => self.signature(&given, &[Type::Bool, Type::Bool], Type::Bool),
            B::Not => self.signature(&given, &[Type::Bool], Type::Bool),
            B::Concat => self.concat(&given),
            B::Len => {
                if let Type::Any | Type::Unknown(_) | Type::Bytes = self.kind(&given, 0) {
                    return Ok(Type::Int);
                }
                self.signature(&given, &[Type::Str], Type::Int)
            }
            B::Slice => {
                let of = match self.kind(&given, 0) {
                    list @ Type::List(_) => list,
                    Type::Any | Type::Unknown(_) => Type::Any,
                    _ => Type::Str,
                };
                self.signature(&given, &[of.clone(), Type::Int, Type::Int], of)
            }
            B::Upper | B::Lower | B::Trim => self.signature(&given, &[Type::Str], Type::Str),
            B::Split => self.signature(&given, &[Type::Str, Type::Str], Type::list(Type::Str)),
            B::Join => self.signature(&given, &[Type::list(Type::Str), Type::Str], Type::Str),
            B::Replace => self.signature(&given, &[Type::Str, Type::Str, Type::Str], Type::Str),
            B::TruncateStr => self.signature(&given, &[Type::Str, Type::Int], Type::Str),
            B::Contains => self.contains(&given),
            B::Append => {
                let item = self.item(&given, 0)?;
                let more = given.ty(1);
                Ok(Type::list(self.join(&item, &more, 0)?))
            }
            B::Head => self.item(&given, 0),
            B::Tail | B::Reverse => Ok(Type::list(self.item(&given, 0)?)),
            B::Length => {
                self.item(&given, 0)?;
                Ok(Type::Int)
            }
            B::Range => self.signature(&given, &[Type::Int, Type::Int], Type::list(Type::Int)),
            B::Merge => self.merge(&given),
            B::Keys => self.signature(&given, &[Type::record(Vec::new(), true)], Type::list(Type::Str)),
            B::Values => self.values(&given),
            B::HasField => self.signature(&given, &[Type::record(Vec::new(), true), Type::Str], Type::Bool),
            B::Default => match self.kind(&given, 0) {
                Type::Null => Ok(given.ty(1)),
                _ => self.join(&given.ty(0), &given.ty(1), 0),
            },
            B::IntToStr => self.signature(&given, &[Type::Int], Type::Str),
            B::StrToInt => self.signature(&given, &[Type::Str], Type::Int),
            B::StrToFloat => self.signature(&given, &[Type::Str], Type::Float),
            B::TypeOf => Ok(Type::Str),
            B::IsNull | B::IsList => Ok(Type::Bool),
            B::Edge => self.signature(&given, &[Type::Any, Type::Str], Type::Any),
            B::HasEdge => self.signature(&given, &[Type::Any, Type::Str], Type::Bool),
            B::Children => Ok(Type::list(Type::Any)),
            B::EdgeCount => Ok(Type::Int),
            _ => Ok(Type::Any),
        }
    }

    fn kind(&self, given: &Given<'_>, at: usize) -> Type {
        self.known_as(&given.ty(at))
    }

    /// Arguments of fixed types.
    fn signature(&mut self, given: &Given<'_>, expected: &[Type], result: Type) -> Result<Type> {
        for ((argument, found), expected) in given.arguments.iter().zip(given.types).zip(expected) {
            self.expect(argument, expected, found)?;
        }
        Ok(result)
    }

    /// A number, as exactly as it is known.
    fn number(&mut self, given: &Given<'_>, at: usize) -> Result<Type> {
        let ty = self.kind(given, at);
        if let Some(argument) = given.arguments.get(at) {
            self.expect(argument, &Type::Number, &ty)?;
        }
        Ok(match self.known_as(&ty) {
            ty @ (Type::Int | Type::Float) => ty,
            _ => Type::Number,
        })
    }

    /// The type of a list's items.
    fn item(&mut self, given: &Given<'_>, at: usize) -> Result<Type> {
        let item = self.unknown();
        if let Some(argument) = given.arguments.get(at) {
            self.expect(argument, &Type::list(item.clone()), &given.ty(at))?;
        }
        Ok(if self.kind(given, at) == Type::Any { Type::Any } else { item })
    }

    fn equality(&mut self, given: &Given<'_>) -> Result<Type> {
        let (a, b) = (self.kind(given, 0), self.kind(given, 1));
        for (ty, argument) in [&a, &b].into_iter().zip(given.arguments) {
            if let Type::Function(..) = ty {
                let message = "functions cannot be compared";
                let error = Diagnostic::new(Kind::TypeCheck, "expr-type-mismatch", message);
                return Err(error.spanning(argument.span()).boxed());
            }
        }
        // Asking for null is asking whether there is a value.
        let null = a == Type::Null || b == Type::Null;
        match given.arguments.get(1) {
            Some(argument) if !null && self.disjoint(&a, &b, 0)? => {
                Err(self.mismatch(argument.span(), &a, &b))
            }
            _ => Ok(Type::Bool),
        }
    }

    fn order(&mut self, given: &Given<'_>) -> Result<Type> {
        let (a, b) = (self.kind(given, 0), self.kind(given, 1));
        let unknown = |ty: &Type| matches!(ty, Type::Any | Type::Unknown(_));
        if unknown(&a) && unknown(&b) {
            self.unify(&a, &b, 0)?;
            return Ok(Type::Bool);
        }
        let texts = a == Type::Str || (unknown(&a) && b == Type::Str);
        let expected = if texts { Type::Str } else { Type::Number };
        self.signature(given, &[expected.clone(), expected], Type::Bool)
    }

    fn concat(&mut self, given: &Given<'_>) -> Result<Type> {
        let (a, b) = (self.kind(given, 0), self.kind(given, 1));
        match (&a, &b) {
            (Type::List(item), Type::List(other)) => Ok(Type::list(self.join(item, other, 0)?)),
            (Type::List(_) | Type::Bytes, _) => self.signature(given, &[a.clone(), a.clone()], a),
            (Type::Any | Type::Unknown(_), Type::List(_) | Type::Bytes | Type::Str) => {
                self.signature(given, &[b.clone(), b.clone()], b)
            }
            (Type::Any | Type::Unknown(_), Type::Any | Type::Unknown(_)) => {
                self.unify(&a, &b, 0)?;
                Ok(a)
            }
            _ => self.signature(given, &[Type::Str, Type::Str], Type::Str),
        }
    }

    fn contains(&mut self, given: &Given<'_>) -> Result<Type> {
        match self.kind(given, 0) {
            Type::List(item) => {
                let found = given.ty(1);
                match given.arguments.get(1) {
                    Some(argument) if self.disjoint(&item, &found, 0)? => {
                        Err(self.mismatch(argument.span(), &item, &found))
                    }
                    _ => Ok(Type::Bool),
                }
            }
            Type::Any | Type::Unknown(_) => Ok(Type::Bool),
            _ => self.signature(given, &[Type::Str, Type::Str], Type::Bool),
        }
    }

    fn merge(&mut self, given: &Given<'_>) -> Result<Type> {
        let any = || Type::record(Vec::new(), true);
        self.signature(given, &[any(), any()], Type::Any)?;
        let (Type::Record(a), Type::Record(b)) = (self.kind(given, 0), self.kind(given, 1)) else {
            return Ok(any());
        };
        let mut members = Vec::new();
        for (name, ty) in &a.members {
            let ty = match b.get(name) {
                Some(ty) => ty.clone(),
                None if b.open => Type::Any,
                None => ty.clone(),
            };
            members.push((name.clone(), ty));
        }
        members.extend(b.members.iter().filter(|(name, _)| a.get(name).is_none()).cloned());
        Ok(Type::record(members, a.open || b.open))
    }

    fn values(&mut self, given: &Given<'_>) -> Result<Type> {
        self.signature(given, &[Type::record(Vec::new(), true)], Type::Any)?;
        let Type::Record(record) = self.kind(given, 0) else { return Ok(Type::list(Type::Any)) };
        let mut item = if record.open { Some(Type::Any) } else { None };
        for (_, ty) in &record.members {
            item = Some(match item {
                None => ty.clone(),
                Some(item) => self.join(&item, ty, 0)?,
            });
        }
        let item = item.unwrap_or_else(|| self.unknown());
        Ok(Type::list(item))
    }

    /// `map`, `filter`, `flat_map`, `fold`, whichever way round the list and the function are.
    fn over_items(&mut self, builtin: Builtin, arguments: &[Expr]) -> Result<Type> {
        let (mut list, mut function) = match arguments {
            [list, .., function] => (list, function),
            _ => return Ok(Type::Any),
        };
        let mut ty = self.unless_lambda(list)?;
        if matches!(self.known_as(&ty), Type::Function(..)) {
            std::mem::swap(&mut list, &mut function);
            ty = self.infer(list)?;
        } else if matches!(self.known_as(&ty), Type::Any | Type::Unknown(_))
            && !matches!(function.kind(), ExprKind::Lam(..))
        {
            // Which of the two is the list shows when it is computed.
            let other = self.infer(function)?;
            if !matches!(self.known_as(&other), Type::Function(..)) {
                if !matches!(self.known_as(&other), Type::List(_)) {
                    return Ok(if builtin == Builtin::Fold { Type::Any } else { Type::list(Type::Any) });
                }
                std::mem::swap(&mut list, &mut function);
                ty = other;
            }
        }
        let types = [ty];
        let given = Given { arguments: std::slice::from_ref(list), types: &types };
        let item = self.item(&given, 0)?;
        match (builtin, arguments) {
            (Builtin::Fold, [_, start, _]) => {
                let start = self.infer(start)?;
                let once = self.apply(function, &[start.clone(), item.clone()])?;
                let gathered = self.join(&start, &once, 0)?;
                if gathered == self.known_as(&start) {
                    return Ok(gathered);
                }
                let again = self.apply(function, &[gathered.clone(), item])?;
                self.join(&gathered, &again, 0)
            }
            (Builtin::Map, _) => Ok(Type::list(self.apply(function, &[item])?)),
            (Builtin::Filter, _) => {
                let result = self.apply(function, std::slice::from_ref(&item))?;
                self.expect(function, &Type::Bool, &result)?;
                Ok(Type::list(item))
            }
            _ => {
                let result = self.apply(function, &[item])?;
                let made = self.unknown();
                self.expect(function, &Type::list(made.clone()), &result)?;
                Ok(Type::list(if self.known_as(&result) == Type::Any { Type::Any } else { made }))
            }
        }
    }

    /// The type of a list that may be a function: a function is not looked into before its items are known.
    fn unless_lambda(&mut self, expr: &Expr) -> Result<Type> {
        match expr.kind() {
            ExprKind::Lam(..) => Ok(Type::function(Type::Any, Type::Any)),
            _ => self.infer(expr),
        }
    }
}

/// Arguments with their types.
struct Given<'g> {
    arguments: &'g [Expr],
    types: &'g [Type],
}

impl Given<'_> {
    fn ty(&self, at: usize) -> Type {
        self.types.get(at).cloned().unwrap_or(Type::Any)
    }
}
