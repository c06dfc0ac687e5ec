//! Operations over expressions. One crosses as its text (`expr`) or as its tree in JSON (`ast`); values as JSON text,
//! plain or with tags.

use super::answer::diagnostic_message;
use super::request::as_text;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Kind, Result, Span};
use crate::expr::{self, Env, Expr, Type, Value};
use crate::name::Name;
use crate::value::Tree;

/// Arguments of `expr.eval`.
pub(super) const EVAL: &[&str] = &["ast", "env", "expr", "literals"];

/// Arguments of `expr.substitute`.
pub(super) const SUBSTITUTE: &[&str] = &["ast", "expr", "name", "replacement", "replacement_ast"];

/// The expression of a request.
fn expression(request: &Request<'_>) -> Result<Expr> {
    match (request.optional_text("expr")?, request.optional_text("ast")?) {
        (Some(text), None) => expr::parse(text),
        (None, Some(json)) => Expr::from_json(json),
        _ => Err(Diagnostic::new(Kind::Usage, "missing-argument", "one of `expr` and `ast` is given")
            .at("expr")
            .help("`expr` is text, `ast` is a tree as JSON text")
            .boxed()),
    }
}

/// `expr.parse`: the tree of a text, its type as far as it is known without its names, its free names.
pub(super) fn parse(_: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let expr = expression(request)?;
    let (ty, diagnostics) = match expr::check_open(&expr, &[]) {
        Ok(ty) => (Some(ty.to_string()), Vec::new()),
        Err(error) => (None, vec![diagnostic_message(&error).into_owned()]),
    };
    Ok(tree(&expr)?
        .with("type", ty.map_or(Message::Nil, Message::from))
        .with("diagnostics", Message::Array(diagnostics)))
}

/// The tree, the text and the free names of an expression.
fn tree(expr: &Expr) -> Result<Message<'static>> {
    Ok(Message::map()
        .with("ast", expr.to_json()?)
        .with("text", expr::print(expr))
        .with("free", Message::array(expr.free_variables().iter().map(ToString::to_string))))
}

/// `expr.print`: the text of a tree.
pub(super) fn print(_: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    Ok(Message::map().with("text", expr::print(&expression(request)?)))
}

/// `expr.check`: the type of an expression whose names have types. An ill-typed one is an answer.
pub(super) fn check(_: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let expr = expression(request)?;
    let mut types: Vec<(Name, Type)> = Vec::new();
    for (name, text) in request.map("types")? {
        types.push((
            name.into(),
            Type::parse(as_text(name, text)?).map_err(|error| in_argument(error, name))?,
        ));
    }
    let checked =
        if request.flag("open")? { expr::check_open(&expr, &types) } else { expr::check(&expr, &types) };
    Ok(match checked {
        Ok(ty) => Message::map()
            .with("well_typed", true)
            .with("type", ty.to_string())
            .with("diagnostics", Message::Array(Vec::new())),
        Err(error) if error.kind == Kind::TypeCheck => Message::map()
            .with("well_typed", false)
            .with("type", Message::Nil)
            .with("diagnostics", Message::Array(vec![diagnostic_message(&error).into_owned()])),
        Err(error) => return Err(error.into()),
    })
}

/// An error of another text than the expression.
fn in_argument(mut error: crate::diagnostic::Error, name: &str) -> crate::diagnostic::Error {
    error.path = Some(name.to_owned());
    error
}

/// `expr.eval`: what an expression comes to, as plain JSON (if it has one) and as JSON with tags.
pub(super) fn eval(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let expr = expression(request)?;
    let mut env = Env::new();
    if let Some(json) = request.optional_bytes("env")? {
        let tree = Tree::parse(json, session.limits()).map_err(|error| in_argument(error, "env"))?;
        match Value::from_json(tree.root()).map_err(|error| in_argument(error, "env"))? {
            Value::Record(members) => env = Env::of(members.iter().cloned()),
            _ => {
                let message = "the argument `env` is a JSON object";
                return Err(Diagnostic::new(Kind::Usage, "wrong-argument", message)
                    .at("env")
                    .spanning(Span::default())
                    .boxed()
                    .into());
            }
        }
    }
    if let Some(json) = request.optional_text("literals")? {
        let literals = Env::from_tagged_json(json).map_err(|error| in_argument(error, "literals"))?;
        for name in literals.names() {
            if let Some(value) = literals.get(&name) {
                env = env.with(name.clone(), value.clone());
            }
        }
    }
    let value = expr::evaluate(&expr, &env, None, &mut session.budget())?;
    Ok(Message::map()
        .with("json", value.to_json().map_or(Message::Nil, Message::from))
        .with("value", value.to_tagged_json()?)
        .with("type", value.type_name()))
}

