//! Every builtin, every error of one.

use super::{check, run_in};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::expr::{Env, Graph, Value, evaluate, parse, value_text};
use crate::limits::Budget;

#[test]
fn arithmetic() {
    check("add 1 2", "3");
    check("sub 1 2", "-1");
    check("mul 3 4", "12");
    check("div 7 2", "3");
    check("div (-7) 2", "-3");
    check("-7 / 2", "-3");
    check("mod 7 2", "1");
    check("mod (-7) 2", "-1");
    check("-7 mod 2", "-1");
    check("7 div 2", "3");
    check("7 % 4", "3");
    check("1 + 0.5", "1.5");
    check("7.0 / 2", "3.5");
    check("7.5 % 2", "1.5");
    check("neg 3", "-3");
    check("neg 1.5", "-1.5");
    check("abs (-3)", "3");
    check("abs (-1.5)", "1.5");
    check("floor (-1.5)", "-2");
    check("ceil (-1.5)", "-1");
    check("round 2.5", "3");
    check("round (-2.5)", "-3");
    check("floor 3", "3");
    check("9223372036854775806 + 1", "9223372036854775807");
}

#[test]
fn arithmetic_that_fails() {
    check("1 / 0", "division-by-zero at `1 / 0`");
    check("1 % 0", "division-by-zero at `1 % 0`");
    check("1.0 / 0", "division-by-zero at `1.0 / 0`");
    check("1.5 % 0.0", "division-by-zero at `1.5 % 0.0`");
    check("-9223372036854775808 % -1", "integer-overflow at `-9223372036854775808 % -1`");
    check("-9223372036854775808 / -1", "integer-overflow at `-9223372036854775808 / -1`");
    check("abs (-9223372036854775808)", "integer-overflow at `abs (-9223372036854775808)`");
    check("neg (-9223372036854775808)", "integer-overflow at `neg (-9223372036854775808)`");
    check("9223372036854775807 + 1", "integer-overflow at `9223372036854775807 + 1`");
    check("-9223372036854775808 - 1", "integer-overflow at `-9223372036854775808 - 1`");
    check("9223372036854775807 * 2", "integer-overflow at `9223372036854775807 * 2`");
    check("1e308 * 10", "float-overflow at `1e308 * 10`");
    check("round 1e19", "integer-overflow at `round 1e19`");
    check("floor 9223372036854775808.0", "integer-overflow at `floor 9223372036854775808.0`");
    check("float_to_int (-1e300)", "integer-overflow at `float_to_int (-1e300)`");
    check("18446744073709551615 + 1", "number-not-representable at `18446744073709551615 + 1`");
    check("1 + \"a\"", "expr-type-mismatch at `1 + \"a\"`");
    check("neg True", "expr-type-mismatch at `neg True`");
    check("1 + (2 * \"a\")", "expr-type-mismatch at `2 * \"a\"`");
}

#[test]
fn comparison() {
    for (text, expected) in [
        ("eq 1 1.0", "True"),
        ("neq 1 2", "True"),
        ("lt 1 2", "True"),
        ("lte 2 2", "True"),
        ("gt \"b\" \"a\"", "True"),
        ("gte 1.5 2", "False"),
        ("{a = 1, b = 2} == {b = 2, a = 1}", "True"),
        ("[1, 2] == [1, 2, 3]", "False"),
        ("Nothing == False", "False"),
        ("9007199254740993 == 9007199254740992.0", "False"),
        ("18446744073709551615 > 9223372036854775807", "True"),
    ] {
        check(text, expected);
    }
    check("1 < \"a\"", "expr-type-mismatch at `1 < \"a\"`");
    check("True < False", "expr-type-mismatch at `True < False`");
    check(r"(\x -> x) == (\x -> x)", r"expr-type-mismatch at `(\x -> x) == (\x -> x)`");
}

#[test]
fn truth() {
    check("and True False", "False");
    check("or False True", "True");
    check("not True", "False");
    check("False && 1 / 0 == 1", "False");
    check("True || 1 / 0 == 1", "True");
    check("if True then 1 else 1 / 0", "1");
    check("True && 1", "expr-type-mismatch at `1`");
    check("1 || True", "expr-type-mismatch at `1`");
    check("not 1", "expr-type-mismatch at `not 1`");
}

