use super::*;
use panproto_testkit::corpus;

/// Runs the files of one format; the files with `parse` in their name are checked too where they exist.
fn check_files(format: &str, stem: &str) {
    let format = Format::lexicon(format).unwrap();
    let mut cases = 0;
    for (kind, expected) in [("syntax_valid", true), ("syntax_invalid", false), ("parse_invalid", false)] {
        // Only some formats have a file of what reads well and means nothing.
        let file = format!("atproto/interop/syntax/{stem}_{kind}.txt");
        if kind == "parse_invalid" && !matches!(stem, "datetime" | "language") {
            continue;
        }
        let Some(text) = corpus::read(&file) else { return };
        let text = String::from_utf8(text).unwrap();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            if line.starts_with('#') && expected {
                continue;
            }
            assert_eq!(
                format.accepts(line),
                Validity::decided(expected),
                "{} of {stem}_{kind}: {line:?}",
                format.name()
            );
            cases += 1;
        }
    }
    assert!(cases > 5, "{stem}");
}

#[test]
fn lexicon_formats_agree_with_the_interop_files() {
    check_files("at-identifier", "atidentifier");
    check_files("at-uri", "aturi");
    check_files("cid", "cid");
    check_files("datetime", "datetime");
    check_files("did", "did");
    check_files("handle", "handle");
    check_files("language", "language");
    check_files("nsid", "nsid");
    check_files("record-key", "recordkey");
    check_files("tid", "tid");
    check_files("uri", "uri");
}

#[test]
fn json_schema_formats() {
    let check = |format: &str, valid: &[&str], invalid: &[&str]| {
        let format = Format::json_schema(format).unwrap();
        for text in valid {
            assert_eq!(format.accepts(text), Validity::Valid, "{}: {text:?}", format.name());
        }
        for text in invalid {
            assert_eq!(format.accepts(text), Validity::Invalid, "{}: {text:?}", format.name());
        }
    };
    check(
        "date-time",
        &["1963-06-19T08:30:06.283185Z", "1963-06-19t08:30:06z", "1998-12-31T15:59:60.123-08:00"],
        &["1990-02-31T15:59:59Z", "1998-12-31T23:58:60Z", "1990-12-31 15:59:59Z", "1963-06-19T08:30:06"],
    );
    check("date", &["2020-02-29"], &["2021-02-29", "20200101", "2020-1-1", "২০২০-01-01"]);
    check("time", &["08:30:06Z", "23:59:60Z", "01:29:60+01:30"], &["24:00:00Z", "08:30:06", "22:59:60Z"]);
    check(
        "duration",
        &["P4DT12H30M5S", "P1W", "PT1M", "P1Y2M"],
        &["P", "P1Y2D", "PT", "P1YT", "P2D1Y", "P1W2D", "4D"],
    );
    check("email", &["joe@example.com", "\"a b\"@x.y", "a@[127.0.0.1]"], &["joe", "a..b@x.y", "@x", "a@-x"]);
    check("hostname", &["example.com"], &["-a.b", "a_b", "", "a..b", "ab--cd"]);
    check("ipv4", &["192.168.0.1"], &["1.2.3", "256.1.1.1", "01.2.3.4"]);
    check("ipv6", &["::1", "::ffff:1.2.3.4"], &["12345::", "1::2::3", "fe80::1%eth0"]);
    check(
        "uri",
        &["http://a.b/c?d#e", "urn:x:y", "http://[::1]:80/"],
        &["//a", "a b:c", "http://a b", "x:%zz"],
    );
    check("uri-reference", &["/a", "a", "#x", "", "//h/p"], &["\\\\x", "a b", "#a\\"]);
    check("uuid", &["2EB8AA08-AA98-11EA-B4AA-73B441D16380"], &["2eb8aa08aa9811eab4aa73b441d16380"]);
    check("json-pointer", &["", "/a~0~1/b"], &["a", "/~2", "/~"]);
    check("relative-json-pointer", &["0#", "1/a", "120"], &["/a", "01/a", "-1", "0##"]);
    check("regex", &["a+"], &["(a", "\\a", "^(abc]", "(?P<n>a)", "(?i)a", "(?#c)"]);
    let unknown = |format: &str, text: &str| {
        assert_eq!(Format::json_schema(format).unwrap().accepts(text), Validity::Unknown, "{format}: {text}");
    };
    unknown("regex", "(?=x)");
    unknown("regex", "(?i:x)");
    unknown("hostname", "xn--4gbwdl.xn--wgbh1c");
    unknown("email", "a@xn--4gbwdl");
    assert!(Format::json_schema("idn-email").is_none());
}
