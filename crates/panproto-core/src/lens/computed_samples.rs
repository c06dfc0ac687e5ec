//! Migrations that compute.

use super::{PLAIN, Sample};
use crate::expr::{Builtin, Expr, ExprKind, Value};
use crate::migration::CoercionClass;

fn var(name: &str) -> Expr {
    Expr::var(name)
}

fn lit(value: impl Into<Value>) -> Expr {
    Expr::lit(value).unwrap()
}

fn call(builtin: Builtin, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::builtin(builtin, arguments.into_iter().collect()).unwrap()
}

fn record(members: &[(&str, Expr)]) -> Expr {
    let members = members.iter().map(|(name, expr)| ((*name).into(), expr.clone())).collect();
    Expr::new(ExprKind::Record(members), crate::diagnostic::Span::default()).unwrap()
}

fn concat(parts: impl IntoIterator<Item = Expr>) -> Expr {
    parts.into_iter().reduce(|left, right| call(Builtin::Concat, [left, right])).unwrap()
}

fn is(name: &str, value: impl Into<Value>) -> Expr {
    call(Builtin::Eq, [var(name), lit(value)])
}

/// `first` and `last`, from a full name.
fn parted(name: &str) -> Expr {
    let parts = || call(Builtin::Split, [var(name), lit(" ")]);
    let rest = call(Builtin::Join, [call(Builtin::Tail, [parts()]), lit(" ")]);
    record(&[("first", call(Builtin::Head, [parts()])), ("last", rest)])
}

fn full() -> Expr {
    concat([var("first"), lit(" "), var("last")])
}