/// `expr.substitute`: an expression with another one for a free name.
pub(super) fn substitute(_: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let replacement = match (request.optional_text("replacement")?, request.optional_text("replacement_ast")?)
    {
        (None, Some(json)) => Expr::from_json(json).map_err(|error| in_argument(error, "replacement_ast"))?,
        (Some(text), None) => expr::parse(text).map_err(|error| in_argument(error, "replacement"))?,
        _ => {
            let message = "one of `replacement` and `replacement_ast` is given";
            return Err(Diagnostic::new(Kind::Usage, "missing-argument", message)
                .at("replacement")
                .boxed()
                .into());
        }
    };
    Ok(tree(&expression(request)?.substitute(request.text("name")?, &replacement)?)?)
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::super::{Session, Status};
    use super::*;
    use crate::limits::Limits;

    fn answer(request: Message<'_>) -> Message<'static> {
        let (status, out) = call(&mut Session::new(Limits::DEFAULT), request);
        let message = Message::read(&out).unwrap().into_owned();
        assert_eq!(status, Status::Ok, "{message:?}");
        message
    }

    fn code(request: Message<'_>) -> String {
        let (status, out) = call(&mut Session::new(Limits::DEFAULT), request);
        assert_eq!(status, Status::Error);
        Request::read(&out).unwrap().text("code").unwrap().to_owned()
    }

    fn op(name: &'static str, expr: &'static str) -> Message<'static> {
        Message::map().with("op", name).with("expr", expr)
    }

    #[test]
    fn a_text_is_parsed() {
        let expected = Message::map()
            .with("ast", r#"{"Builtin":["Add",[{"Var":"x"},{"Lit":{"Int":1}}]]}"#)
            .with("text", "x + 1")
            .with("free", Message::array(["x"]))
            .with("type", "Number")
            .with("diagnostics", Message::Array(Vec::new()));
        assert_eq!(answer(op("expr.parse", "(x)+1")), expected);
        let Message::Map(members) = answer(op("expr.parse", "1 + \"a\"")) else { panic!("no map") };
        assert_eq!(members["type"], Message::Nil);
        let Message::Array(diagnostics) = &members["diagnostics"] else { panic!("no array") };
        let Message::Map(diagnostic) = &diagnostics[0] else { panic!("no map") };
        assert_eq!(diagnostic["code"], "expr-type-mismatch".into());
        assert_eq!(diagnostic["span"], Message::array([4_u32, 7]));
        assert_eq!(code(op("expr.parse", "1 +")), "expr-syntax");
        assert_eq!(code(Message::map().with("op", "expr.parse")), "missing-argument");
    }

    #[test]
    fn a_tree_is_printed() {
        let request = Message::map().with("op", "expr.print").with("ast", r#"{"Lam":["x",{"Var":"x"}]}"#);
        assert_eq!(answer(request), Message::map().with("text", r"\x -> x"));
    }

    #[test]
    fn types_of_names_are_given() {
        let types = Message::map().with("tags", "[Str]");
        let request = op("expr.check", "map len tags").with("types", types.clone());
        let expected = Message::map()
            .with("well_typed", true)
            .with("type", "[Int]")
            .with("diagnostics", Message::Array(Vec::new()));
        assert_eq!(answer(request), expected);
        let Message::Map(members) = answer(op("expr.check", "map abs tags").with("types", types)) else {
            panic!("no map")
        };
        assert_eq!(members["well_typed"], Message::Bool(false));
        let Message::Map(members) = answer(op("expr.check", "x")) else { panic!("no map") };
        assert_eq!(members["well_typed"], Message::Bool(false));
        let Message::Map(members) = answer(op("expr.check", "x").with("open", true)) else {
            panic!("no map")
        };
        assert_eq!(members["type"], "Any".into());
        let wrong = Message::map().with("x", "Integer");
        assert_eq!(code(op("expr.check", "x").with("types", wrong)), "expr-syntax");
    }

    #[test]
    fn an_expression_is_computed() {
        let request = op("expr.eval", "{full = first ++ \" \" ++ last, n = n + 1}")
            .with("env", r#"{"first":"Ada","last":"Lovelace"}"#)
            .with("literals", r#"[["n",{"Int":1}]]"#);
        let expected = Message::map()
            .with("json", r#"{"full":"Ada Lovelace","n":2}"#)
            .with("value", r#"{"Record":[["full",{"Str":"Ada Lovelace"}],["n",{"Int":2}]]}"#)
            .with("type", "record");
        assert_eq!(answer(request), expected);
        let Message::Map(members) = answer(op("expr.eval", r"\x -> x")) else { panic!("no map") };
        assert_eq!((&members["json"], &members["type"]), (&Message::Nil, &"function".into()));
        assert_eq!(code(op("expr.eval", "1 / 0")), "division-by-zero");
        assert_eq!(code(op("expr.eval", "1").with("env", "[]")), "wrong-argument");
        assert_eq!(code(op("expr.eval", "1").with("env", "{")), "json-syntax");
        assert_eq!(code(op("expr.eval", "1").with("literals", "[1]")), "expr-json");
        assert_eq!(code(op("expr.eval", "self->next")), "unknown-variable");
    }

    #[test]
    fn a_name_is_replaced_without_capture() {
        let request = op("expr.substitute", r"\y -> x + y").with("name", "x").with("replacement", "y * 2");
        let Message::Map(members) = answer(request) else { panic!("no map") };
        assert_eq!(members["text"], r"\y1 -> y * 2 + y1".into());
        assert_eq!(members["free"], Message::array(["y"]));
        assert_eq!(code(op("expr.substitute", "x").with("name", "x")), "missing-argument");
    }
}
