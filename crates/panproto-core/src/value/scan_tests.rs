use super::*;
use crate::value::Tree;
use proptest::prelude::*;

/// Code and span of the outcome, `None` for a text that is accepted.
type Outcome = Option<(&'static str, Option<Span>)>;

fn outcome<T>(result: Result<T>) -> Outcome {
    result.err().map(|error| (error.code, error.span))
}

/// The tree and the skipper must agree on every text, and both with an independent reader on what is JSON.
fn check_agreement(text: &[u8], limits: &Limits) {
    let tree = outcome(Tree::parse(text, limits));
    let skipped = outcome(Skipper::default().document(text, limits));
    let shown = || String::from_utf8_lossy(text).into_owned();
    assert_eq!(tree, skipped, "{}", shown());
    if limits.depth >= 100 {
        let oracle = std::str::from_utf8(text)
            .is_ok_and(|text| serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok());
        assert_eq!(tree.is_none(), oracle, "{} {tree:?}", shown());
    }
    if let Some((_, Some(span))) = tree {
        assert!(span.start as usize <= text.len(), "{}", shown());
    }
}

const RECORDS: [&str; 6] = [
    r#"{"text":"h\u00e9llo \ud83d\ude00 wörld 😀","langs":["en","de"],"n":-1.50e+10}"#,
    r#" { "a" : [ 1 , 2.0 , [ ] , { } , null , true , false ] , "" : { "b" : { "c" : [ [ "\\\"\/\b\f\n\r\t" ] ] } } } "#,
    "[]",
    "\"plain text that is longer than two words of eight bytes, ümläüts at the end: äöü\"",
    "-0.0e-0",
    "{\"k\":\"v\"}\r\n",
];

#[test]
fn every_truncation_and_every_mutation_of_a_record_fails_alike() {
    for record in RECORDS {
        let bytes = record.as_bytes();
        check_agreement(bytes, &Limits::DEFAULT);
        for end in 0..bytes.len() {
            check_agreement(&bytes[..end], &Limits::DEFAULT);
        }
        let mut mutated = bytes.to_vec();
        for at in 0..bytes.len() {
            for byte in 0..=255 {
                mutated[at] = byte;
                check_agreement(&mutated, &Limits::DEFAULT);
            }
            mutated[at] = bytes[at];
        }
    }
}

#[test]
fn every_beginning_of_a_character_is_judged_as_the_standard_library_does() {
    let ends = [0x22, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
    for lead in 0x80..=0xff {
        for second in 0..=0xff {
            for third in ends {
                for fourth in ends {
                    let body = [lead, second, third, fourth];
                    if body.iter().any(|byte| matches!(byte, 0..0x20 | b'"' | b'\\')) && body[0] >= 0x80 {
                        // Not one string; what is left of it is judged all the same.
                        check_agreement(&[b"\"", &body[..], b"\""].concat(), &Limits::DEFAULT);
                        continue;
                    }
                    // At the end of a text, and with more than a block behind it.
                    for after in ["\"", "\"                 "] {
                        let text = [b"\"", &body[..], after.as_bytes()].concat();
                        assert_eq!(string(&text, 0).is_ok(), std::str::from_utf8(&body).is_ok(), "{body:x?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_error_with_the_smallest_offset_wins() {
    let check = |text: &[u8], expected: (&str, u32)| {
        let error = Skipper::default().document(text, &Limits::DEFAULT).unwrap_err();
        assert_eq!((error.code, error.span.unwrap().start), expected, "{text:?}");
        check_agreement(text, &Limits::DEFAULT);
    };
    check(b"[1 2, \"\xff\"]", ("json-syntax", 3));
    check(b"[\"\xff\", 1 2]", ("text-encoding", 2));
    check(b"\"\xe2\x82\"", ("text-encoding", 1));
    check(b"\"a\xe2\x82\n\"", ("text-encoding", 2));
    check(b"\"a\n\xff\"", ("json-syntax", 2));
    check(b"\"a\\x\xff\"", ("json-syntax", 2));
    check(b"\"a\xff\\x\"", ("text-encoding", 2));
    check(b"\xef\xbb\xbf{}", ("json-syntax", 0));
    check(b"\xff\xfe{}", ("text-encoding", 0));
    check("ä".as_bytes(), ("json-syntax", 0));
    check(b"\"\xed\xa0\xbd\"", ("text-encoding", 1));
}

#[test]
fn depth_is_counted_from_outside_and_pointed_at() {
    let limits = Limits { depth: 3, ..Limits::DEFAULT };
    let check = |text: &str, depth: u32, expected: Option<u32>| {
        let error = skip_value(text.as_bytes(), 0, depth, &limits).err();
        assert_eq!(error.as_ref().map(|error| error.code), expected.map(|_| "limit-depth"), "{text}");
        assert_eq!(error.and_then(|error| error.span).map(|span| span.start), expected, "{text}");
        if depth == 0 {
            check_agreement(text.as_bytes(), &limits);
        }
    };
    check("[[[1]]]", 0, None);
    check("[[[{}]]]", 0, Some(3));
    check("[[1],[[]],[[[]]]]", 0, Some(12));
    check("[[1]]", 1, None);
    check("[[1]]", 2, Some(1));
    check("1", 3, None);
    check("{}", 9, Some(0));
    let deep = "[".repeat(100_000);
    let error = skip_value(deep.as_bytes(), 0, 0, &Limits::DEFAULT).unwrap_err();
    assert_eq!((error.code, error.span.unwrap().start), ("limit-depth", 512));
}

#[test]
fn a_value_in_the_middle_ends_where_it_ends() {
    let check = |text: &str, at: usize, expected: usize| {
        assert_eq!(skip_value(text.as_bytes(), at, 0, &Limits::DEFAULT).unwrap(), expected, "{text}");
    };
    check(r#"{"a":1,"b":[1,{"c":2}],"d":3}"#, 11, 22);
    check(r#"{"a":1,"b":2}"#, 5, 6);
    check("[  true  ]", 1, 7);
    check("12 ", 0, 2);
    check("\"a\\\"b\" ", 0, 6);
}

#[test]
fn links_lead_from_each_opening_to_its_close() {
    let text = br#"x{"a":[{},[1,2]],"b":{"c":[]}}"#;
    let mut links = Vec::new();
    let end = Skipper::default().skip_linked(text, 1, 0, &Limits::DEFAULT, &mut links).unwrap();
    assert_eq!(end, text.len());
    let texts: Vec<_> = links
        .iter()
        .map(|link| std::str::from_utf8(&text[link.open as usize..link.end as usize]).unwrap())
        .collect();
    assert_eq!(
        texts,
        [r#"{"a":[{},[1,2]],"b":{"c":[]}}"#, r#"[{},[1,2]]"#, "{}", "[1,2]", r#"{"c":[]}"#, "[]"]
    );
    assert!(links.is_sorted());
}

/// Random JSON text: any spelling, white space and depth.
pub(crate) fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,10})?([eE][+-]?[0-9]{1,4})?",
        string_text(),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let space = || prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\r\n\t")];
        prop_oneof![
            (prop::collection::vec((space(), inner.clone()), 0..6), space()).prop_map(|(items, space)| {
                let items: Vec<_> =
                    items.iter().map(|(space, item)| format!("{space}{item}{space}")).collect();
                format!("[{space}{}]", items.join(","))
            }),
            (prop::collection::vec((space(), string_text(), inner), 0..6), space()).prop_map(
                |(members, space)| {
                    let members: Vec<_> = members
                        .iter()
                        .map(|(space, name, value)| format!("{space}{name}{space}:{space}{value}"))
                        .collect();
                    format!("{{{space}{}{space}}}", members.join(","))
                }
            ),
        ]
    })
}

fn string_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "\"[a-d]{0,3}\"",
        2 => "\"([ -!#-\\[\\]-~äß€😀\u{7f}]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}|\\\\ud83d\\\\ude00){0,20}\"",
    ]
}

proptest! {
    #[test]
    fn random_texts_agree(text in json_text()) {
        check_agreement(text.as_bytes(), &Limits::DEFAULT);
        prop_assert!(Skipper::default().document(text.as_bytes(), &Limits::DEFAULT).is_ok());
        check_agreement(text.as_bytes(), &Limits { depth: 2, ..Limits::DEFAULT });
    }

    #[test]
    fn random_mutations_agree(
        text in json_text(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = text.into_bytes();
        for (at, byte) in &edits {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        check_agreement(&bytes, &Limits::DEFAULT);
        bytes.truncate(cut.index(bytes.len() + 1));
        check_agreement(&bytes, &Limits::DEFAULT);
    }

    #[test]
    fn random_bytes_agree(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        check_agreement(&bytes, &Limits::DEFAULT);
    }

    #[test]
    fn links_agree_with_the_tree(text in json_text()) {
        let mut links = Vec::new();
        Skipper::default().skip_linked(text.as_bytes(), 0, 0, &Limits::DEFAULT, &mut links).unwrap();
        let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        let mut expected = Vec::new();
        let mut open = vec![tree.root()];
        while let Some(value) = open.pop() {
            if value.is_object() || value.is_array() {
                expected.push(Link { open: value.span().start, end: value.span().end });
            }
            let mut children: Vec<_> = value.items().chain(value.members().map(|(_, value)| value)).collect();
            children.reverse();
            open.extend(children);
        }
        prop_assert_eq!(links, expected);
    }
}
