use super::*;
use crate::limits::Limits;
use crate::value::equal::tests::respell;
use crate::value::scan::tests::json_text;
use crate::value::{JsonKind, Tree, ValueRef, equal};
use proptest::prelude::*;

/// Values and their digests, as `docs/formats.md` prints them. They are stored: a change here is a change of format.
const VECTORS: &[(&str, u64)] = &[
    ("null", 0xe458_1046_b9b5_e3f5),
    ("false", 0x0f89_ea03_d562_cdd5),
    ("true", 0xb2b9_bdb8_c053_3fc0),
    ("0", 0x0ced_a3b4_5cab_bcd3),
    ("1", 0x6ca7_6af3_fb73_ddd8),
    ("-1", 0xa113_2717_03eb_d730),
    ("100", 0xd112_285e_6777_c265),
    ("1.5e-7", 0x45d1_e22f_2b92_6ddf),
    ("1e400", 0x694a_e494_c8a6_0265),
    (r#""""#, 0xfc4a_80ef_19ae_0a03),
    (r#""text""#, 0x821c_c40f_1cb5_1e0a),
    (r#""exactly8""#, 0xd662_e8c8_8816_d01c),
    (r#""longer than a word""#, 0xa6d0_57a7_9140_2f89),
    (r#""😀""#, 0x7a0c_f36d_c0fc_e739),
    ("[]", 0x677a_5aa4_349f_747f),
    ("{}", 0xdce1_c3fd_0a04_f1b1),
    ("[1,[2]]", 0xb4ed_2d47_7d21_9863),
    (r#"{"a":1,"b":[true,null]}"#, 0x40f7_87a8_40e2_3b1e),
    (r#"{"a":1,"a":1}"#, 0xb278_5ce3_c3dc_83f8),
];

const BYTE_VECTORS: &[(&str, u64)] = &[
    ("a", 0xcead_369d_d297_748e),
    ("exactly8", 0xd3cf_bb9f_31dc_9aae),
    ("longer than a word", 0x9cdc_1b0a_4660_502d),
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
    let wide = |left: u64, right: u64| {
        let product = u128::from(left) * u128::from(right);
        product as u64 ^ (product >> 64) as u64
    };
    let absorb = |state: u64, bytes: &[u8]| {
        let state = bytes.chunks(8).fold(state, |state, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            wide(state ^ u64::from_le_bytes(word), STEP)
        });
        wide(state ^ bytes.len() as u64, CLOSE)
    };
    let tagged = |tag: u64| SEED.wrapping_add(tag);
    match value.kind() {
        JsonKind::Null => absorb(tagged(1), &[]),
        JsonKind::Bool => absorb(tagged(if value.as_bool() == Some(true) { 3 } else { 2 }), &[]),
        JsonKind::Number => {
            let decimal = Decimal::parse(value.raw()).unwrap();
            let digits = [decimal.digits().0, decimal.digits().1].concat();
            let tag = if decimal.is_negative() { 5 } else { 4 };
            absorb(wide(tagged(tag) ^ decimal.clamped_point() as u64, STEP), &digits)
        }
        JsonKind::String => absorb(tagged(6), &value.decoded()),
        JsonKind::Array => {
            let state = value.items().fold(tagged(7), |state, item| wide(state ^ plain_digest(item), STEP));
            wide(state ^ value.len() as u64, CLOSE)
        }
        JsonKind::Object => {
            let sum = value.members().fold(0u64, |sum, (name, value)| {
                let member =
                    wide(wide(plain_digest(name).rotate_left(32) ^ plain_digest(value), STEP) ^ 8, CLOSE);
                sum.wrapping_add(member)
            });
            wide(wide(tagged(8) ^ sum, STEP) ^ value.len() as u64, CLOSE)
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
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 300_000);
}

proptest! {
    #[test]
    fn products_by_halves_are_products(left in any::<u64>(), right in any::<u64>()) {
        prop_assert_eq!(fold(left, right), fold_by_halves(left, right));
        prop_assert_eq!(fold(left, u64::MAX), fold_by_halves(left, u64::MAX));
    }

    #[test]
    fn one_pass_gives_what_the_documentation_defines(text in json_text()) {
        let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        prop_assert_eq!(digest64(text.as_bytes()), plain_digest(tree.root()));
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
