use super::*;
use crate::limits::Limits;
use crate::ordered::Arrange;
use crate::value::equal::tests::respell;
use crate::value::scan::tests::json_text;
use crate::value::{JsonKind, Tree, ValueRef, equal};
use proptest::prelude::*;

/// Values and their digests, as `docs/formats.md` prints them. They are stored: a change here is a change of format.
const VECTORS: &[(&str, u64)] = &[
    ("null", 0x2b74_93cb_0507_48f7),
    ("false", 0x96a4_4a0b_fe50_94c0),
    ("true", 0x0810_8b8f_1170_87b1),
    ("0", 0xf758_bc9f_6f3b_9706),
    ("1", 0xe8c9_1fcd_3299_31c5),
    ("-1", 0xd5c0_cfa5_ad82_8f6d),
    ("100", 0xe23e_d8eb_3d88_216d),
    ("1.5e-7", 0xfbb8_f962_03c1_47c4),
    ("1e400", 0x6277_54e9_be77_d6fd),
    (r#""""#, 0x9ce0_d54e_8223_47e5),
    (r#""text""#, 0x86b0_ce24_4f85_d49c),
    (r#""exactly8""#, 0xab8b_d9ff_19d4_76d5),
    (r#""longer than a word""#, 0x54c1_5e53_edc6_c047),
    (r#""😀""#, 0x7929_0704_9a6a_07d1),
    ("[]", 0x5b51_b279_4434_b0ab),
    ("{}", 0x8cc8_0ab6_a5e6_dd93),
    ("[1,[2]]", 0x390a_1e32_4685_1cb8),
    (r#"{"a":1,"b":[true,null]}"#, 0x55a3_d6dc_9ccc_30da),
    (r#"{"a":1,"a":1}"#, 0xcadd_035a_6ad1_7303),
];

const BYTE_VECTORS: &[(&str, u64)] = &[
    ("a", 0x04f3_155d_c158_e9ef),
    ("exactly8", 0xa222_767b_edb4_19fa),
    ("longer than a word", 0x6319_5e97_743b_259a),
];

#[test]
fn digests_are_those_of_the_documentation() {
    let formats = include_str!("../../../../docs/formats.md");
    for (text, expected) in VECTORS {
        assert_eq!(digest64(text.as_bytes()), *expected, "{text} {:016x}", digest64(text.as_bytes()));
        let row = format!("| `{text}` | `{expected:016x}` |");
        assert!(formats.contains(&row), "docs/formats.md lacks the row {row}");
    }
    for (text, expected) in BYTE_VECTORS {
        assert_eq!(hash64(text.as_bytes()), *expected, "{text} {:016x}", hash64(text.as_bytes()));
        let row = format!("| `{text}` | `{expected:016x}` |");
        assert!(formats.contains(&row), "docs/formats.md lacks the row {row}");
    }
}

/// The digest as the documentation defines it, from a tree.
fn plain_digest(value: ValueRef<'_>) -> u64 {
    let mixed = |word: u64, factor: u64| {
        let spread = (word ^ word >> 32).wrapping_mul(factor);
        spread ^ spread >> 29
    };
    let absorb = |state: u64, bytes: &[u8]| {
        let state = bytes.chunks(8).fold(state, |state, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            mixed(state ^ u64::from_le_bytes(word), STEP)
        });
        mixed(state ^ bytes.len() as u64, CLOSE)
    };
    let tagged = |tag: u64| SEED.wrapping_add(tag);
    match value.kind() {
        JsonKind::Null => absorb(tagged(1), &[]),
        JsonKind::Bool => absorb(tagged(if value.as_bool() == Some(true) { 3 } else { 2 }), &[]),
        JsonKind::Number => {
            let decimal = Decimal::parse(value.raw()).unwrap();
            let digits = [decimal.digits().0, decimal.digits().1].concat();
            let tag = if decimal.is_negative() { 5 } else { 4 };
            absorb(mixed(tagged(tag) ^ decimal.clamped_point() as u64, STEP), &digits)
        }
        JsonKind::String => absorb(tagged(6), &value.decoded()),
        JsonKind::Array => {
            let state = value.items().fold(tagged(7), |state, item| mixed(state ^ plain_digest(item), STEP));
            mixed(state ^ value.len() as u64, CLOSE)
        }
        JsonKind::Object => {
            let sum = value.members().fold(0u64, |sum, (name, value)| {
                let member =
                    mixed(mixed(plain_digest(name).rotate_left(32) ^ plain_digest(value), STEP) ^ 8, CLOSE);
                sum.wrapping_add(member)
            });
            mixed(mixed(tagged(8) ^ sum, STEP) ^ value.len() as u64, CLOSE)
        }
    }
}

#[test]
fn equal_values_have_equal_digests_and_others_do_not() {
    let check = |left: &str, right: &str, expected: bool| {
        assert_eq!(digest64(left.as_bytes()) == digest64(right.as_bytes()), expected, "{left} {right}");
    };
    check(r#"{"a":1,"b":[2]}"#, r#" { "b" : [ 2.0 ] , "\u0061" : 1e0 } "#, true);
    check(r#"{"a":1,"b":2}"#, r#"{"a":2,"b":1}"#, false);
    check("[1,2]", "[2,1]", false);
    check("[]", "{}", false);
    check("[[],[]]", "[[[]]]", false);
    check("[1]", "1", false);
    check("\"1\"", "1", false);
    check("\"null\"", "null", false);
    check("100", "1e2", true);
    check("-100.00", "-1E+2", true);
    check("10", "1", false);
    check("-1", "1", false);
    check("-0", "0", true);
    check("-0.0e7", "0", true);
    check("1e99999999999999999999", "10e99999999999999999998", true);
    check("\"\\ud83d\\ude00\"", "\"😀\"", true);
    check("\"line\\nline, and one more line\"", "\"line\\u000aline, and one more\\u0020line\"", true);
    check("\"abcdefgh\"", "\"abcdefgh\\u0000\"", false);
    check(r#"{"a":{"b":1}}"#, r#"{"a":{},"b":1}"#, false);
    check(r#"{"a":1,"a":1}"#, r#"{}"#, false);
    check(r#"{"a":"b"}"#, r#"{"b":"a"}"#, false);
}

#[test]
fn pieces_make_no_difference() {
    let bytes: Vec<u8> = (0..60).collect();
    for length in 0..bytes.len() {
        let whole = hash64(&bytes[..length]);
        for cut in 0..=length {
            let mut state = Absorber::new(start(BYTES));
            state.write(&bytes[..cut]);
            state.write(&bytes[cut..length]);
            assert_eq!(state.finish(), whole, "{length} {cut}");
        }
    }
}

#[test]
fn single_bits_spread() {
    // Flipping any bit of a short text changes about half of the digest's bits.
    let text = *b"panproto digests";
    let base = hash64(&text);
    let mut total = 0;
    for bit in 0..text.len() * 8 {
        let mut other = text;
        other[bit / 8] ^= 1 << (bit % 8);
        let changed = (hash64(&other) ^ base).count_ones();
        assert!(changed >= 10, "{bit}: {changed}");
        total += changed;
    }
    assert!((28..=36).contains(&(total / (text.len() as u32 * 8))), "{total}");
}

#[test]
fn small_integers_and_names_do_not_collide() {
    let mut seen: Vec<u64> = (0..100_000).map(|number| digest64(number.to_string().as_bytes())).collect();
    seen.extend((0..100_000).map(|number| digest64(format!("\"item-{number}\"").as_bytes())));
    seen.extend((0..100_000).map(|number| digest64(format!("{{\"id\":{number},\"on\":true}}").as_bytes())));
    seen.arrange();
    seen.dedup();
    assert_eq!(seen.len(), 300_000);
}

proptest! {
    #[test]
    fn one_pass_gives_what_the_documentation_defines(text in json_text()) {
        let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        prop_assert_eq!(digest64(text.as_bytes()), plain_digest(tree.root()));
    }

    #[test]
    fn what_stands_behind_it_and_what_was_digested_before_make_no_difference(
        texts in prop::collection::vec(json_text(), 1..6),
        numbers in prop::collection::vec((any::<bool>(), 0u64..2_000_000_000, 0usize..12), 0..8),
        names in prop::collection::vec("[a-c\\\\\"é]{0,16}", 1..6),
    ) {
        let mut digester = Digester::default();
        // Objects with the same names in several orders, and with numbers of every length.
        let object = |names: &mut dyn Iterator<Item = &String>| {
            let member = |(at, name): (usize, &String)| {
                let value = match numbers.get(at) {
                    Some((sign, number, zeros)) => {
                        format!("{}{}", if *sign { "-" } else { "" }, number / 10u64.pow((*zeros % 9) as u32) * 10u64.pow((*zeros % 7) as u32))
                    }
                    None => "[1.50,2e3]".to_owned(),
                };
                format!("{}:{value}", serde_json::to_string(name).unwrap())
            };
            let members: Vec<String> = names.enumerate().map(member).collect();
            format!("{{{}}}", members.join(","))
        };
        let mut texts = texts;
        for _ in 0..3 {
            texts.push(object(&mut names.iter()));
            texts.push(object(&mut names.iter().rev()));
            texts.push(object(&mut names.iter().skip(1)));
        }
        for text in texts {
            let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
            let expected = plain_digest(tree.root());
            prop_assert_eq!(digester.digest(text.as_bytes()), expected, "{}", text);
            let behind = format!("{text} ,\"and more\":1234567890");
            prop_assert_eq!(digester.digest(behind.as_bytes()), expected, "{}", text);
        }
    }

    #[test]
    fn another_spelling_has_the_same_digest(text in json_text(), other in json_text(), salt in any::<u32>()) {
        let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        let mut respelled = String::new();
        respell(tree.root(), &mut { salt }, &mut respelled);
        prop_assert_eq!(digest64(text.as_bytes()), digest64(respelled.as_bytes()), "{}", respelled);
        let other = Tree::parse(other.as_bytes(), &Limits::DEFAULT).unwrap();
        let same = digest64(text.as_bytes()) == digest64(other.text());
        prop_assert_eq!(same, equal(tree.root(), other.root()));
    }

    #[test]
    fn text_that_is_no_json_ends_all_the_same(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        digest64(&bytes);
    }

    #[test]
    fn broken_json_ends_all_the_same(text in json_text(), cut in any::<prop::sample::Index>()) {
        digest64(&text.as_bytes()[..cut.index(text.len())]);
    }
}
