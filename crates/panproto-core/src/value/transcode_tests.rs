use super::*;
use crate::value::equal_text;
use crate::value::scan::tests::json_text;
use proptest::prelude::*;

fn json_of(bytes: &[u8]) -> Result<String> {
    document_to_json(bytes, &Limits::DEFAULT).map(|text| String::from_utf8(text).unwrap())
}

fn msgpack_of(text: &str) -> Result<Vec<u8>> {
    document_from_json(text.as_bytes(), &Limits::DEFAULT)
}

#[test]
fn values_with_counterparts() {
    let check = |text: &str, bytes: &[u8]| {
        assert_eq!(msgpack_of(text).unwrap(), bytes, "{text}");
        assert_eq!(json_of(bytes).unwrap(), text, "{bytes:02x?}");
    };
    check("null", b"\xc0");
    check("true", b"\xc3");
    check("[]", b"\x90");
    check("{}", b"\x80");
    check(
        r#"{"a":[1,-1,[{}],"é"],"b":{"c":null,"d":[]}}"#,
        b"\x82\xa1a\x94\x01\xff\x91\x80\xa2\xc3\xa9\xa1b\x82\xa1c\xc0\xa1d\x90",
    );
    check("[[],[[]],[1,2],3]", b"\x94\x90\x91\x90\x92\x01\x02\x03");
    check("18446744073709551615", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
    check("-9223372036854775808", b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00");
    check("1.0", b"\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00");
    check("-0.0", b"\xcb\x80\x00\x00\x00\x00\x00\x00\x00");
    check("\"\\u0000\\n\\\"\"", b"\xa3\0\n\"");
}

#[test]
fn what_has_no_counterpart_is_refused_with_its_path() {
    let to = |bytes: &[u8], path: &str, span: (u32, u32)| {
        let error = json_of(bytes).unwrap_err();
        let found = error.span.map(|span| (span.start, span.end));
        assert_eq!((error.code, error.path.as_deref(), found), ("not-representable", Some(path), Some(span)));
    };
    to(b"\x81\xa1a\x92\x01\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "a[1]", (5, 14));
    to(b"\xca\x7f\x80\x00\x00", "", (0, 5));
    to(b"\x82\xa1a\x90\xa3b.c\xc4\x01x", "[\"b.c\"]", (8, 11));
    to(b"\x91\xd4\x01x", "[0]", (1, 4));
    to(b"\x81\xa1a\x81\x01\x02", "a", (4, 5));
    let from = |text: &str, path: &str, start: u32| {
        let error = msgpack_of(text).unwrap_err();
        let found = error.span.map(|span| span.start);
        assert_eq!(
            (error.code, error.path.as_deref(), found),
            ("not-representable", Some(path), Some(start))
        );
    };
    from("18446744073709551616", "", 0);
    from("-9223372036854775809", "", 0);
    from(r#"{"a":[1,1e400]}"#, "a[1]", 8);
    from(r#"{"a":{"b":0.1000000000000000055511151231257827}}"#, "a.b", 10);
    from("[1e-400]", "[0]", 1);
    from(r#"[{"x":"\ud83d"}]"#, "[0].x", 6);
    from(r#"[{"\ud83d":1}]"#, r#"[0]["\"\\ud83d\""]"#, 2);
}

#[test]
fn broken_messagepack_is_refused_with_its_place() {
    let check = |bytes: &[u8], expected: (&str, u32)| {
        let error = json_of(bytes).unwrap_err();
        assert_eq!((error.code, error.span.unwrap().start), expected);
    };
    check(b"\x92\x01", ("msgpack-syntax", 0));
    check(b"\x01\x02", ("msgpack-syntax", 1));
    check(b"\x91\xc1", ("msgpack-syntax", 1));
    check(&[0x91; 1000], ("limit-depth", 512));
}

#[test]
fn floats_print_shortest() {
    let check = |value: f64, expected: &str| {
        assert_eq!(float_text(value), expected);
        assert_eq!(expected.parse::<f64>().unwrap().to_bits(), value.to_bits());
    };
    check(1.0, "1.0");
    check(-0.0, "-0.0");
    check(0.1, "0.1");
    check(100.0, "100.0");
    check(123.456, "123.456");
    check(-0.00001, "-0.00001");
    check(0.000001, "1e-6");
    check(1.5e-7, "1.5e-7");
    check(1e15, "1000000000000000.0");
    check(1e16, "1e16");
    check(9007199254740993.0, "9007199254740992.0");
    check(f64::MAX, "1.7976931348623157e308");
    check(5e-324, "5e-324");
    check(f64::from(0.1f32), "0.10000000149011612");
}

proptest! {
    #[test]
    fn every_double_survives(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        if value.is_finite() {
            let text = float_text(value);
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
            prop_assert!(scan::number(text.as_bytes(), 0).unwrap() == text.len());
            let mut bytes = Vec::new();
            msgpack::write_float(value, &mut bytes);
            prop_assert_eq!(msgpack_of(&text).unwrap(), bytes);
        }
    }

    #[test]
    fn json_goes_over_and_back_by_value(text in json_text()) {
        match msgpack_of(&text) {
            Ok(bytes) => {
                let back = json_of(&bytes).unwrap();
                prop_assert!(equal_text(back.as_bytes(), text.as_bytes()), "{}\n{}", text, back);
                prop_assert_eq!(msgpack_of(&back).unwrap().len(), bytes.len());
            }
            Err(error) => prop_assert_eq!(error.code, "not-representable"),
        }
    }

    #[test]
    fn random_and_cut_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        text in json_text(),
        cut in any::<prop::sample::Index>(),
    ) {
        for bytes in [bytes, msgpack_of(&text).unwrap_or_default()] {
            if let Ok(json) = json_of(&bytes) {
                prop_assert!(scan::Skipper::default().document(json.as_bytes(), &Limits::DEFAULT).is_ok());
            }
            let valid = msgpack::Skipper::default().document(&bytes, &Limits::DEFAULT);
            let code = json_of(&bytes).err().map(|error| error.code);
            match &valid {
                Ok(()) => prop_assert!(matches!(code, None | Some("not-representable"))),
                Err(_) => prop_assert!(code.is_some()),
            }
            if valid.is_ok() {
                prop_assert!(json_of(&bytes[..cut.index(bytes.len())]).is_err());
            }
        }
    }
}
