//! Expressions and values as text. What is printed parses back to the same expression, but for literals that text
//! has no spelling of (lists, records and functions as literals, floats that are not finite): those print as what
//! makes them.

use super::ast::{Expr, ExprKind, Pattern};
use super::builtin::Builtin;
use super::compare::float_text;
use super::lexer::{is_constructor, is_plain, is_variable};
use super::value::{Closure, Value};
use crate::name::Name;
use std::fmt::Write as _;

/// The text of an expression: one line, parentheses where they are needed.
pub fn print(expr: &Expr) -> String {
    let mut printer = Printer { out: String::new(), bound: Vec::new() };
    printer.expr(expr, Level::Any);
    printer.out
}

/// The text of a value.
pub fn value_text(value: &Value) -> String {
    let mut printer = Printer { out: String::new(), bound: Vec::new() };
    printer.value(value, Level::Any);
    printer.out
}

/// How tightly a place holds what stands there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Anything goes.
    Any,
    /// Operands of `&`.
    Pipe,
    /// Operands of `||`.
    Or,
    /// Operands of `&&`.
    And,
    /// Operands of `==` and its like.
    Compare,
    /// Operands of `++`.
    Concat,
    /// Operands of `+`.
    Sum,
    /// Operands of `*`.
    Product,
    /// `-x`, `not x`.
    Unary,
    /// `f x`
    Apply,
    /// `x.y`, and what has brackets around it.
    Atom,
}

/// The operator of a builtin: its text, its level, and those of its operands.
pub(super) fn operator(builtin: Builtin) -> Option<(&'static str, Level, Level, Level)> {
    use Builtin as B;
    use Level::{And, Compare, Concat, Or, Product, Sum, Unary};
    Some(match builtin {
        B::Or => ("||", Or, Or, And),
        B::And => ("&&", And, And, Compare),
        B::Eq => ("==", Compare, Concat, Compare),
        B::Neq => ("/=", Compare, Concat, Compare),
        B::Lt => ("<", Compare, Concat, Compare),
        B::Lte => ("<=", Compare, Concat, Compare),
        B::Gt => (">", Compare, Concat, Compare),
        B::Gte => (">=", Compare, Concat, Compare),
        B::Concat => ("++", Concat, Sum, Concat),
        B::Add => ("+", Sum, Sum, Product),
        B::Sub => ("-", Sum, Sum, Product),
        B::Mul => ("*", Product, Product, Unary),
        B::Div => ("/", Product, Product, Unary),
        B::Mod => ("%", Product, Product, Unary),
        _ => return None,
    })
}

struct Printer<'e> {
    out: String,
    /// Names of binders around: a builtin that one hides is written with `@`.
    bound: Vec<&'e Name>,
}

