"""Records as instances, dry runs, routes, symmetric lenses, schemas that carry expressions."""

from __future__ import annotations

import json
import pickle

import pytest
from conftest import DEFAULTS, HINTS, INTEGER, OLD, RECORD, STRING, lexicon

import panproto
from panproto import (
    ConversionGraph,
    ExprBuilder,
    Instance,
    Lens,
    Migration,
    MigrationAnalysis,
    Panproto,
    PanprotoError,
    PanprotoTypeCheckError,
    ProtolensChainHandle,
    Schema,
    SchemaEnrichment,
    SymmetricLens,
    SymmetricLensHandle,
    chain,
    check_existence,
    compose_migrations,
    lens,
)


def test_a_record_is_a_tree_and_comes_back(old: Schema) -> None:
    text = json.dumps(RECORD, separators=(",", ":")).encode()
    instance = Instance.from_json(old, text)
    assert instance.to_json() == text
    assert instance.to_value() == RECORD
    assert instance.element_count > 5
    assert instance.validate()
    assert Instance(instance.raw_bytes, old) == instance
    assert pickle.loads(pickle.dumps(instance)) == instance
    wrong = Instance.from_json(old, {"text": 1, "items": [{"value": "x"}]}).validate()
    assert not wrong.is_valid
    assert len(wrong.errors) >= 2
    assert all(issue.message for issue in wrong.issues)
    with Panproto.load() as pp:
        assert pp.to_json(old, pp.parse_json(old, text)) == text  # type: ignore[arg-type]


def test_what_is_not_decided_is_not_valid() -> None:
    schema = Schema.from_json_schema({"type": ["null", "string"], "not": {"type": "null"}})
    for record in (None, '"a"'):
        found = Instance.from_json(schema, record).validate()
        assert not found
        assert [(issue.type, issue.validity) for issue in found.issues] == [("keyword-unmodelled", "unknown")]
    wrong = Instance.from_json(schema, 1).validate()
    assert [issue.validity for issue in wrong.issues] == ["invalid"]


def test_formats_restrict_where_the_caller_says_so() -> None:
    document = {"type": "object", "properties": {"on": {"type": "string", "format": "date"}}}
    plain = Schema.from_json_schema({"type": "object", "properties": {"on": {"type": "string"}}})
    noted, asserted = (Schema.from_json_schema(document, assert_format=flag) for flag in (False, True))
    record = {"on": "tomorrow"}
    assert Instance.from_json(noted, record).validate()
    assert not Instance.from_json(asserted, record).validate()
    assert lens(plain, noted).lift(record) == record
    with pytest.raises(PanprotoError) as caught:
        lens(plain, asserted).lift(record)
    assert (caught.value.code, caught.value.path) == ("format-mismatch", "on")
    assert plain.diff(noted).verdict().backward.kind == "safe"
    verdict = plain.diff(asserted).verdict()
    assert (verdict.backward.kind, verdict.reading["format"]) == ("breaks", "assert")
    assert noted.diff(asserted).verdict().backward.findings[0].witness is not None


def test_tables_graphs_and_queries(old: Schema) -> None:
    instance = Instance.from_json(old, RECORD)
    graph = instance.to_shape("graph")
    assert graph.shape == "graph"
    assert graph.to_shape("wtype").to_value() == RECORD
    tables = Instance.tables(old, [RECORD, RECORD])
    assert tables.shape == "functor"
    items = next(vertex["id"] for vertex in old.graph()["vertices"] if vertex["id"].endswith("items:items"))
    found = instance.query(items, where="value > 1")
    assert len(found) == 1
    assert len(instance.query(items, limit=1)) == 1


def test_formats(old: Schema) -> None:
    with Panproto.load() as pp, pp.io() as io:
        assert io.protocols
        name = io.protocols[0]
        assert io.has_protocol(name)
        assert not io.has_protocol("nothing")
        assert name in {one for names in io.categories.values() for one in names}
        text = json.dumps(RECORD, separators=(",", ":")).encode()
        instance = io.parse("atproto", old, text)  # type: ignore[arg-type]
        assert json.loads(io.emit("atproto", old, instance)) == RECORD  # type: ignore[arg-type]
        with pytest.raises(PanprotoError) as caught:
            io.parse("nothing", old, text)  # type: ignore[arg-type]
        assert caught.value.code == "unknown-protocol"
    with pytest.raises(PanprotoError):
        io.parse("atproto", old, text)  # type: ignore[arg-type]