#[test]
fn texts() {
    check(r#"concat "a" "b""#, r#""ab""#);
    check(r#""a" ++ "b" ++ "c""#, r#""abc""#);
    check(r#"len "é""#, "2");
    check(r#"len b"\x00\xff""#, "2");
    check(r#"slice "añb😀c" 1 4"#, r#""ñb😀""#);
    check(r#"slice "abc" (-2) 2"#, r#""ab""#);
    check(r#"slice "abc" 2 1"#, r#""""#);
    check(r#"upper "aß""#, r#""ASS""#);
    check(r#"lower "AÉ""#, r#""aé""#);
    check(r#"trim "  a b\n""#, r#""a b""#);
    check(r#"split "a,b,,c" ",""#, r#"["a", "b", "", "c"]"#);
    check(r#"join ["a", "b"] "-""#, r#""a-b""#);
    check(r#"replace "banana" "an" "o""#, r#""booa""#);
    check(r#"contains "abc" "bc""#, "True");
    check("contains [1, 2.0] 2", "True");
    check(r#"truncate_str "añb" 2"#, r#""a""#);
    check(r#"truncate_str "añb" 3"#, r#""añ""#);
    check(r#"truncate_str "ab" (-1)"#, r#""""#);
    check(r#"split "ab" """#, r#"invalid-argument at `split "ab" ""`"#);
    check(r#"replace "ab" "" "x""#, r#"invalid-argument at `replace "ab" "" "x"`"#);
    check(r#"join ["a", 1] ",""#, r#"expr-type-mismatch at `join ["a", 1] ","`"#);
    check("len [1]", "expr-type-mismatch at `len [1]`");
    check("upper 1", "expr-type-mismatch at `upper 1`");
    check(r#""a" ++ 1"#, r#"expr-type-mismatch at `"a" ++ 1`"#);
    check(r#"slice "abc" "a" 2"#, r#"expr-type-mismatch at `slice "abc" "a" 2`"#);
}

#[test]
fn lists() {
    check(r"map (\x -> x + 1) [1, 2]", "[2, 3]");
    check(r"map [1, 2] (\x -> x + 1)", "[2, 3]");
    check(r"let f = \x -> x + 1 in map f [1, 2]", "[2, 3]");
    check(r"let f = \x -> x + 1; xs = [1, 2] in map xs f", "[2, 3]");
    check("map (add 1) [1, 2]", "[2, 3]");
    check("map upper [\"a\"]", "[\"A\"]");
    check(r"filter (\x -> x > 1) [1, 2]", "[2]");
    check(r"filter [1, 2] (\x -> x > 1)", "[2]");
    check(r"fold (\a x -> a * 10 + x) 0 [1, 2, 3]", "123");
    check(r"fold [1, 2, 3] 0 (\a x -> a * 10 + x)", "123");
    check("fold add 0 [1, 2, 3]", "6");
    check("fold [1, 2, 3] 0 add", "6");
    check("flat_map (range 1) [1, 2]", "[1, 1, 2]");
    check(r"flat_map [1, 2] (\x -> [x, x])", "[1, 1, 2, 2]");
    check("append [1] 2", "[1, 2]");
    check("[1] ++ [2, 3]", "[1, 2, 3]");
    check("head [1, 2]", "1");
    check("tail [1, 2]", "[2]");
    check("reverse [1, 2]", "[2, 1]");
    check("length [1, 2]", "2");
    check("slice [1, 2, 3] 1 9", "[2, 3]");
    check("range 1 3", "[1, 2, 3]");
    check("range 3 1", "[]");
    check("head []", "empty-list at `head []`");
    check("tail []", "empty-list at `tail []`");
    check("map 1 [1]", "expr-type-mismatch at `map 1 [1]`");
    check(r"filter (\x -> x) [1]", r"expr-type-mismatch at `filter (\x -> x) [1]`");
    check(r"flat_map (\x -> x) [1]", r"expr-type-mismatch at `flat_map (\x -> x) [1]`");
    check("length \"abc\"", "expr-type-mismatch at `length \"abc\"`");
    check("range 1.0 2", "expr-type-mismatch at `range 1.0 2`");
    check("[1] ++ 2", "expr-type-mismatch at `[1] ++ 2`");
}

#[test]
fn records_and_the_rest() {
    check("merge {a = 1, b = 2} {b = 3, c = 4}", "{a = 1, b = 3, c = 4}");
    check("keys {b = 1, a = 2}", r#"["b", "a"]"#);
    check("values {b = 1, a = 2}", "[1, 2]");
    check(r#"has_field {a = 1} "a""#, "True");
    check("default Nothing 1", "1");
    check("default 2 1", "2");
    check("clamp 5 1 3", "3");
    check("clamp 0.5 1 3", "1");
    check("clamp 2 1 3", "2");
    check("int_to_float 1", "1.0");
    check("float_to_int (-1.9)", "-1");
    check("int_to_str 12", r#""12""#);
    check("int_to_str 18446744073709551615", r#""18446744073709551615""#);
    check("float_to_str 1.0", r#""1.0""#);
    check("float_to_str 0.1", r#""0.1""#);
    check("str_to_int \"-12\"", "-12");
    check("str_to_float \"1e2\"", "100.0");
    check("str_to_float \"3\"", "3.0");
    check("is_null Nothing", "True");
    check("is_list []", "True");
    let types = r#"map type_of [Nothing, True, 1, 1.5, 18446744073709551615, "a", b"a", [], {}, \x -> x]"#;
    let names =
        r#"["null", "bool", "int", "float", "number", "string", "bytes", "list", "record", "function"]"#;
    check(types, names);
    check("clamp 1 3 2", "invalid-argument at `clamp 1 3 2`");
    check("clamp 1 \"a\" 2", "expr-type-mismatch at `clamp 1 \"a\" 2`");
    check("str_to_int \" 1\"", "not-a-number at `str_to_int \" 1\"`");
    check("str_to_int \"1.0\"", "not-a-number at `str_to_int \"1.0\"`");
    check("str_to_int \"9223372036854775808\"", "integer-overflow at `str_to_int \"9223372036854775808\"`");
    check("str_to_float \"inf\"", "not-a-number at `str_to_float \"inf\"`");
    check("str_to_float \"1e999\"", "float-overflow at `str_to_float \"1e999\"`");
    check("int_to_str 1.5", "expr-type-mismatch at `int_to_str 1.5`");
    check("keys []", "expr-type-mismatch at `keys []`");
    check("merge {} 1", "expr-type-mismatch at `merge {} 1`");
    check("has_field {} 1", "expr-type-mismatch at `has_field {} 1`");
    check("{a = 1}.b", "unknown-field at `{a = 1}.b`");
    check("1.b", "expr-type-mismatch at `1.b`");
    check("[1][1]", "index-out-of-range at `[1][1]`");
    check("[1][-1]", "index-out-of-range at `[1][-1]`");
    check("[1][\"a\"]", "expr-type-mismatch at `[1][\"a\"]`");
    check("{a = 1}[\"a\"]", "1");
    check("nobody + 1", "unknown-variable at `nobody`");
    check("1 2", "expr-type-mismatch at `1`");
    check("case 1 of { 2 -> 3 }", "no-match at `case 1 of { 2 -> 3 }`");
    check("if 1 then 2 else 3", "expr-type-mismatch at `1`");
}

/// Two nodes: 0 leads to 1 by `next`.
struct Pair;

impl Graph for Pair {
    fn edge(&self, node: &Value, name: &str) -> Result<Value> {
        Ok(if self.has_edge(node, name)? { Value::Int(1) } else { Value::Null })
    }

    fn children(&self, node: &Value) -> Result<Vec<Value>> {
        Ok(if *node == Value::Int(0) { vec![Value::Int(1)] } else { Vec::new() })
    }

    fn has_edge(&self, node: &Value, name: &str) -> Result<bool> {
        match node {
            Value::Int(node @ 0..2) => Ok(*node == 0 && name == "next"),
            _ => Err(Diagnostic::error(Kind::Data, "unknown-node", "no such node")),
        }
    }

    fn edge_count(&self, node: &Value) -> Result<i64> {
        Ok(self.children(node)?.len() as i64)
    }

    fn anchor(&self, node: &Value) -> Result<Value> {
        Ok(Value::str(format!("v{node:?}")))
    }
}

#[test]
fn graphs() {
    let run = |text: &str| {
        let env = Env::of([("self".into(), Value::Int(0))]);
        match evaluate(&parse(text).unwrap(), &env, Some(&Pair), &mut Budget::default()) {
            Ok(value) => value_text(&value),
            Err(error) => error.code.to_owned(),
        }
    };
    for (text, expected) in [
        ("self->next", "1"),
        ("edge self \"next\"", "1"),
        ("self->next->next", "Nothing"),
        ("children self", "[1]"),
        ("has_edge self \"next\"", "True"),
        ("edge_count self", "1"),
        ("anchor self->next", "\"v1\""),
        ("map (\\n -> edge_count n) (children self)", "[0]"),
        ("7->next", "unknown-node"),
        ("edge self 1", "expr-type-mismatch"),
    ] {
        assert_eq!(run(text), expected, "{text}");
    }
    let env = Env::of([("self".into(), Value::Int(0))]);
    assert_eq!(run_in("self->next", &env), "no-instance-context at `self->next`");
    assert_eq!(run_in("map anchor [self]", &env), "no-instance-context at `map anchor [self]`");
}

#[test]
fn members_come_before_builtins_of_their_name() {
    let env =
        Env::of([("length".into(), Value::Int(3)), ("values".into(), Value::list(vec![1.into()]).unwrap())]);
    assert_eq!(run_in("length * 2", &env), "6");
    assert_eq!(run_in("length values", &env), "1");
    assert_eq!(run_in("map (\\length -> length) values", &env), "[1]");
    assert_eq!(run_in(r"(\len -> len 3) (\x -> x)", &env), "3");
    assert_eq!(run_in(r#"(\len -> @len "abc") 1"#, &env), "3");
}
