//! Text, trees and text again.

use super::{check, run};
use crate::expr::{parse, print};

#[track_caller]
fn prints(text: &str, expected: &str) {
    let expr = parse(text).unwrap();
    assert_eq!(print(&expr), expected, "{text}");
    assert_eq!(parse(expected).unwrap(), expr, "{expected}");
}

#[track_caller]
fn refuses(text: &str, code: &str, place: &str) {
    let error = parse(text).unwrap_err();
    let span = error.span.unwrap_or_default();
    let found = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    assert_eq!((error.code, found), (code, place), "{text}: {error}");
}

#[test]
fn literals() {
    check("0xFF", "255");
    check("0x7fffffffffffffff", "9223372036854775807");
    check("1.5e3", "1500.0");
    check("1e-7", "1e-7");
    check("007", "7");
    check(r#""a\nb\t\\\"\u{1f600}\u00e9\ud83d\ude00\x41\0""#, r#""a\nb\t\\\"😀é😀A\u{0}""#);
    check("[True, False, Nothing]", "[True, False, Nothing]");
    check("-9223372036854775808", "-9223372036854775808");
    check("18446744073709551615", "18446744073709551615");
    check("-18446744073709551615", "-18446744073709551615");
    check(r#"b"a\xff\"""#, r#"b"a\xff\"""#);
    check("1 -- one\n + 2 -- two", "3");
    refuses("1e999", "number-out-of-range", "1e999");
    refuses("12ab", "expr-syntax", "12ab");
    refuses("\"a", "expr-syntax", "\"a");
    refuses("\"a\nb\"", "expr-syntax", "\"a");
    refuses(r#""\q""#, "expr-syntax", r"\q");
    refuses(r#""\ud800""#, "expr-syntax", r"\u");
    refuses("1 # 2", "expr-syntax", "#");
}

#[test]
fn precedence_from_low_to_high() {
    for (text, grouped) in [
        ("a || b & f", "(a || b) & f"),
        ("a & f & g", "(a & f) & g"),
        ("a && b || c && d", "(a && b) || (c && d)"),
        ("a == b && c", "(a == b) && c"),
        ("a == b == c", "a == (b == c)"),
        ("a < b /= c", "a < (b /= c)"),
        ("a ++ b == c", "(a ++ b) == c"),
        ("a ++ b ++ c", "a ++ (b ++ c)"),
        ("a + b ++ c", "(a + b) ++ c"),
        ("a - b + c", "(a - b) + c"),
        ("a * b + c % d", "(a * b) + (c % d)"),
        ("a / b mod c div d", "((a / b) mod c) div d"),
        ("-a * b", "(-a) * b"),
        ("not a && b", "(not a) && b"),
        ("not not a", "not (not a)"),
        ("-f x", "-(f x)"),
        ("f x y", "(f x) y"),
        ("f x.y", "f (x.y)"),
        ("f xs[0]", "f (xs[0])"),
        ("f [0]", "f ([0])"),
        ("a->b.c", "(a->b).c"),
        ("f -x", "f - x"),
        ("a - -5", "a - (-5)"),
        (r"1 + \x -> x + 1", r"1 + (\x -> (x + 1))"),
        (r"map xs \x -> x + 1", r"map xs (\x -> x + 1)"),
    ] {
        assert_eq!(parse(text).unwrap(), parse(grouped).unwrap(), "{text}");
    }
}

#[test]
fn printing_needs_few_parentheses() {
    prints("((a + b)) + (c * d)", "a + b + c * d");
    prints("a + (b + c)", "a + (b + c)");
    prints("(a == b) == c", "(a == b) == c");
    prints("a ++ (b ++ c)", "a ++ b ++ c");
    prints("add a (mul b c)", "a + b * c");
    prints("neg (5)", "-(5)");
    prints("neg (neg x)", "- -x");
    prints("neg (-5)", "- -5");
    prints("neg (not x)", "-not x");
    prints("not (f x)", "not f x");
    prints("not (-1)", "not (-1)");
    prints("not (not x)", "not not x");
    prints(r"\x -> \y -> x", r"\x y -> x");
    prints(r"\_ -> 1", r"\_ -> 1");
    prints("if a then b else c", "if a then b else c");
    prints("case a of 1 -> b", "case a of { 1 -> b }");
    prints("map xs (\\x -> x)", "map (\\x -> x) xs");
    prints("map f xs", "map f xs");
    prints(r#"r."a b".in.type"#, r#"r."a b".in.type"#);
    prints(r#"{"a b" = 1, c, d = d, in = 2}"#, r#"{"a b" = 1, c, d, in = 2}"#);
    prints("`a b` + `in`", "`a b` + `in`");
    prints(r"\len -> @len x", r"\len -> @len x");
    prints("`add` x y", "`add` x y");
    prints("add x", "add x");
    prints("(5).x", "(5).x");
    prints("(-5)[0]", "(-5)[0]");
    prints(r#"node->"an edge"->b"#, r#"node->"an edge"->b"#);
    prints(
        r#"case x of { @"a b" y (Tag z) -> y, {k = [1, _], l} -> l }"#,
        r#"case x of { @"a b" y (Tag z) -> y, {k = [1, _], l} -> l }"#,
    );
    prints("let {a, b} = r in a", "case r of { {a, b} -> a }");
    prints("[-1, -2.5, f (-3)]", "[-1, -2.5, f (-3)]");
}

#[test]
fn bindings() {
    check("let x = 1 in x + 1", "2");
    check("let x = 1\n    y = x + 1\nin x + y", "3");
    check("let { x = 1; y = 2 } in x + y", "3");
    check("let { x = 1, y = 2 } in x + y", "3");
    check("let f a b = a - b in f 3 1", "2");
    check("let [a, b] = [1, 2] in a - b", "-1");
    check("let {a, b = {c}} = {a = 1, b = {c = 2}} in a + c", "3");
    check("x + y where x = 1; y = x + 1", "3");
    check("area\n  where\n    area = w * h\n", "unknown-variable at `w`");
    check("w * h where\n  w = 2\n  h = 3", "6");
    check("w * h\n  where { w = 2, h = 3 }", "6");
    check("let x = x in x", "unknown-variable at `x`");
    check("let a = let b = 1 in b + 1 in a * 2", "4");
    check("let\n  a = 1\n  f x =\n    x +\n      a\nin f 2", "3");
    refuses("let x = 1", "expr-syntax", "");
    refuses("let = 1 in 2", "expr-syntax", "=");
    refuses("let in = 1 in 2", "expr-syntax", "in");
    refuses("\\x", "expr-syntax", "");
    refuses("\\ -> 1", "expr-syntax", "->");
    refuses("{a = 1, a = 2}", "duplicate-name", "a");
    refuses("case x of { [a, a] -> a }", "duplicate-name", "[");
}

#[test]
fn cases() {
    let shape = |text: &str| {
        let cases = "case s of\n  Circle r -> r * r\n  Rect w h -> w * h\n  {name} -> name\n  [] -> 0\n  \
                     [x] -> x\n  -1 -> \"minus\"\n  \"a\" -> \"text\"\n  True -> \"true\"\n  Nothing -> \"null\"\n  \
                     Point -> \"point\"\n  _ -> \"other\"";
        run(&format!("let s = {text} in\n{cases}"))
    };
    for (value, expected) in [
        (r#"{"$tag" = "Circle", "$0" = 3}"#, "9"),
        (r#"{$tag = "Rect", $0 = 3, $1 = 4}"#, "12"),
        (r#"{$tag = "Rect", $0 = 3}"#, "\"other\""),
        (r#"{$tag = "Point"}"#, "\"point\""),
        (r#"{name = "n", x = 1}"#, "\"n\""),
        ("[]", "0"),
        ("[7]", "7"),
        ("[7, 8]", "\"other\""),
        ("-1", "\"minus\""),
        ("-1.0", "\"minus\""),
        ("\"a\"", "\"text\""),
        ("True", "\"true\""),
        ("Nothing", "\"null\""),
        ("1", "\"other\""),
    ] {
        assert_eq!(shape(value), expected, "{value}");
    }
    check("case 1 of { 1 -> case 2 of { 2 -> 3 }, _ -> 4 }", "3");
    check("case 2 of\n  1 -> case 0 of\n    0 -> 1\n    _ -> 2\n  2 ->\n    5", "5");
    check("[case 1 of 1 -> 2, 3]", "[2, 3]");
    check("(case 1 of\n  1 -> 2\n) + 1", "3");
    check("if 1 == 1\n  then \"a\"\n  else \"b\"", "\"a\"");
    refuses("case 1 of", "expr-syntax", "");
    refuses("case 1 of { 1 2 }", "expr-syntax", "2");
    refuses("if a then b", "expr-syntax", "");
}

#[test]
fn lists_and_steps() {
    check("[1..3]", "[1, 2, 3]");
    check("[ 3 .. 1 ]", "[]");
    check("[1, 3 .. 8]", "[1, 3, 5, 7]");
    check("[1, 3 .. 0]", "[]");
    check("[5, 3 .. 0]", "[5, 3, 1]");
    check("[1, 2 .. 1]", "[1]");
    check("[1, 1 .. 3]", "division-by-zero at `[1, 1 .. 3]`");
    check("[x * x | x <- [1..4], x % 2 == 0]", "[4, 16]");
    check("[{x, y} | x <- [1, 2], y <- [x..2]]", "[{x = 1, y = 1}, {x = 1, y = 2}, {x = 2, y = 2}]");
    check("[z | x <- [1, 2], let z = x + 1, z > 2]", "[3]");
    check("[a | {a} <- [{a = 1}, {b = 2}, {a = 3}]]", "[1, 3]");
    check("do { x <- [1, 2]; y <- [x, x * 10]; [x + y] }", "[2, 11, 4, 22]");
    check("do\n  x <- [1, 2]\n  let y = x + 1\n  [1, 1]\n  [y]", "[2, 2, 3, 3]");
    check("do\n  Tag v <- [{$tag = \"Tag\", $0 = 1}, 2]\n  [v]", "[1]");
    check("[1, 2, 3] & map (\\x -> x + 1) & fold add 0", "9");
    check("\" a \" & trim & upper", "\"A\"");
    check("[1, 2]", "[1, 2]");
    check("[ ]", "[]");
    refuses("[1, 2", "expr-syntax", "");
    refuses("do { x <- [1] }", "expr-syntax", "");
    refuses("[x | ]", "expr-syntax", "]");
}

#[test]
fn functions() {
    check(r"(\x y -> x - y) 5 3", "2");
    check(r"let sub5 = \x -> sub x 5 in sub5 7", "2");
    check(r"(\{a, b} -> a + b) {a = 1, b = 2}", "3");
    check(r"(\[a, _] it -> a + it) [1, 2] 3", "4");
    check(r"(\x -> \x -> x) 1 2", "2");
    check("let twice f x = f (f x) in twice (add 3) 1", "7");
    check("fold (slice \"abcdef\") 0 []", "0");
    check("foo 1", "unknown-variable at `foo`");
}