impl<'e> Printer<'e> {
    fn expr(&mut self, expr: &'e Expr, place: Level) {
        match expr.kind() {
            ExprKind::Var(name) => self.variable(name),
            ExprKind::Lit(value) => self.value(value, place),
            ExprKind::Lam(..) => self.open(place > Level::Any, |it| it.lambda(expr)),
            ExprKind::App(..) => self.open(place > Level::Apply, |it| it.application(expr)),
            ExprKind::Record(members) => {
                self.out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    self.comma(at);
                    self.member(name);
                    if !matches!(value.kind(), ExprKind::Var(var) if var == name && is_plain(name)) {
                        self.out.push_str(" = ");
                        self.expr(value, Level::Any);
                    }
                }
                self.out.push('}');
            }
            ExprKind::List(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.comma(at);
                    self.expr(item, Level::Any);
                }
                self.out.push(']');
            }
            ExprKind::Field(record, name) => {
                self.postfix(record);
                self.out.push('.');
                self.member(name);
            }
            ExprKind::Index(list, index) => {
                self.postfix(list);
                self.out.push('[');
                self.expr(index, Level::Any);
                self.out.push(']');
            }
            ExprKind::Match { scrutinee, arms } => {
                self.open(place > Level::Any, |it| it.choice(scrutinee, arms));
            }
            ExprKind::Let { name, value, body } => self.open(place > Level::Any, |it| {
                it.out.push_str("let ");
                it.parameter(name);
                it.out.push_str(" = ");
                it.expr(value, Level::Any);
                it.out.push_str(" in ");
                it.inside([name], |it| it.expr(body, Level::Any));
            }),
            ExprKind::Builtin(builtin, arguments) => self.builtin(*builtin, arguments, place),
        }
    }

    fn open(&mut self, parentheses: bool, write: impl FnOnce(&mut Self)) {
        if parentheses {
            self.out.push('(');
        }
        write(self);
        if parentheses {
            self.out.push(')');
        }
    }

    fn inside(&mut self, names: impl IntoIterator<Item = &'e Name>, write: impl FnOnce(&mut Self)) {
        let outer = self.bound.len();
        self.bound.extend(names);
        write(self);
        self.bound.truncate(outer);
    }

    fn comma(&mut self, at: usize) {
        if at > 0 {
            self.out.push_str(", ");
        }
    }

    /// What a `.`, an arrow or an index follows.
    fn postfix(&mut self, expr: &'e Expr) {
        let number =
            matches!(expr.kind(), ExprKind::Lit(value) if super::compare::numbers(value, value).is_some());
        self.open(number, |it| it.expr(expr, if number { Level::Any } else { Level::Atom }));
    }

    fn lambda(&mut self, expr: &'e Expr) {
        self.out.push('\\');
        let outer = self.bound.len();
        let mut body = expr;
        while let ExprKind::Lam(name, inner) = body.kind() {
            if self.bound.len() > outer {
                self.out.push(' ');
            }
            self.parameter(name);
            self.bound.push(name);
            body = inner;
        }
        self.out.push_str(" -> ");
        self.expr(body, Level::Any);
        self.bound.truncate(outer);
    }

    fn application(&mut self, expr: &'e Expr) {
        let mut arguments = Vec::new();
        let mut head = expr;
        while let ExprKind::App(function, argument) = head.kind() {
            arguments.push(&**argument);
            head = function;
        }
        match head.kind() {
            // Unquoted it would be the builtin with its arguments.
            ExprKind::Var(name) if Builtin::named(name).is_some_and(|it| it.arity() <= arguments.len()) => {
                self.quoted(name, '`');
            }
            _ => self.expr(head, Level::Apply),
        }
        for argument in arguments.into_iter().rev() {
            self.out.push(' ');
            self.expr(argument, Level::Atom);
        }
    }

    fn choice(&mut self, scrutinee: &'e Expr, arms: &'e [(Pattern, Expr)]) {
        if let [(Pattern::Lit(Value::Bool(true)), yes), (Pattern::Lit(Value::Bool(false)), no)] = arms {
            self.out.push_str("if ");
            self.expr(scrutinee, Level::Any);
            self.out.push_str(" then ");
            self.expr(yes, Level::Any);
            self.out.push_str(" else ");
            return self.expr(no, Level::Any);
        }
        self.out.push_str("case ");
        self.expr(scrutinee, Level::Any);
        self.out.push_str(" of {");
        for (at, (pattern, expr)) in arms.iter().enumerate() {
            self.out.push_str(if at > 0 { ", " } else { " " });
            self.pattern(pattern, false);
            self.out.push_str(" -> ");
            self.inside(pattern.names(), |it| it.expr(expr, Level::Any));
        }
        self.out.push_str(if arms.is_empty() { "}" } else { " }" });
    }

    fn builtin(&mut self, builtin: Builtin, arguments: &'e [Expr], place: Level) {
        match (builtin, arguments) {
            (Builtin::Edge, [node, edge]) if let ExprKind::Lit(Value::Str(name)) = edge.kind() => {
                self.postfix(node);
                self.out.push_str("->");
                self.member(name);
            }
            (Builtin::Neg, [operand]) => self.open(place > Level::Unary, |it| {
                let start = it.out.len();
                it.expr(operand, Level::Unary);
                let text = it.out.split_off(start);
                // `-5` is a literal and `--` a comment.
                it.out.push_str(if text.starts_with('-') { "- " } else { "-" });
                it.open(text.starts_with(|c: char| c.is_ascii_digit()), |it| it.out.push_str(&text));
            }),
            (Builtin::Not, [operand]) => self.open(place > Level::Unary, |it| {
                it.out.push_str("not ");
                // After `not` a minus would be the operator of two.
                let again = matches!(operand.kind(), ExprKind::Builtin(Builtin::Not, _));
                it.expr(operand, if again { Level::Unary } else { Level::Apply });
            }),
            (builtin, [a, b]) if let Some((text, level, left, right)) = operator(builtin) => {
                self.open(place > level, |it| {
                    it.expr(a, left);
                    let _ = write!(it.out, " {text} ");
                    it.expr(b, right);
                });
            }
            (builtin, arguments) => self.open(place > Level::Apply, |it| {
                if it.bound.iter().any(|name| **name == *builtin.name()) {
                    it.out.push('@');
                }
                it.out.push_str(builtin.name());
                let mut order: Vec<&Expr> = arguments.iter().collect();
                if builtin.takes_function()
                    && let [first, .., last] = &mut order[..]
                    && matches!(last.kind(), ExprKind::Lam(..))
                    && !matches!(first.kind(), ExprKind::Lam(..))
                {
                    std::mem::swap(first, last);
                }
                for argument in order {
                    it.out.push(' ');
                    it.expr(argument, Level::Atom);
                }
            }),
        }
    }

    fn pattern(&mut self, pattern: &Pattern, atom: bool) {
        match pattern {
            Pattern::Wildcard => self.out.push('_'),
            Pattern::Var(name) => self.binder(name),
            Pattern::Lit(value) => self.value(value, Level::Any),
            Pattern::Record(members) => {
                self.out.push('{');
                for (at, (name, pattern)) in members.iter().enumerate() {
                    self.comma(at);
                    self.member(name);
                    if !matches!(pattern, Pattern::Var(var) if var == name && is_variable(name)) {
                        self.out.push_str(" = ");
                        self.pattern(pattern, false);
                    }
                }
                self.out.push('}');
            }
            Pattern::List(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.comma(at);
                    self.pattern(item, false);
                }
                self.out.push(']');
            }
            Pattern::Constructor(tag, arguments) => self.open(atom && !arguments.is_empty(), |it| {
                if is_constructor(tag) {
                    it.out.push_str(tag);
                } else {
                    it.out.push('@');
                    it.quoted(tag, '"');
                }
                for argument in arguments {
                    it.out.push(' ');
                    it.pattern(argument, true);
                }
            }),
        }
    }

    /// A name where it stands for something.
    fn variable(&mut self, name: &str) {
        if is_plain(name) { self.out.push_str(name) } else { self.quoted(name, '`') }
    }

    /// A name where it is bound. A parameter that nobody asks for is `_`, which is no pattern there.
    fn parameter(&mut self, name: &str) {
        if name == "_" { self.out.push('_') } else { self.binder(name) }
    }

    fn binder(&mut self, name: &str) {
        if is_variable(name) { self.out.push_str(name) } else { self.quoted(name, '`') }
    }

    /// A name of a member or an edge: keywords need no quotes there.
    fn member(&mut self, name: &str) {
        if super::lexer::is_word(name) { self.out.push_str(name) } else { self.quoted(name, '"') }
    }

    fn quoted(&mut self, text: &str, quote: char) {
        self.out.push(quote);
        for c in text.chars() {
            match c {
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c if c == quote => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}') => {
                    let _ = write!(self.out, "\\u{{{:x}}}", u32::from(c));
                }
                c => self.out.push(c),
            }
        }
        self.out.push(quote);
    }

    fn value(&mut self, value: &Value, place: Level) {
        match value {
            Value::Null => self.out.push_str("Nothing"),
            Value::Bool(true) => self.out.push_str("True"),
            Value::Bool(false) => self.out.push_str("False"),
            Value::Int(value) => self.open(*value < 0 && place > Level::Unary, |it| {
                let _ = write!(it.out, "{value}");
            }),
            Value::Float(value) if value.is_finite() => {
                let text = float_text(*value);
                self.open(text.starts_with('-') && place > Level::Unary, |it| it.out.push_str(&text));
            }
            Value::Float(value) => self.out.push_str(if value.is_nan() {
                "(0.0 / 0.0)"
            } else if *value > 0.0 {
                "(1.0 / 0.0)"
            } else {
                "(-1.0 / 0.0)"
            }),
            Value::Number(text) => {
                self.open(text.starts_with('-') && place > Level::Unary, |it| it.out.push_str(text));
            }
            Value::Str(text) => self.quoted(text, '"'),
            Value::Bytes(bytes) => {
                self.out.push_str("b\"");
                for byte in bytes.iter() {
                    match byte {
                        b'"' | b'\\' => {
                            self.out.push('\\');
                            self.out.push(char::from(*byte));
                        }
                        b' '..=b'~' => self.out.push(char::from(*byte)),
                        byte => {
                            let _ = write!(self.out, "\\x{byte:02x}");
                        }
                    }
                }
                self.out.push('"');
            }
            Value::List(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.comma(at);
                    self.value(item, Level::Any);
                }
                self.out.push(']');
            }
            Value::Record(members) => {
                self.out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    self.comma(at);
                    self.member(name);
                    self.out.push_str(" = ");
                    self.value(value, Level::Any);
                }
                self.out.push('}');
            }
            Value::Closure(closure) => self.open(place > Level::Any, |it| it.closure(closure)),
        }
    }

    /// A function, with what it sees as names around it; what functions among those see is left out.
    fn closure(&mut self, closure: &Closure) {
        for name in closure.body.free_variables() {
            if name != closure.param
                && let Some(value) = closure.env.get(&name)
                && !matches!(value, Value::Closure(_))
            {
                self.out.push_str("let ");
                self.binder(&name);
                self.out.push_str(" = ");
                self.value(value, Level::Any);
                self.out.push_str(" in ");
            }
        }
        self.out.push('\\');
        self.binder(&closure.param);
        self.out.push_str(" -> ");
        self.out.push_str(&print(&closure.body));
    }
}

/// A member's name as it is written.
pub(super) fn member_text(name: &str) -> String {
    let mut printer = Printer { out: String::new(), bound: Vec::new() };
    printer.member(name);
    printer.out
}
