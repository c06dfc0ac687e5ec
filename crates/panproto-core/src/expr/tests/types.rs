//! What the checker infers, and what it refuses.

use crate::expr::{Type, check, check_open, parse};
use crate::name::Name;

fn types() -> Vec<(Name, Type)> {
    [
        ("n", "Int"),
        ("x", "Float"),
        ("m", "Number"),
        ("s", "Str"),
        ("b", "Bool"),
        ("any", "Any"),
        ("xs", "[Int]"),
        ("tags", "[Str]"),
        ("r", "{a: Int, b: Str}"),
        ("open", "{a: Int, ..}"),
        ("f", "Int -> Str"),
    ]
    .map(|(name, ty)| (name.into(), Type::parse(ty).unwrap()))
    .to_vec()
}

fn run(text: &str) -> String {
    match check(&parse(text).unwrap(), &types()) {
        Ok(ty) => ty.to_string(),
        Err(error) => {
            let span = error.span.unwrap_or_default();
            let place = text.get(span.start as usize..span.end as usize).unwrap_or_default();
            let detail = error.message.strip_prefix("expected ").unwrap_or_default();
            format!("{} at `{place}` {detail}", error.code).trim_end().to_owned()
        }
    }
}

#[track_caller]
fn is(text: &str, expected: &str) {
    assert_eq!(run(text), expected, "{text}");
}

#[test]
fn inference() {
    is("n + 1", "Int");
    is("n + 1.5", "Float");
    is("n + m", "Number");
    is("any + 1", "Number");
    is("-x", "Float");
    is("round x", "Int");
    is("clamp n 1 2", "Int");
    is("s ++ \"!\"", "Str");
    is("xs ++ [1.5]", "[Number]");
    is("n == 1.0 && s /= \"a\"", "Bool");
    is("any == Nothing", "Bool");
    is("n == Nothing", "Bool");
    is("if b then 1 else 2.5", "Number");
    is("if b then 1 else \"a\"", "Any");
    is("[1, 2]", "[Int]");
    is("[]", "[Any]");
    is("[{a = 1, b = 2}, {a = 1.5}]", "[{a: Number, ..}]");
    is("r.a", "Int");
    is("open.z", "Any");
    is("merge r {a = True, c = 1}", "{a: Bool, b: Str, c: Int}");
    is("values {a = 1, b = 2.5}", "[Number]");
    is("xs[0] + 1", "Int");
    is("r[\"b\"]", "Str");
    is("f n", "Str");
    is(r"\x -> x", "Any -> Any");
    is(r"\x -> x + 1", "Number -> Number");
    is(r"\x y -> upper x ++ y", "Str -> Str -> Str");
    is("\\x -> x.name ++ \"!\"", "{name: Str, ..} -> Str");
    is("map len tags", "[Int]");
    is(r"map (\x -> x + 1) xs", "[Int]");
    is(r"map xs (\x -> x + 0.5)", "[Float]");
    is("map f xs", "[Str]");
    is("map xs f", "[Str]");
    is("map (add 1) xs", "[Number]");
    is(r"filter (\x -> x > 1) xs", "[Int]");
    is(r"fold (\a x -> a + x) 0 xs", "Int");
    is(r"fold (\a x -> a + x) 0 [1.5]", "Number");
    is(r"fold (\a x -> append a x) [] xs", "[Int]");
    is("[x * 2 | x <- xs, x > 1]", "[Int]");
    is("[1..3]", "[Int]");
    is("do { x <- xs; [x, 1] }", "[Int]");
    is(r"let id = \x -> x in {a = id 1, b = id s}", "{a: Int, b: Str}");
    is(r"let twice f x = f (f x) in twice (\x -> x * 2) 3", "Number");
    is("let {a, b} = r in b", "Str");
    is("case xs of { [x, y] -> x + y, _ -> 0 }", "Int");
    is("case any of { Circle r -> r * r, {k} -> k, _ -> 0 }", "Any");
    is("default Nothing 1", "Int");
    is("any->next", "Any");
    is("children any", "[Any]");
    is("xs & map (\\x -> x + 1) & head", "Int");
    is("split s \",\"", "[Str]");
    is(r"(\f -> f f) (\x -> x)", "Any");
}

