"""The engine as a native extension: over the same boundary as the module (bytes), and by values (pythonize)."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from importlib import metadata
from typing import Any

import msgpack
import panproto_bench_native as native
from process import fresh
from serve import Data, Ready, check, held, serve

OPERATIONS = {"lift": 1, "get": 2, "put": 3, "create": 4}
ONE, LINES, MSGPACK = 0, 1, 4


class Engine:
    """A session and the open lens of a pair of schemas."""

    def __init__(self, schemas: dict[str, Any] | None = None) -> None:
        self.session = native.Session()
        self.handle = (0, 0)
        if schemas is not None:
            old, new = self.pair(schemas)
            migration = self.call("migration.between", old=old, new=new, hints=schemas["hints"])["digest"]
            lens = self.call("lens.build", migration=migration)["digest"]
            opened = self.call("lens.open", lens=lens)
            self.handle = (opened["slot"], opened["generation"])

    def pair(self, schemas: dict[str, Any]) -> tuple[bytes, bytes]:
        old, new = (
            self.call("schema.parse", language="atproto", documents=schemas[side])["digest"] for side in ("old", "new")
        )
        return old, new

    def call(self, operation: str, **arguments: Any) -> Any:
        status, answer = self.session.call(msgpack.packb({"op": operation, **arguments}))
        if status != 0:
            raise RuntimeError(f"{operation}: {msgpack.unpackb(answer)}")
        return msgpack.unpackb(answer)

    def run(self, operation: str, data: bytes, flags: int) -> tuple[bytes, bytes]:
        status, first, second, _ = self.session.run(OPERATIONS[operation], *self.handle, flags, data)
        if status != 0:
            raise RuntimeError(f"{operation}: {msgpack.unpackb(first)}")
        return first, second


class Extension:
    """Benchmarks by their ids."""

    def __init__(self, data: Data) -> None:
        self.data = data

    def __call__(self, id: str) -> Ready | None:
        group, *rest = id.split(".")
        match group, rest:
            case (("w1" | "w2" | "w3"), [("encode" | "decode") as direction, form]):
                return self.codec(group, direction, form)
            case (("w1" | "w2" | "w3"), [operation, how, form]):
                return self.workload(group, operation, how, form)
            case "call", ["export"]:
                return Ready(thousand(native.abi), 1000)
            case "call", ["empty"]:
                run = native.Session().run
                return Ready(thousand(lambda: run(0, 0, 0, LINES, b"")), 1000)
            case "copy", [direction, size]:
                return copy(direction, int(size))
            case "array", [items, operation]:
                record = self.data.read(f"array-{items}.ndjson").strip()
                return self.records("w3", operation, ONE, [record], int(items))
            case "schema", [operation, name]:
                return self.schema(operation, name)
            case "threads", [count]:
                return self.threads(int(count))
            case "memory", [_, workload]:
                facts = fresh(os.path.abspath(__file__), self.data, workload)
                ready = self.records(workload, "put", ONE, self.data.lines(workload), None)
                ready.facts = facts
                return ready
            case _:
                return None

    def workload(self, workload: str, operation: str, how: str, form: str) -> Ready | None:
        lines = self.data.lines(workload)
        match how, form:
            case "batch", "bytes":
                data = b"".join(line + b"\n" for line in lines)
                return self.records(workload, operation, LINES, [data], len(lines))
            case "record", "bytes":
                return self.records(workload, operation, ONE, lines, None)
            case "batch", "msgpack":
                packed = b"".join(msgpack.packb(json.loads(line)) for line in lines)
                return self.records(workload, operation, MSGPACK, [packed], len(lines))
            case "record", "values":
                return self.values(workload, operation, lines)
            case _:
                return None

    def records(self, workload: str, operation: str, flags: int, inputs: list[bytes], units: int | None) -> Ready:
        engine = Engine(self.data.schemas(workload))
        got = [engine.run("get", data, flags) for data in inputs]
        if flags == LINES:
            views = [json.loads(line) for view, _ in got for line in view.splitlines()]
            check(workload, views, self.data.expected(workload))
        put = [len(complement).to_bytes(4, "little") + complement + view for view, complement in got]
        if flags != MSGPACK and [engine.run("put", data, flags)[0] for data in put] != inputs:
            raise AssertionError(f"{workload}: what is put back is not the records")
        given = {"put": put, "create": [view for view, _ in got]}.get(operation, inputs)
        code, session, (slot, generation) = OPERATIONS[operation], engine.session, engine.handle

        def run() -> None:
            for data in given:
                session.run(code, slot, generation, flags, data)

        output = sum(len(engine.run(operation, data, flags)[0]) for data in given)
        return Ready(run, units or len(given), sum(map(len, given)), output)

    def values(self, workload: str, operation: str, lines: list[bytes]) -> Ready:
        engine = Engine(self.data.schemas(workload))
        session, handle = engine.session, engine.handle
        inputs = [json.loads(line) for line in lines]
        got = [session.get(*handle, value) for value in inputs]
        check(workload, [session.lift(*handle, value) for value in inputs], self.data.expected(workload))
        check(workload, [session.put(*handle, view, complement) for view, complement in got], inputs)
        slot, generation = handle
        run: dict[str, Callable[[], None]] = {
            "lift": every(lambda value: session.lift(slot, generation, value), inputs),
            "get": every(lambda value: session.get(slot, generation, value), inputs),
            "put": every(lambda pair: session.put(slot, generation, pair[0], pair[1]), got),
            "create": every(lambda pair: session.create(slot, generation, pair[0]), got),
        }
        return Ready(run[operation], len(inputs))

    def codec(self, workload: str, direction: str, form: str) -> Ready | None:
        lines = self.data.lines(workload)
        values = [json.loads(line) for line in lines]
        size = sum(map(len, lines))
        if form == "json":
            # As somebody writes it who has only the standard library.
            encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
            if direction == "encode":
                return Ready(every(lambda value: encode(value).encode(), values), len(values), size)
            return Ready(every(json.loads, lines), len(values), size)
        if form != "live":
            return None
        session = native.Session()
        check(workload, [session.make(line) for line in lines], values)
        if direction == "encode":
            return Ready(every(session.read, values), len(values), size)
        return Ready(every(session.make, lines), len(values), size)

    def schema(self, operation: str, name: str) -> Ready | None:
        schemas = self.data.schemas(f"flat-{name}" if name.isdigit() else name)
        engine = Engine()
        old, new = engine.pair(schemas)
        run: dict[str, Callable[[], object]] = {
            "parse": lambda: engine.call("schema.parse", language="atproto", documents=schemas["old"]),
            "diff": lambda: engine.call("diff", old=old, new=new),
            "verdict": lambda: engine.call("verdict", old=old, new=new),
            "migrate": lambda: engine.call("migration.between", old=old, new=new, hints=schemas["hints"]),
        }
        return Ready(run[operation], 1, sum(map(len, schemas["old"])))

    def threads(self, count: int) -> Ready:
        data = b"".join(line + b"\n" for line in self.data.lines("w1"))
        engines = [Engine(self.data.schemas("w1")) for _ in range(count)]
        times = 4

        def work(engine: Engine) -> None:
            for _ in range(times):
                engine.run("lift", data, LINES)

        def run() -> None:
            threads = [threading.Thread(target=work, args=(engine,)) for engine in engines]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        return Ready(run, times * count * data.count(b"\n"), len(data) * times * count)


def every(one: Callable[[Any], object], inputs: list[Any]) -> Callable[[], None]:
    def run() -> None:
        for value in inputs:
            one(value)

    return run


def thousand(one: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        for _ in range(1000):
            one()

    return run


def copy(direction: str, size: int) -> Ready:
    session, data = native.Session(), b"\x07" * size
    session.copy_in(data)
    return Ready(lambda: session.copy_in(data) if direction == "in" else session.copy_out(size), 1, size)


def hold(data: Data, workload: str) -> dict[str, int]:
    """What views and complements of so many records take of resident memory, in this process."""
    engine = Engine(data.schemas(workload))
    lines = data.read(f"{workload}.ndjson").splitlines()
    engine.run("get", lines[0], ONE)
    before = held()
    kept = [engine.run("get", line, ONE) for line in lines]
    content = sum(len(view) + len(complement) for view, complement in kept)
    grown = held() - before
    return {"records": len(kept), "held_bytes": grown // len(kept), "content_bytes": content // len(kept)}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["hold", request, workload]:
            print(json.dumps(hold(Data(json.loads(request)), workload)))
        case _:
            serve(Extension, {"python": sys.version.split()[0], "msgpack": metadata.version("msgpack")})
