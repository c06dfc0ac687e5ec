//! Values over every JSON file of the corpus: schemas, records and test suites as people wrote them.

use panproto_core::limits::Limits;
use panproto_core::value::scan::Skipper;
use panproto_core::value::{Digester, Tree, digest64, equal, transcode};
use panproto_testkit::corpus;

#[test]
fn the_corpus_is_read_skipped_digested_and_transcoded() {
    let Some(files) = corpus::files("", "json") else { return };
    let limits = Limits::DEFAULT;
    let (mut tree, mut skipper, mut digester) = (Tree::default(), Skipper::default(), Digester::default());
    let (mut accepted, mut transcoded) = (0, 0);
    for (path, text) in &files {
        let path = path.display();
        let skipped = skipper.document(text, &limits);
        let parsed = tree.reparse(text, &limits);
        assert_eq!(skipped, parsed, "{path}");
        let oracle = std::str::from_utf8(text)
            .is_ok_and(|text| serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok());
        assert_eq!(parsed.is_ok(), oracle, "{path}");
        if parsed.is_err() {
            continue;
        }
        accepted += 1;
        let compact = tree.root().to_json();
        assert_eq!(digester.digest(text), digest64(compact.as_str().as_bytes()), "{path}");
        let again = compact.tree();
        assert!(equal(tree.root(), again.root()), "{path}");
        let mut bytes = Vec::new();
        match transcode::from_json(tree.root(), &mut bytes) {
            Ok(()) => {
                transcoded += 1;
                let back = transcode::document_to_json(&bytes, &limits).unwrap();
                assert!(equal(tree.root(), Tree::parse(&back, &limits).unwrap().root()), "{path}");
                assert_eq!(digester.digest(&back), digester.digest(text), "{path}");
            }
            Err(error) => assert_eq!(error.code, "not-representable", "{path}"),
        }
    }
    assert!(
        accepted > 100 && transcoded > 100,
        "{accepted} of {} accepted, {transcoded} transcoded",
        files.len()
    );
}