#[test]
fn every_argument_is_checked() {
    is("1 + s", "expr-type-mismatch at `s` `Number`, found `Str`");
    is("neg b", "expr-type-mismatch at `b` `Number`, found `Bool`");
    is("upper n", "expr-type-mismatch at `n` `Str`, found `Int`");
    is("len xs", "expr-type-mismatch at `xs` `Str`, found `[Int]`");
    is("slice s \"a\" 2", "expr-type-mismatch at `\"a\"` `Int`, found `Str`");
    is("slice n 1 2", "expr-type-mismatch at `n` `Str`, found `Int`");
    is("replace s s 1", "expr-type-mismatch at `1` `Str`, found `Int`");
    is("join xs \",\"", "expr-type-mismatch at `xs` `[Str]`, found `[Int]`");
    is("b && 1", "expr-type-mismatch at `1` `Bool`, found `Int`");
    is("not n", "expr-type-mismatch at `n` `Bool`, found `Int`");
    is("n < s", "expr-type-mismatch at `s` `Number`, found `Str`");
    is("s < n", "expr-type-mismatch at `n` `Str`, found `Int`");
    is("b < b", "expr-type-mismatch at `b` `Number`, found `Bool`");
    is("n == s", "expr-type-mismatch at `s` `Int`, found `Str`");
    is("f == f", "expr-type-mismatch at `f`");
    is("s ++ 1", "expr-type-mismatch at `1` `Str`, found `Int`");
    is("xs ++ s", "expr-type-mismatch at `s` `[Int]`, found `Str`");
    is("contains tags 1", "expr-type-mismatch at `1` `Str`, found `Int`");
    is("head s", "expr-type-mismatch at `s` `[Any]`, found `Str`");
    is("keys xs", "expr-type-mismatch at `xs` `{..}`, found `[Int]`");
    is("has_field r 1", "expr-type-mismatch at `1` `Str`, found `Int`");
    is("int_to_str 1.5", "expr-type-mismatch at `1.5` `Int`, found `Float`");
    is("str_to_int n", "expr-type-mismatch at `n` `Str`, found `Int`");
    is("range 1 1.5", "expr-type-mismatch at `1.5` `Int`, found `Float`");
    is("truncate_str s s", "expr-type-mismatch at `s` `Int`, found `Str`");
    is("clamp 1 s 2", "expr-type-mismatch at `s` `Number`, found `Str`");
    is(r"map (\x -> upper x) xs", "expr-type-mismatch at `x` `Str`, found `Int`");
    is("map upper xs", "expr-type-mismatch at `upper` `Str`, found `Int`");
    is("map n xs", "expr-type-mismatch at `n` `[Any]`, found `Int`");
    is(r"filter (\x -> x + 1) xs", r"expr-type-mismatch at `\x -> x + 1` `Bool`, found `Int`");
    is(r"flat_map (\x -> x) xs", r"expr-type-mismatch at `\x -> x` `[Any]`, found `Int`");
    is("f s", "expr-type-mismatch at `s` `Int`, found `Str`");
    is("n 1", "expr-type-mismatch at `n` `Any -> Any`, found `Int`");
    is("if n then 1 else 2", "expr-type-mismatch at `n` `Bool`, found `Int`");
    is("case n of { [a] -> a }", "expr-type-mismatch at `n` `[Any]`, found `Int`");
    is("case n of { \"a\" -> 1 }", "expr-type-mismatch at `n` `Str`, found `Int`");
    is("xs[s]", "expr-type-mismatch at `s` `Int`, found `Str`");
    is("n[0]", "expr-type-mismatch at `n` `[Any]`, found `Int`");
    is("n.a", "expr-type-mismatch at `n` `{a: Any, ..}`, found `Int`");
    is("r.z", "unknown-field at `r.z`");
}

#[test]
fn names_are_known() {
    is("nobody + 1", "unknown-variable at `nobody`");
    is("nobody 1", "unknown-function at `nobody`");
    let open = |text: &str| check_open(&parse(text).unwrap(), &[]).map(|ty| ty.to_string());
    assert_eq!(open("nobody + 1").unwrap(), "Number");
    assert_eq!(open("nobody 1").unwrap(), "Any");
    assert_eq!(open("upper (nobody + 1)").unwrap_err().code, "expr-type-mismatch");
}

#[test]
fn types_that_grow_stay_within_the_budget() {
    let nested = |count: usize| {
        let open = "let f = \\x -> {a = x, b = x} in let g = \\x -> f (f (f (f (f (f (f (f x))))))) in ";
        format!("{open}{}1{}", "g (".repeat(count), ")".repeat(count))
    };
    let code = |count| check(&parse(&nested(count)).unwrap(), &[]).map_err(|error| error.code);
    assert!(code(1).is_ok());
    assert_eq!(code(20).unwrap_err(), "limit-steps");
}