def test_dry_runs(old: Schema, new: Schema, lens: Lens) -> None:
    records = [RECORD, {}, RECORD, b"{"]
    found = lens.coverage(records)
    assert (found.total, found.succeeded, found.failed) == (4, 2, 2)
    assert [failure.record for failure in found.failures] == [1, 3]
    assert not found
    assert lens.coverage([RECORD]).ratio == 1.0
    # A record that is no text, or none with content, is not passed over.
    for wrong in ({"text": float("nan")}, " "):
        with pytest.raises(PanprotoError) as caught:
            lens.coverage([RECORD, wrong])
        assert caught.value.record == 1
    with Panproto.load() as pp:
        compiled = panproto.CompiledMigration(lens, {"vertex_map": {}, "edge_map": [], "resolvers": []})
        report = MigrationAnalysis(pp).dry_run(compiled, [RECORD, {}], old, new)  # type: ignore[arg-type]
        assert (report["total_records"], report["successful"], report["coverage_ratio"]) == (2, 1, 0.5)
        assert report["failed"][0]["record_id"] == 1
        author = {"type": "object", "properties": {"name": STRING}}
        schema = Schema.from_lexicon("atproto", lexicon({"author": author}))
        handle = ProtolensChainHandle(chain.rename_field("author", "name", "title"))
        assert MigrationAnalysis(pp).optic_kind(handle, schema) == "iso"  # type: ignore[arg-type]


def versions() -> list[Schema]:
    return [Schema.from_lexicon("atproto", lexicon({name: STRING, "n": INTEGER})) for name in ("a", "b", "c")]


def test_migrations_compose_and_invert() -> None:
    one, two, three = versions()
    first, second = (Migration.between(*pair, hints=hint) for pair, hint in (
        ((one, two), {"a": "b"}), ((two, three), {"b": "c"})))  # fmt: skip
    both = first | second
    assert both.lens().lift({"a": "x", "n": 1}) == {"c": "x", "n": 1}
    assert both.invert().lens().lift({"c": "x", "n": 1}) == {"a": "x", "n": 1}
    assert both.lens().obstruction() == ()
    fused = (first.lens() | second.lens()).fuse()
    assert fused.stages == 1
    assert fused.lift({"a": "x"}) == {"c": "x"}
    drop = Migration.between(one, Schema.from_lexicon("atproto", lexicon({"n": INTEGER})), hints={"a": None})
    assert drop.lens().obstruction()
    with pytest.raises(PanprotoError):
        drop.invert()


def test_the_cheapest_route() -> None:
    one, two, three = versions()
    first, second = (Migration.between(*pair, hints=hint) for pair, hint in (
        ((one, two), {"a": "b"}), ((two, three), {"b": "c"})))  # fmt: skip
    graph = ConversionGraph().add("1", "2", first).add("2", "3", second.lens()).add("1", "3", cost=100.0)
    route = graph.path("1", "3")
    assert route.edges == (0, 1)
    assert graph.distance("3", "1") == float("inf")
    assert graph.lens("1", "3").lift({"a": "x"}) == {"c": "x"}
    with pytest.raises(PanprotoError) as caught:
        graph.path("3", "1")
    assert caught.value.code == "no-conversion-path"


def test_existence_and_composition_of_published_releases() -> None:
    with Panproto.load() as pp:

        def post(name: str) -> panproto.BuiltSchema:
            builder = pp.protocol("atproto").schema().vertex("post", "record", {"nsid": "app.bsky.feed.post"})
            builder = builder.vertex("post:body", "object").edge("post", "post:body", "record-schema")
            builder = builder.vertex(f"post:body.{name}", "string")
            return builder.edge("post:body", f"post:body.{name}", "prop", {"name": name}).build()

        def mapped(source: str, target: str) -> panproto.MigrationBuilder:
            builder = pp.migration(post(source), post(target)).map("post", "post").map("post:body", "post:body")
            builder = builder.map(f"post:body.{source}", f"post:body.{target}")
            edges = ({"src": "post:body", "tgt": f"post:body.{name}", "kind": "prop", "name": name}
                     for name in (source, target))  # fmt: skip
            return builder.map_edge(*edges)  # type: ignore[arg-type]

        good = mapped("a", "b")
        assert pp.check_existence(post("a"), post("b"), good) == {"valid": True, "errors": []}
        bad = good.map("post:body.a", "post:body.nothing")
        report = check_existence(post("a"), post("b"), bad.to_spec())
        assert not report["valid"]
        assert {"kind", "message", "detail"} == report["errors"][0].keys()
        both = pp.compose(good.compile(), mapped("b", "c").compile())
        assert both.lift({"a": "x"}) == {"data": {"c": "x"}}
        assert both.spec["vertex_map"]["post:body.a"] == "post:body.c"
        assert compose_migrations(good.compile(), mapped("b", "c").compile()).spec == both.spec
        assert good.invert()["vertex_map"]["post:body.b"] == "post:body.a"
        with pytest.raises(panproto.MigrationError):
            pp.migration(post("a"), post("b")).map("post", "post").invert()