pub(crate) const COMPUTED: &[Sample] = &[
    Sample {
        name: "apply, both ways",
        source: r#"{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"s":{"type":"string"}}}"#,
        target: r#"{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"t":{"type":"string"}}}"#,
        hints: &[("s", "t")],
        computed: |to| {
            let forward = call(Builtin::Add, [var("v"), lit(1i64)]);
            let back = call(Builtin::Sub, [var("n"), lit(1i64)]);
            to.apply("n", "n", forward, Some(back), CoercionClass::Iso);
            let forward = concat([lit("#"), var("s")]);
            let back = call(Builtin::Slice, [var("__value__"), lit(1i64), call(Builtin::Len, [var("t")])]);
            to.apply("s", "t", forward, Some(back), CoercionClass::Retraction);
        },
        ..PLAIN
    },
    Sample {
        name: "apply, one way",
        source: r#"{"type":"object","properties":{"s":{"type":["string","null"]},"tags":{"type":"array","items":{
            "type":"string"}}}}"#,
        target: r#"{"type":"object","properties":{"s":{"type":"string"},"tags":{"type":"array","items":{
            "type":"string"}}}}"#,
        computed: |to| {
            let forward = call(Builtin::Upper, [call(Builtin::Default, [var("v"), lit("none")])]);
            to.apply("s", "s", forward, None, CoercionClass::Projection);
            to.apply(
                "tags[]",
                "tags[]",
                call(Builtin::Lower, [var("v")]),
                Some(var("v")),
                CoercionClass::Projection,
            );
        },
        ..PLAIN
    },
    Sample {
        name: "merge",
        source: r#"{"type":"object","required":["first","last"],"properties":{"first":{"type":"string"},
            "last":{"type":"string"},"age":{"type":"integer"}}}"#,
        target: r#"{"type":"object","required":["full"],"properties":{"age":{"type":"integer"},
            "full":{"type":"string"}}}"#,
        hints: &[("first", ""), ("last", "")],
        defaults: &[("full", "\"x\"")],
        computed: |to| to.compute(&["first", "last"], &["full"], full(), Some(parted("full"))),
        ..PLAIN
    },
    Sample {
        name: "split",
        source: r#"{"type":"object","properties":{"full":{"type":"string"},"age":{"type":"integer"}}}"#,
        target: r#"{"type":"object","properties":{"age":{"type":"integer"},"first":{"type":"string"},
            "last":{"type":"string"}}}"#,
        hints: &[("full", "")],
        computed: |to| to.compute(&["full"], &["first", "last"], parted("full"), Some(full())),
        ..PLAIN
    },
    Sample {
        name: "merge of what is inside",
        source: r#"{"type":"object","properties":{"a":{"type":"string"},"name":{"type":"object","properties":{
            "first":{"type":"string"},"last":{"type":"string"},"more":{"type":"integer"}}}}}"#,
        target: r#"{"type":"object","properties":{"full":{"type":"string"},"a":{"type":"string"}}}"#,
        hints: &[("name", "")],
        computed: |to| to.compute(&["name.first", "name.last"], &["full"], full(), Some(parted("full"))),
        ..PLAIN
    },
    Sample {
        name: "split into something new",
        source: r#"{"type":"object","properties":{"full":{"type":"string"},"h":{"type":"integer"}}}"#,
        target: r#"{"type":"object","properties":{"h":{"type":"integer"},"name":{"type":"object","properties":{
            "first":{"type":"string"},"last":{"type":"string"}}}}}"#,
        hints: &[("full", "")],
        computed: |to| to.compute(&["full"], &["name.first", "name.last"], parted("full"), Some(full())),
        ..PLAIN
    },
    Sample {
        name: "computed of what is kept",
        source: r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"string"},
            "in":{"type":"object","properties":{"c":{"type":"string"}}}}}"#,
        target: r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"bb":{"type":"string"},
            "in":{"type":"object","properties":{"c":{"type":"string"}}},"ab":{"type":"string"},
            "ac":{"type":"string"}}}"#,
        hints: &[("b", "bb")],
        computed: |to| {
            to.compute(&["=a", "=b"], &["ab"], concat([var("a"), var("b")]), None);
            to.compute(&["=a", "=in.c"], &["ac"], concat([var("a"), var("c")]), None);
        },
        ..PLAIN
    },
    Sample {
        name: "computed with a default, one input of two consumed",
        source: r#"{"type":"object","required":["u"],"properties":{"n":{"type":"string"},"u":{"type":"string"}}}"#,
        target: r#"{"type":"object","required":["u","m"],"properties":{"m":{"type":"string"},
            "u":{"type":"string"}}}"#,
        hints: &[("n", "")],
        defaults: &[("m", "\"none\"")],
        computed: |to| {
            let back = call(
                Builtin::Slice,
                [
                    var("m"),
                    lit(0i64),
                    call(Builtin::Sub, [call(Builtin::Len, [var("m")]), call(Builtin::Len, [var("u")])]),
                ],
            );
            to.compute(&["n", "=u"], &["m"], concat([var("n"), var("u")]), Some(back));
        },
        ..PLAIN
    },
    Sample {
        name: "two computations of one member",
        source: r#"{"type":"object","properties":{"s":{"type":"string"},"k":{"type":"integer"}}}"#,
        target: r#"{"type":"object","properties":{"up":{"type":"string"},"low":{"type":"string"},
            "k":{"type":"integer"}}}"#,
        hints: &[("s", "")],
        computed: |to| {
            to.compute(&["s"], &["up"], concat([var("s"), lit("!")]), None);
            to.compute(
                &["s"],
                &["low"],
                concat([lit("-"), var("s")]),
                Some(call(Builtin::Slice, [var("low"), lit(1i64), call(Builtin::Len, [var("low")])])),
            );
        },
        ..PLAIN
    },
    Sample {
        name: "survival",
        source: r#"{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"note":{"type":"string"},
            "p":{"type":"object","properties":{"on":{"type":"boolean"},"x":{"type":"integer"}}}}}"#,
        target: r#"{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},
            "remark":{"type":"string"},"p":{"type":"object","properties":{"on":{"type":"boolean"}}},
            "x":{"type":"integer"}}}"#,
        hints: &[("note", "remark"), ("p.x", "x")],
        computed: |to| {
            to.survives("note", call(Builtin::Not, [is("kind", "en")]));
            to.survives("p.x", is("on", true));
        },
        ..PLAIN
    },
    Sample {
        name: "survival with a default",
        source: r#"{"type":"object","properties":{"kind":{"type":"string"},"lang":{"type":"string"}}}"#,
        target: r#"{"type":"object","required":["lang"],"properties":{"kind":{"type":"string"},
            "lang":{"type":"string"}}}"#,
        defaults: &[("lang", "\"en\"")],
        computed: |to| to.survives("lang", is("kind", "dd")),
        ..PLAIN
    },
    Sample {
        name: "branches",
        source: r#"{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"a":{"type":"string"},
            "b":{"type":"string"}}}"#,
        target: r#"{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},
            "x":{"type":"string"},"y":{"type":"string"}}}"#,
        hints: &[("a", "x"), ("b", "y")],
        computed: |to| {
            to.branch(is("kind", "en"), &[("kind", "kind"), ("a", "y"), ("b", "x")]);
            let short = call(
                Builtin::Lt,
                [call(Builtin::Len, [call(Builtin::Default, [var("a"), lit("")])]), lit(3i64)],
            );
            to.branch(short, &[("kind", "kind"), ("a", "x")]);
        },
        ..PLAIN
    },
];
