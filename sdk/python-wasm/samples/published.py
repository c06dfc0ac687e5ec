"""Code written for the deprecated SDK, with its types."""

from __future__ import annotations

from panproto import BuiltSchema, CompatReport, Edge, ExprBuilder, GetResult, LensHandle, LiftResult, Panproto


def post(pp: Panproto, *names: str) -> BuiltSchema:
    """A schema, step by step."""
    builder = pp.protocol("atproto").schema()
    builder = builder.vertex("post", "record", {"nsid": "app.bsky.feed.post"}).vertex("post:body", "object")
    builder = builder.edge("post", "post:body", "record-schema")
    for name in names:
        builder = builder.vertex(f"post:body.{name}", "string")
        builder = builder.edge("post:body", f"post:body.{name}", "prop", {"name": name})
    return builder.build()


def main() -> None:
    """Runs it."""
    with Panproto.load() as pp:
        old, new = post(pp, "text"), post(pp, "text", "title")
        handle: LensHandle
        with pp.lens(old, new) as handle:
            got: GetResult = handle.get(b'{"text":"x"}')
            put: LiftResult = handle.put(b'{"text":"y"}', got["complement"])
            assert put["data"] == {"text": "y"}
        report: CompatReport = pp.diff_full(old, new).classify(pp.protocol("atproto"))
        assert report.is_compatible
        source: Edge = {"src": "post:body", "tgt": "post:body.text", "kind": "prop", "name": "text"}
        assert source in old.edges
    assert ExprBuilder.var_("x") == {"type": "var", "name": "x"}


if __name__ == "__main__":
    main()