def test_chains_of_schemas(old: Schema) -> None:
    one, two, _ = versions()
    found = chain.between(one, two, hints={"a": "b"})
    assert found.exact
    assert found.chain.lens(one).lift({"a": "x"}) == {"b": "x"}
    assert chain.of_migration(Migration.between(one, two, hints={"a": "b"})).chain == found.chain
    more = Schema.from_lexicon("atproto", lexicon({"a": STRING, "n": INTEGER, "z": STRING}))
    with Panproto.load() as pp:
        handle = pp.protolens_chain(one, more)  # type: ignore[arg-type]
        assert handle.instantiate(one).get(b'{"a":"x"}')["view"] == {"a": "x"}
        needed = Schema.from_lexicon("atproto", lexicon({"b": STRING}, ["b"]))
        with pytest.raises(PanprotoError) as caught:
            pp.protolens_chain(one, needed)  # type: ignore[arg-type]
        assert (caught.value.code, caught.value.path) == ("migration-undecided", "b")
    assert chain.between(one, needed).questions[0].path == "b"
    given = ProtolensChainHandle(chain.add_field("", "b", "string", required=True))
    needs = given.requirements(one).forward_defaults  # type: ignore[arg-type]
    assert [(one.element_kind, one.suggested_default) for one in needs] == [("string", None)]
    with pytest.raises(PanprotoError):
        given.instantiate(one)


def test_symmetric_lenses() -> None:
    left = Schema.from_lexicon("atproto", lexicon({"name": STRING, "age": INTEGER}))
    right = Schema.from_lexicon("atproto", lexicon({"name": STRING, "mail": STRING}))
    s = SymmetricLens.between(left, right)
    assert s.unshared_left == ("age",)
    assert s.unshared_right == ("mail",)
    record, state = s.to_right({"name": "a", "age": 3}, other={"name": "b", "mail": "m"})
    assert record == {"name": "a", "mail": "m"}
    record["name"] = "c"
    assert s.to_left(record, state=state).record == {"name": "c", "age": 3}
    assert pickle.loads(pickle.dumps(s)) == s
    with SymmetricLensHandle.from_schemas(left, right) as handle:
        got = handle.sync_left_to_right(b'{"name":"a","age":3}', b"")
        assert got["view"] == {"name": "a"}
        back = handle.sync_right_to_left(b'{"name":"z"}', got["complement"])
        assert back["view"] == {"name": "z", "age": 3}


def test_schemas_carry_expressions_that_migrations_use() -> None:
    old = Schema.from_json_schema({"type": "object", "properties": {"a": {"type": "string"}}})
    target = {"type": "object", "required": ["b"], "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    new = panproto.BuiltSchema.from_json_schema(target)
    vertex = next(field.vertex for field in new.fields() if field.name == "b")
    empty = SchemaEnrichment(new)  # type: ignore[arg-type]
    rich = empty.add_default(vertex, ExprBuilder.lit({"type": "str", "value": "x"}))
    assert rich.list_enrichments()["defaults"] == [{"vertex": vertex, "expr": {"type": "lit", "value": {
        "type": "str", "value": "x"}}}]  # fmt: skip
    assert empty.list_enrichments()["defaults"] == []
    assert rich.remove_default(vertex).list_enrichments() == empty.list_enrichments()
    assert Migration.between(old, new).questions
    assert Migration.between(old, rich.build()).lens().lift({"a": "1"}) == {"a": "1", "b": "x"}
    policies = empty.add_policy("string", {"type": "keep_left"}).add_coercion(
        "string", "integer", ExprBuilder.builtin("StrToInt", ExprBuilder.var_("v"))
    )
    assert len(policies.list_enrichments()["coercions"]) == 1
    assert policies.remove_coercion("string", "integer").list_enrichments()["coercions"] == []
    assert policies.build() != new
    with pytest.raises(PanprotoError) as caught:
        empty.add_default("nothing", ExprBuilder.lit({"type": "null"})).build()
    assert caught.value.code == "unknown-vertex"


def test_declarations_compute(old: Schema) -> None:
    names = Schema.from_lexicon("atproto", lexicon({"first": STRING, "last": STRING}))
    whole = Schema.from_lexicon("atproto", lexicon({"name": STRING}))
    migration = Migration.compile(
        {
            "source": names,
            "target": whole,
            "fields": {"name": {"from": ["first", "last"], "expr": 'first ++ " " ++ last'}},
        }
    )
    assert migration.lens().lift({"first": "Ada", "last": "Lovelace"}) == {"name": "Ada Lovelace"}
    with pytest.raises(PanprotoTypeCheckError) as caught:
        Migration.compile(
            {"source": names, "target": whole, "fields": {"name": {"from": ["first"], "expr": "first + 1"}}}
        )
    assert caught.value.path
    assert caught.value.help or caught.value.span


def test_verdicts_know_what_a_migration_repairs(old: Schema, new: Schema) -> None:
    migration = Migration.between(old, new, hints=HINTS, defaults=DEFAULTS)
    findings = old.diff(new).verdict(migration=migration).backward.findings
    assert findings
    assert all(finding.repaired_by_migration is not None for finding in findings)
    assert all(finding.repaired_by_migration is None for finding in old.diff(new).verdict().backward.findings)
    assert OLD
