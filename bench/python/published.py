"""The published native package, in a process of its own: it has our import name.

Its own search gives no right output for the workloads, so the mappings are written by hand, vertex by vertex and edge
by edge; then an instance is parsed, moved and printed. It never fills an added default: the expected output is compared
without them, so it does a little less work than everybody else.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from importlib import metadata
from typing import Any

import orjson
from serve import Data, Ready, TooLong, check, held, serve

import panproto

# Records of a batch: it takes dozens of times as long as others.
FEWER = 10
# Old vertices to new ones, behind the id of the record; nothing for what is dropped.
MOVES: dict[str, dict[str, str | None]] = {
    "w1": {
        "text": "body",
        "createdAt": "publishedAt",
        "sensitive": None,
        "stats": None,
        "stats.likeCount": "likeCount",
    },
    "w2": {"f00": "g00", "f03": "g03", "f02": None},
    "w3": {"title": "heading", "rev": None, "items:items.value": "items:items.amount", "items:items.flag": None},
}
DEFAULTS = {"w1": {"visibility": "public"}, "w2": {"extra": "x"}, "w3": {}}


class Published:
    """Benchmarks by their ids."""

    def __init__(self, data: Data) -> None:
        self.data = data

    def __call__(self, id: str) -> Ready | None:
        group, *rest = id.split(".")
        match group, rest:
            case (("w1" | "w2" | "w3"), [operation, how, form]):
                return self.workload(group, operation, how, form)
            case "array", [items, operation]:
                return self.array(int(items), operation)
            case "schema", [operation, name]:
                return self.schema(operation, name)
            case "threads", [count]:
                return self.threads(int(count))
            case "memory", [_, workload]:
                return self.held(workload)
            case "start", [what]:
                return self.start(what)
            case _:
                return None

    def compiled(self, workload: str) -> tuple[Any, Any, Any, str]:
        schemas = self.data.schemas(workload)
        old, new = (panproto.parse_atproto_lexicon(schemas[side][0]) for side in ("old", "new"))
        record = json.loads(schemas["old"][0])["id"]
        spec = mapping(old, new, record, MOVES[workload])
        return panproto.compile_migration(panproto.Migration.from_dict(spec), old, new), old, new, record

    def workload(self, workload: str, operation: str, how: str, form: str) -> Ready | None:
        compiled, old, _, record = self.compiled(workload)
        body = f"{record}:body"
        lines = self.data.lines(workload)
        lines = [line.decode() for line in lines[: max(1, len(lines) // FEWER)]]
        expected = [without(value, DEFAULTS[workload]) for value in self.data.expected(workload)[: len(lines)]]
        read = panproto.Instance.from_json

        def lift(text: str) -> str:
            return compiled.lift(read(old, body, text)).to_json()

        def get(text: str) -> tuple[str, Any]:
            view, complement = compiled.get(read(old, body, text))
            return view.to_json(), complement

        def lift_value(value: Any) -> Any:
            return orjson.loads(lift(orjson.dumps(value).decode()))

        units, size = len(lines), sum(len(line.encode()) for line in lines)
        check(workload, [json.loads(lift(line)) for line in lines], expected)
        match operation, how, form:
            case "lift", "batch", "bytes":
                return Ready(every(lift, lines), units, size)
            case "get", "batch", "bytes":
                check(workload, [json.loads(get(line)[0]) for line in lines], expected)
                return Ready(every(get, lines), units, size)
            case "put", "batch", "bytes":
                # Its views survive no JSON text; what it got is put back as it is.
                pairs = [compiled.get(read(old, body, line)) for line in lines]

                def put(pair: Any) -> str:
                    return compiled.put(*pair).to_json()

                check(workload, [json.loads(put(pair)) for pair in pairs], [json.loads(line) for line in lines])
                return Ready(every(put, pairs), units, size)
            case "lift", "record", "values":
                values = [json.loads(line) for line in lines]
                check(workload, [lift_value(value) for value in values], expected)
                return Ready(every(lift_value, values), units, size)
            case _:
                return None

    def array(self, items: int, operation: str) -> Ready | None:
        if items > 1000:
            raise TooLong("its time grows with the square of the length: 10,000 items take seconds")
        compiled, old, _, record = self.compiled("w3")
        body, text = f"{record}:body", self.data.read(f"array-{items}.ndjson").decode().strip()
        read = panproto.Instance.from_json
        view, complement = compiled.get(read(old, body, text))
        run: dict[str, Callable[[], object]] = {
            "lift": lambda: compiled.lift(read(old, body, text)).to_json(),
            "get": lambda: compiled.get(read(old, body, text))[0].to_json(),
            "put": lambda: compiled.put(view, complement).to_json(),
        }
        return Ready(run[operation], items, len(text))

    def schema(self, operation: str, name: str) -> Ready | None:
        if not name.isdigit() or (operation == "migrate" and int(name) > 1000):
            return None
        schemas = self.data.schemas(f"flat-{name}")
        text = schemas["old"][0]
        old, new = (panproto.parse_atproto_lexicon(schemas[side][0]) for side in ("old", "new"))
        protocol = panproto.get_builtin_protocol("atproto")
        run: dict[str, Callable[[], object]] = {
            "parse": lambda: panproto.parse_atproto_lexicon(text),
            "diff": lambda: panproto.diff_schemas(old, new),
            "verdict": lambda: panproto.diff_and_classify(old, new, protocol),
            # Only this level lets a member go away.
            "migrate": lambda: panproto.auto_generate_lens(old, new, protocol, "lenient"),
        }
        return Ready(run[operation], 1, len(text), None, {"vertices": old.vertex_count})

    def threads(self, count: int) -> Ready:
        compiled, old, _, record = self.compiled("w1")
        body = f"{record}:body"
        lines = [line.decode() for line in self.data.lines("w1")[:200]]

        def work() -> None:
            for line in lines:
                compiled.lift(panproto.Instance.from_json(old, body, line)).to_json()

        def run() -> None:
            threads = [threading.Thread(target=work) for _ in range(count)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        return Ready(run, count * len(lines), count * sum(map(len, lines)))

    def held(self, workload: str) -> Ready:
        from process import fresh

        facts = fresh(__file__, self.data, workload)
        compiled, old, _, record = self.compiled(workload)
        text = self.data.lines(workload)[0].decode()
        pair = compiled.get(panproto.Instance.from_json(old, f"{record}:body", text))
        return Ready(lambda: compiled.put(*pair), 1, 0, None, facts)

    def start(self, what: str) -> Ready | None:
        from process import process

        if what == "import":
            return Ready(process(["-c", "import panproto"]), 1)
        if what == "cold":
            return Ready(process([__file__, "start", str(self.data.folder)]), 1)
        return None


def mapping(old: Any, new: Any, record: str, moves: dict[str, str | None]) -> dict[str, Any]:
    """The migration of published releases that these moves stand for."""
    body = f"{record}:body"
    there = {vertex.id for vertex in new.vertices}
    vertices: dict[str, str] = {}
    for vertex in old.vertices:
        name = vertex.id.removeprefix(f"{body}.")
        target = moves.get(name, name)
        if target is not None:
            found = vertex.id if vertex.id in (body, record) else f"{body}.{target}"
            if found not in there:
                raise AssertionError(f"`{vertex.id}` has no place in the new schema")
            vertices[vertex.id] = found

    def plain(edge: Any) -> dict[str, Any]:
        return {"src": edge.src, "tgt": edge.tgt, "kind": edge.kind, "name": edge.name}

    ends = {(edge.src, edge.tgt): edge for edge in new.edges}
    edges = [
        [plain(edge), plain(ends[pair])]
        for edge in old.edges
        if (pair := (vertices.get(edge.src), vertices.get(edge.tgt))) in ends
    ]
    empty: dict[str, Any] = {
        "hyper_edge_map": {},
        "label_map": [],
        "resolver": [],
        "hyper_resolver": [],
        "expr_resolvers": [],
    }
    return {"vertex_map": vertices, "edge_map": edges, **empty}


def without(value: Any, defaults: dict[str, Any]) -> Any:
    return {key: inner for key, inner in value.items() if key not in defaults}


def every(one: Callable[[Any], object], inputs: list[Any]) -> Callable[[], None]:
    def run() -> None:
        for value in inputs:
            one(value)

    return run


def hold(data: Data, workload: str) -> dict[str, int]:
    """What views and complements of so many records take of resident memory, in this process."""
    compiled, old, _, record = Published(data).compiled(workload)
    body = f"{record}:body"
    lines = data.read(f"{workload}.ndjson").decode().splitlines()
    compiled.get(panproto.Instance.from_json(old, body, lines[0]))
    before = held()
    kept = [compiled.get(panproto.Instance.from_json(old, body, line)) for line in lines]
    return {"records": len(kept), "held_bytes": (held() - before) // len(kept)}


def first(folder: str) -> None:
    """From nothing to the first converted record."""
    data = Data({"data": folder, "records": {"w1": 1}, "stream": 1})
    compiled, old, _, record = Published(data).compiled("w1")
    text = data.lines("w1")[0].decode()
    print(compiled.lift(panproto.Instance.from_json(old, f"{record}:body", text)).to_json())


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["start", folder]:
            first(folder)
        case ["hold", request, workload]:
            print(json.dumps(hold(Data(json.loads(request)), workload)))
        case _:
            serve(
                Published,
                {
                    "python": sys.version.split()[0],
                    "panproto": metadata.version("panproto"),
                    "orjson": metadata.version("orjson"),
                },
            )
