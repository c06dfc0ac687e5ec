"""The package for Python: the module under wasmtime."""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

import msgpack
import wasmtime
from process import fresh, process
from serve import Data, Ready, check, held, resident, serve

import panproto_wasm as panproto
from panproto_wasm import _engine, _session, _values
from panproto_wasm._instance import Instance
from panproto_wasm._streams import Stream

PIECE = 64 << 10
LIFT, LINES = 1, 1


class Package:
    """Benchmarks by their ids."""

    def __init__(self, data: Data) -> None:
        # What is measured is the code that stays, not the one of the first seconds.
        if not panproto.prepare():
            raise AssertionError("there is no optimised code")
        self.data = data
        self.lenses: dict[str, panproto.Lens] = {}
        self.checked: set[str] = set()

    def __call__(self, id: str) -> Ready | None:
        group, *rest = id.split(".")
        match group:
            case "w1" | "w2" | "w3":
                return self.workload(group, *rest)
            case "call":
                return bare() if rest == ["export"] else self.empty()
            case "copy":
                return copy(rest[0], int(rest[1]))
            case "stream":
                return self.stream()
            case "schema":
                return self.schema(*rest)
            case "array":
                return self.array(int(rest[0]), rest[1])
            case "threads":
                return self.threads(int(rest[0]))
            case "memory":
                return self.held(rest[1])
            case "start":
                return self.start(rest[0])
            case _:
                return None

    def once(self, way: str) -> bool:
        """Whether this way of converting is to be checked: before it is timed for the first time."""
        fresh = way not in self.checked
        self.checked.add(way)
        return fresh

    def lens(self, name: str) -> panproto.Lens:
        found = self.lenses.get(name)
        if found is None:
            schemas = self.data.schemas(name)
            old, new = (panproto.Schema.parse("atproto", schemas[side]) for side in ("old", "new"))
            found = self.lenses[name] = panproto.Migration.between(old, new, hints=schemas["hints"]).lens()
        return found

    def workload(self, workload: str, operation: str, how: str, form: str = "") -> Ready | None:
        if operation in ("encode", "decode"):
            return self.codec(workload, operation, how)
        lines, lens = self.data.lines(workload), self.lens(workload)
        size, units = sum(map(len, lines)), len(lines)
        match how, form:
            case "batch", "bytes":
                return self.batch(workload, lens, operation, lines)
            case "record", "bytes":
                return self.each(workload, lens, operation, lines)
            case "record", "values":
                return self.each(workload, lens, operation, self.data.values(workload))
            case "batch", "values":
                records = self.data.values(workload)
                check(workload, list(lens.convert(records)), self.data.expected(workload))

                def iterated() -> None:
                    for _ in lens.convert(records):
                        pass

                return Ready(iterated, units, size)
            case "batch", "msgpack":
                packed = b"".join(msgpack.packb(json.loads(line)) for line in lines)
                unpacker = msgpack.Unpacker()
                unpacker.feed(lens.lift_msgpack(packed))
                check(workload, list(unpacker), self.data.expected(workload))
                return Ready(lambda: lens.lift_msgpack(packed), units, len(packed), len(lens.lift_msgpack(packed)))
            case "record", "msgpack":
                values = self.data.values(workload)

                def one(value: Any) -> Any:
                    return msgpack.unpackb(lens.lift_msgpack(msgpack.packb(value)))

                check(workload, [one(value) for value in values], self.data.expected(workload))
                return Ready(every(one, values), units, size)
            case _:
                return None

    def batch(self, workload: str, lens: panproto.Lens, operation: str, lines: list[bytes]) -> Ready | None:
        data = b"".join(line + b"\n" for line in lines)
        views, complements = lens.get_ndjson(data)
        if self.once(f"{workload}.batch"):
            check(
                workload,
                [json.loads(view) for view in lens.lift_ndjson(data).splitlines()],
                self.data.expected(workload),
            )
            if lens.put_ndjson(views, complements) != data:
                raise AssertionError(f"{workload}: what is put back is not the records")
        facts = {"view_bytes": len(views), "complement_bytes": len(complements)}
        units = len(lines)
        match operation:
            case "lift":
                return Ready(lambda: lens.lift_ndjson(data), units, len(data), len(views))
            case "get":
                return Ready(lambda: lens.get_ndjson(data), units, len(data), len(views), facts)
            case "put":
                size = len(views) + len(complements)
                return Ready(lambda: lens.put_ndjson(views, complements), units, size, len(data), facts)
            case "create":
                made = lens.create_ndjson(views)
                return Ready(lambda: lens.create_ndjson(views), units, len(views), len(made))
            case _:
                return None

    def each(
        self,
        workload: str,
        lens: panproto.Lens,
        operation: str,
        records: list[Any],
        facts: dict[str, Any] | None = None,
    ) -> Ready | None:
        def plain(record: Any) -> Any:
            return json.loads(record) if isinstance(record, bytes) else record

        got = [lens.get(record) for record in records]
        if self.once(f"{workload}.{type(records[0])}"):
            check(workload, [plain(lens.lift(record)) for record in records], self.data.expected(workload))
            check(workload, [plain(lens.put(view, complement)) for view, complement in got], [*map(plain, records)])
        units = len(records)
        size = sum(map(len, records)) if isinstance(records[0], bytes) else 0
        match operation:
            case "lift":
                return Ready(every(lens.lift, records), units, size)
            case "get":
                return Ready(every(lens.get, records), units, size)
            case "put":
                return Ready(every(lambda pair: lens.put(pair[0], pair[1]), got), units, size, None, facts)
            case "create":
                return Ready(every(lambda pair: lens.create(pair[0]), got), units, size)
            case _:
                return None

    def codec(self, workload: str, direction: str, form: str) -> Ready | None:
        values = self.data.values(workload)
        pairs: dict[str, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]] = {
            "json": (_values.encode, _values.decode),
            "msgpack": (msgpack.packb, msgpack.unpackb),
        }
        if form not in pairs:
            return None
        encode, decode = pairs[form]
        encoded = [encode(value) for value in values]
        check(workload, [decode(text) for text in encoded], values)
        size = sum(map(len, encoded))
        if direction == "encode":
            return Ready(every(encode, values), len(values), size)
        return Ready(every(decode, encoded), len(values), size)

    def empty(self) -> Ready:
        lens, run = self.lens("w1"), _session.run

        def calls() -> None:
            for _ in range(1000):
                run(lens, 0, b"", LINES)

        return Ready(calls, 1000)

    def stream(self) -> Ready:
        lens, data = self.lens("w1"), self.data.read("w1.ndjson")
        lines = data.count(b"\n")
        passes = max(1, self.data.stream // lines)
        facts: dict[str, Any] = {"memory": []}

        def run() -> int:
            out = 0
            facts["memory"] = []
            stream = Stream(lens, LIFT, "lines", "raise", None)
            for done in range(1, passes + 1):
                for at in range(0, len(data), PIECE):
                    out += len(stream.feed(data[at : at + PIECE]))
                if passes <= 20 or done % (passes // 20) == 0:
                    facts["memory"].append({"records": done * lines, "resident": resident()})
            return out + len(stream.finish())

        return Ready(run, lines * passes, len(data) * passes, None, facts)

    def schema(self, operation: str, name: str) -> Ready:
        schemas = self.data.schemas(f"flat-{name}" if name.isdigit() else name)
        old, new = (panproto.Schema.parse("atproto", schemas[side]) for side in ("old", "new"))
        diff = old.diff(new)
        run: dict[str, Callable[[], object]] = {
            "parse": lambda: panproto.Schema.parse("atproto", schemas["old"]),
            "diff": lambda: old.diff(new),
            "verdict": diff.verdict,
            "migrate": lambda: panproto.Migration.between(old, new, hints=schemas["hints"]),
        }
        return Ready(run[operation], 1, sum(map(len, schemas["old"])))

    def array(self, items: int, operation: str) -> Ready:
        lens, record = self.lens("w3"), self.data.read(f"array-{items}.ndjson").strip()
        view, complement = lens.get(record)
        if lens.put(view, complement) != record:
            raise AssertionError("what is put back is not the record")
        run: dict[str, Callable[[], object]] = {
            "lift": lambda: lens.lift(record),
            "get": lambda: lens.get(record),
            "put": lambda: lens.put(view, complement),
        }
        return Ready(run[operation], items, len(record))

    def threads(self, count: int) -> Ready:
        lens = self.lens("w1")
        data = b"".join(line + b"\n" for line in self.data.lines("w1"))
        times = 4

        def work() -> None:
            for _ in range(times):
                lens.lift_ndjson(data)

        return Ready(at_once(work, count), times * count * data.count(b"\n"), len(data) * times * count)

    def held(self, workload: str) -> Ready:
        facts = fresh(os.path.abspath(__file__), self.data, workload)
        lines = self.data.lines(workload)
        return self.each(workload, self.lens(workload), "put", lines, facts) or Ready(list, 1)

    def start(self, what: str) -> Ready | None:
        first = os.path.join(os.path.dirname(os.path.abspath(__file__)), "start.py")
        folder = str(self.data.folder)
        match what:
            case "cold":
                empty = EmptyCache()
                return Ready(process([first, folder], PANPROTO_CACHE_DIR=empty.place), 1, after=empty.again)
            case "cached":
                run = process([first, folder])
                run()
                return Ready(run, 1)
            case "import":
                return Ready(process(["-c", "import panproto"]), 1)
            case "compile":
                return Ready(compiled, 1, os.path.getsize(_engine.MODULE))
            case "load":
                _engine.runtime()
                return Ready(loaded, 1)
            case _:
                return None


class EmptyCache:
    """A cache where nothing is, beside the one that is used."""

    def __init__(self) -> None:
        self.place = tempfile.mkdtemp(prefix="empty-", dir=os.environ.get("PANPROTO_CACHE_DIR"))
        atexit.register(shutil.rmtree, self.place, ignore_errors=True)

    def again(self) -> None:
        """Empties it, when the process that compiles on has ended: it would take processors from what is measured."""
        end = time.monotonic() + 300
        while any(name.endswith(".busy") for name in os.listdir(self.place)):
            if time.monotonic() > end:
                raise TimeoutError("the process that compiles on does not end")
            time.sleep(0.01)
        for name in os.listdir(self.place):
            os.unlink(os.path.join(self.place, name))


def every(one: Callable[[Any], object], inputs: list[Any]) -> Callable[[], None]:
    def run() -> None:
        for value in inputs:
            one(value)

    return run


def at_once(work: Callable[[], None], count: int) -> Callable[[], None]:
    def run() -> None:
        threads = [threading.Thread(target=work) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


def bare() -> Ready:
    """An export of the module, with nothing in between."""
    runtime = _engine.runtime()
    store = wasmtime.Store(runtime.engine)
    exports: Any = runtime.prepared.instantiate(store).exports(store)
    call = runtime.bind(store, exports["pp_abi"], 0)

    def calls() -> None:
        for _ in range(1000):
            call()

    return Ready(calls, 1000)


def copy(direction: str, size: int) -> Ready:
    """The copy alone: as the package makes it."""
    instance: Any = Instance()
    data = b"\x07" * size
    if direction == "in":
        return Ready(lambda: instance.run(0, 0, 0, LINES, data), 1, size)
    place = instance._base + instance._reserve(max(size, 1))

    def out(_owner: Instance = instance) -> bytes:
        return ctypes.string_at(place, size)

    return Ready(out, 1, size)


def compiled() -> None:
    """The module compiled by one thread, and an instance: wasmtime alone, as the package sets it up."""
    config = wasmtime.Config()
    config.parallel_compilation = False
    config.memory_may_move = False
    engine = wasmtime.Engine(config)
    with open(_engine.MODULE, "rb") as file:
        module = wasmtime.Module(engine, file.read())
    linker = wasmtime.Linker(engine)
    linker.define_unknown_imports_as_traps(module)
    linker.instantiate(wasmtime.Store(engine), module)


def loaded() -> None:
    """Its compiled form read back, and an instance."""
    store = _engine.Runtime()
    store.prepared.instantiate(wasmtime.Store(store.engine))


def hold(data: Data, workload: str) -> dict[str, int]:
    """What views and complements of so many records take of resident memory, in this process."""
    lens = Package(data).lens(workload)
    # All that there are: what freed memory holds is not seen from outside.
    lines = data.read(f"{workload}.ndjson").splitlines()
    lens.get(lines[0])
    before = held()
    kept = [lens.get(line) for line in lines]
    grown = held() - before
    content = sum(len(view) + len(complement) for view, complement in kept)
    return {"records": len(kept), "held_bytes": grown // len(kept), "content_bytes": content // len(kept)}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["hold", request, workload]:
            print(json.dumps(hold(Data(json.loads(request)), workload)))
        case _:
            serve(
                Package,
                {
                    "python": sys.version.split()[0],
                    "wasmtime": metadata.version("wasmtime"),
                    "msgpack": metadata.version("msgpack"),
                },
            )
