//! Records of the corpus against their schemas: what is valid is found valid, what is not is refused.

use panproto_core::instance::{Options, Validator, Validity, Violation};
use panproto_core::language;
use panproto_core::limits::{Budget, Limits};
use panproto_core::schema::{Schema, VertexId};
use panproto_core::value::{Tree, ValueRef};
use panproto_testkit::corpus;

fn parse(text: &[u8]) -> Tree {
    Tree::parse(text, &Limits::DEFAULT).unwrap()
}

fn lexicons(texts: &[&[u8]]) -> Schema {
    language::parse("lexicon", texts, &language::Options::default(), &mut Budget::default())
        .into_result()
        .unwrap()
}

fn validate(schema: &Schema, vertex: VertexId, value: ValueRef<'_>) -> (Validity, Vec<Violation>) {
    let mut report = Vec::new();
    let mut validator = Validator::new(schema, Options::DEFAULT);
    let validity = validator.validate(vertex, value, &mut Budget::default(), &mut report).unwrap();
    (validity, report)
}

fn findings(report: &[Violation]) -> Vec<String> {
    report.iter().map(|finding| finding.diagnostic().to_string()).collect()
}

/// What refuses each invalid record of the interop files: code and path of the first finding.
const REFUSED: &[(&str, &str)] = &[
    ("required-missing", "integer"),
    ("type-mismatch", "boolean"),
    ("type-mismatch", "integer"),
    ("type-mismatch", "string"),
    ("type-mismatch", "string"),
    ("type-mismatch", "bytes"),
    ("not-bytes", "bytes"),
    ("not-bytes", "bytes"),
    ("type-mismatch", "cid-link"),
    ("type-mismatch", "blob"),
    ("not-a-blob", "blob"),
    ("type-mismatch", "array"),
    ("type-mismatch", "array[0]"),
    ("type-mismatch", "object"),
    ("type-mismatch", "object.a"),
    ("type-mismatch", "ref"),
    ("type-mismatch", "ref"),
    ("format-mismatch", "formats.handle"),
    ("format-mismatch", "formats.did"),
    ("format-mismatch", "formats.atidentifier"),
    ("format-mismatch", "formats.nsid"),
    ("format-mismatch", "formats.aturi"),
    ("format-mismatch", "formats.cid"),
    ("format-mismatch", "formats.datetime"),
    ("format-mismatch", "formats.language"),
    ("format-mismatch", "formats.uri"),
    ("format-mismatch", "formats.tid"),
    ("format-mismatch", "formats.recordkey"),
    ("not-const", "constInteger"),
    ("not-in-enum", "enumInteger"),
    ("out-of-range", "rangeInteger"),
    ("too-short", "lenString"),
    ("too-long", "lenString"),
    ("too-short", "graphemeString"),
    ("too-long", "graphemeString"),
    ("not-in-enum", "enumString"),
    ("too-short", "sizeBytes"),
    ("too-long", "sizeBytes"),
    ("too-few-items", "lenArray"),
    ("too-many-items", "lenArray"),
    ("too-large", "sizeBlob"),
    ("not-accepted", "acceptBlob"),
    ("type-mismatch", "union"),
    ("tag-missing", "union"),
    ("unknown-variant", "closedUnion"),
    ("unknown-variant", "closedUnion"),
    ("type-mismatch", "union.a"),
    ("type-mismatch", "unknown"),
    ("not-plain-object", "unknown"),
    ("not-plain-object", "unknown"),
];

#[test]
fn interop_records() {
    let Some(lexicon) = corpus::read("atproto/interop/lexicon/catalog/record.json") else { return };
    let schema = lexicons(&[&lexicon]);
    let root = schema.main();
    let valid = parse(&corpus::read("atproto/interop/lexicon/record-data-valid.json").unwrap());
    for case in valid.root().items() {
        let (validity, report) = validate(&schema, root, case.get("data").unwrap());
        assert_eq!(validity, Validity::Valid, "{:?}: {:?}", case.get("name"), findings(&report));
    }
    let invalid = parse(&corpus::read("atproto/interop/lexicon/record-data-invalid.json").unwrap());
    let mut refused = Vec::new();
    for case in invalid.root().items() {
        let (validity, report) = validate(&schema, root, case.get("data").unwrap());
        assert_eq!(validity, Validity::Invalid, "{case:?}");
        refused.push((report[0].code, report[0].path.to_string()));
    }
    let refused: Vec<_> = refused.iter().map(|(code, path)| (*code, path.as_str())).collect();
    assert_eq!(refused, REFUSED);
}

#[test]
fn real_records_are_valid_under_the_current_lexicons() {
    let Some(files) = corpus::lexicons() else { return };
    let texts: Vec<&[u8]> = files.iter().map(|(_, text)| text.as_slice()).collect();
    let schema = lexicons(&texts);
    let records = corpus::read("atproto/real-records.jsonl").unwrap();
    let mut count = 0;
    for line in records.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let record = parse(line);
        let tag = record.root().get("$type").and_then(ValueRef::as_str).unwrap();
        let vertex = schema.vertices().find(|(_, vertex)| vertex.nsid.as_deref() == Some(&*tag)).unwrap().0;
        let (validity, report) = validate(&schema, vertex, record.root());
        assert_eq!(validity, Validity::Valid, "{}: {:?}", String::from_utf8_lossy(line), findings(&report));
        count += 1;
    }
    assert_eq!(count, 40);
}
