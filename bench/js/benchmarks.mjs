// What is measured of the package for JavaScript, by its id: in Node and in the page.

import { Packr, Unpackr } from 'msgpackr';
import { check, joined, linesOf, value, values } from './data.mjs';

const NOOP = 0;
const LINES = 1;
const LIFT = 1;
const MSGPACK = 4;
const PIECE = 64 << 10;

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });

/** Prepares benchmarks over one loaded package. */
export class Benchmarks {
  #pp;
  #data;
  #host;
  #lenses = new Map();
  #checked = new Set();

  /** `host`: `{ module: bytes, live(): Promise<glue or null>, resident(): bytes or null, starts: {…}, codec: that of the package,
   *  used(): bytes of live objects }`. */
  constructor(pp, data, host) {
    this.#pp = pp;
    this.#data = data;
    this.#host = host;
  }

  /** The benchmark, or null where there is none of that name here. */
  async prepare(id) {
    const [group, ...rest] = id.split('.');
    if (/^w[123]$/.test(group)) return this.#workload(group, ...rest);
    switch (group) {
      case 'call':
        return rest[0] === 'export' ? this.#bare() : this.#empty();
      case 'copy':
        return this.#copy(rest[0], Number(rest[1]));
      case 'stream':
        return this.#stream();
      case 'schema':
        return this.#schema(rest[0], rest[1]);
      case 'array':
        return this.#array(Number(rest[0]), rest[1]);
      case 'memory':
        return this.#held(rest[1]);
      case 'start':
        return this.#start(rest[0]);
      case 'size':
        return this.#host.size?.() ?? null;
      default:
        return null;
    }
  }

  /** In a box: a lens has a method `then`, and promises would call it. */
  async #lens(name) {
    let lens = this.#lenses.get(name);
    if (lens === undefined) {
      const { old, new: next, hints } = await this.#data.schemas(name);
      const [before, after] = [old, next].map((documents) => this.#pp.parseSchema('atproto', documents));
      this.#lenses.set(name, (lens = this.#pp.migrate(before, after, { hints }).lens()));
    }
    return { lens };
  }

  /** Whether this way of converting is to be checked: before it is timed for the first time. */
  #once(way) {
    const fresh = !this.#checked.has(way);
    this.#checked.add(way);
    return fresh;
  }

  async #workload(workload, operation, how, form) {
    if (operation === 'encode' || operation === 'decode') return this.#codec(workload, operation, how);
    const records = await this.#data.lines(workload);
    const { lens } = await this.#lens(workload);
    switch (`${how}.${form}`) {
      case 'batch.bytes':
        return this.#batch(workload, lens, operation, records);
      case 'record.bytes':
        return this.#each(workload, lens, operation, records);
      case 'record.values':
        return this.#each(workload, lens, operation, records.map(value));
      case 'batch.values':
        return this.#iterated(workload, lens, records.map(value));
      case 'batch.msgpack': {
        const all = joined(records.map((record) => packr.pack(value(record)).slice()));
        check(workload, unpackr.unpackMultiple(lens._run(LIFT, MSGPACK, [all]).output), await this.#data.expected(workload));
        const run = () => lens._run(LIFT, MSGPACK, [all]).output;
        return { run, units: records.length, bytes: all.length, output_bytes: run().length };
      }
      case 'record.msgpack': {
        const inputs = records.map(value);
        const one = (record) => unpackr.unpack(lens._run(LIFT, MSGPACK, [packr.pack(record)]).output);
        check(workload, inputs.map(one), await this.#data.expected(workload));
        return { run: each(inputs, one), units: inputs.length, bytes: total(records) };
      }
      case 'record.live': {
        const live = await this.#live(workload);
        if (live === null) return null;
        const inputs = records.map(value);
        const one = (record) => live.lift(record);
        check(workload, inputs.map(one), await this.#data.expected(workload));
        return { run: each(inputs, one), units: inputs.length, bytes: total(records) };
      }
      default:
        return null;
    }
  }

  /** All records in one call of the package. */
  async #batch(workload, lens, operation, records) {
    const data = linesOf(records);
    const { views, complements } = lens.getNdjson(data);
    const once = this.#once(`${workload}.batch`);
    if (once) check(workload, values(lens.liftNdjson(data)), await this.#data.expected(workload));
    if (once && !same(lens.putNdjson(views, complements), data)) throw new Error(`${workload}: what is put back is not the records`);
    const facts = { view_bytes: views.length, complement_bytes: complements.length };
    const units = records.length;
    switch (operation) {
      case 'lift':
        return { run: () => lens.liftNdjson(data), units, bytes: data.length, output_bytes: views.length };
      case 'get':
        return { run: () => lens.getNdjson(data), units, bytes: data.length, output_bytes: views.length, facts };
      case 'put': {
        const bytes = views.length + complements.length;
        return { run: () => lens.putNdjson(views, complements), units, bytes, output_bytes: data.length, facts };
      }
      case 'create':
        return { run: () => lens.createNdjson(views), units, bytes: views.length, output_bytes: lens.createNdjson(views).length };
      default:
        return null;
    }
  }

  /** One call for each record, bytes or values. */
  async #each(workload, lens, operation, inputs) {
    const got = inputs.map((record) => lens.get(record));
    const plain = (one) => (one instanceof Uint8Array ? value(one) : one);
    if (this.#once(`${workload}.${inputs[0] instanceof Uint8Array}`)) {
      check(workload, inputs.map((record) => plain(lens.lift(record))), await this.#data.expected(workload));
      check(workload, got.map(({ view, complement }) => plain(lens.put(view, complement))), inputs.map(plain));
    }
    const units = inputs.length;
    const bytes = inputs[0] instanceof Uint8Array ? total(inputs) : 0;
    switch (operation) {
      case 'lift':
        return { run: each(inputs, (record) => lens.lift(record)), units, bytes };
      case 'get':
        return { run: each(inputs, (record) => lens.get(record)), units, bytes };
      case 'put':
        return { run: each(got, ({ view, complement }) => lens.put(view, complement)), units, bytes };
      case 'create':
        return { run: each(got, ({ view }) => lens.create(view)), units, bytes };
      default:
        return null;
    }
  }

  async #iterated(workload, lens, inputs) {
    const all = [];
    for await (const view of lens.convert(inputs)) all.push(view);
    check(workload, all, await this.#data.expected(workload));
    const run = async () => {
      let last;
      for await (const view of lens.convert(inputs)) last = view;
      return last;
    };
    return { run, asynchronous: true, units: inputs.length };
  }

  /** Host values to the form in which they cross, and back. */
  async #codec(workload, direction, form) {
    const texts = await this.#data.lines(workload);
    const inputs = texts.map(value);
    const units = inputs.length;
    if (form === 'live') {
      const live = await this.#live(workload);
      if (live === null) return null;
      if (direction === 'encode') {
        inputs.forEach((record) => live.read(record));
        return { run: each(inputs, (record) => live.read(record)), units, bytes: total(texts) };
      }
      check(workload, texts.map((text) => live.make(text)), inputs);
      return { run: each(texts, (text) => live.make(text)), units, bytes: total(texts) };
    }
    // JSON as the package writes and reads it.
    const encode = form === 'json' ? this.#host.codec.encode : (record) => packr.pack(record);
    const decode = form === 'json' ? this.#host.codec.decode : (bytes) => unpackr.unpack(bytes);
    const encoded = inputs.map((record) => encode(record).slice());
    check(workload, encoded.map(decode), inputs);
    const bytes = total(encoded);
    if (direction === 'encode') return { run: each(inputs, encode), units, bytes };
    return { run: each(encoded, decode), units, bytes };
  }

  /** The module with the feature `js-values`, with the lens of a workload. */
  async #live(workload) {
    const live = await this.#host.live();
    if (live === null) return null;
    const { old, new: next, hints } = await this.#data.schemas(workload);
    live.open(JSON.stringify({ old, new: next, hints }));
    return live;
  }

  /** An export of the module, with nothing in between. */
  async #bare() {
    const { exports } = await this.#host.instance();
    return { run: thousand(() => exports.pp_abi()), units: 1000 };
  }

  async #empty() {
    const { lens } = await this.#lens('w1');
    const nothing = [new Uint8Array(0)];
    return { run: thousand(() => lens._run(NOOP, LINES, nothing)), units: 1000 };
  }

  /** The copy alone: as the package makes it. */
  async #copy(direction, size) {
    const { exports } = await this.#host.instance();
    const at = exports.pp_reserve(Math.max(size, 1)) >>> 0;
    const memory = new Uint8Array(exports.memory.buffer);
    if (direction === 'out') return { run: () => memory.slice(at, at + size), units: 1, bytes: size };
    const data = new Uint8Array(size).fill(7);
    const run = () => {
      const to = exports.pp_reserve(size) >>> 0;
      memory.set(data, to);
      return exports.pp_run(NOOP, 0, 0, LINES, size);
    };
    return { run, units: 1, bytes: size };
  }

  async #stream() {
    const { lens } = await this.#lens('w1');
    const data = await this.#data.bytes('w1.ndjson');
    const lines = values(data).length;
    const passes = Math.max(1, Math.floor(this.#data.stream / lines));
    const facts = { memory: [] };
    const resident = this.#host.resident;
    const pp = this.#pp;
    const run = async () => {
      let out = 0;
      facts.memory = [];
      let pass = 0;
      let at = 0;
      const source = new ReadableStream({
        pull(controller) {
          if (at >= data.length) {
            at = 0;
            pass++;
            const sampled = passes <= 20 || pass % Math.floor(passes / 20) === 0;
            if (sampled) facts.memory.push({ records: pass * lines, resident: resident(), module: pp._runtime.memoryBytes });
          }
          if (pass >= passes) return controller.close();
          controller.enqueue(data.subarray(at, at + PIECE));
          at += PIECE;
        },
      });
      for await (const piece of source.pipeThrough(lens.stream())) out += piece.length;
      return out;
    };
    return { run, asynchronous: true, units: lines * passes, bytes: data.length * passes, facts };
  }

  async #schema(operation, name) {
    const schemas = await this.#data.schemas(/^[0-9]+$/.test(name) ? `flat-${name}` : name);
    const pp = this.#pp;
    const [old, next] = [schemas.old, schemas.new].map((documents) => pp.parseSchema('atproto', documents));
    const diff = old.diff(next);
    const run = {
      parse: () => pp.parseSchema('atproto', schemas.old),
      diff: () => old.diff(next),
      verdict: () => diff.verdict(),
      migrate: () => pp.migrate(old, next, { hints: schemas.hints }),
    }[operation];
    return { run, units: 1, bytes: schemas.old.reduce((sum, text) => sum + text.length, 0) };
  }

  async #array(items, operation) {
    const { lens } = await this.#lens('w3');
    const [record] = await this.#data.lines(`array`, `array-${items}.ndjson`);
    const { view, complement } = lens.get(record);
    if (!same(lens.put(view, complement), record)) throw new Error('what is put back is not the record');
    const run = { lift: () => lens.lift(record), get: () => lens.get(record), put: () => lens.put(view, complement) }[operation];
    return { run, units: items, bytes: record.length };
  }

  /** What is held of records that were got. */
  async #held(workload) {
    const { lens } = await this.#lens(workload);
    if (this.#host.used === undefined) return null;
    const records = await this.#data.lines(workload, `${workload}.ndjson`, Infinity);
    const before = this.#host.used();
    const held = records.map((record) => lens.get(record));
    const resident = this.#host.used() - before;
    const content = held.reduce((sum, { view, complement }) => sum + view.length + complement.length, 0);
    const facts = { records: records.length, held_bytes: Math.round(resident / records.length), content_bytes: Math.round(content / records.length) };
    return { run: each(held, ({ view, complement }) => lens.put(view, complement)), units: held.length, facts };
  }

  #start(what) {
    const { starts } = this.#host;
    if (what === 'compile') {
      const { module } = this.#host;
      const run = () => {
        const compiled = new WebAssembly.Module(module);
        return this.#host.fresh(compiled);
      };
      return { run, units: 1, bytes: module.length };
    }
    return starts?.[what] === undefined ? null : { run: starts[what], asynchronous: true, units: 1 };
  }
}

/** How the package writes values to bytes of JSON, and reads them; `place` is where it was built to. */
export async function codec(place) {
  const [{ toBytes }, { fromJson }, { decodeText }] = await Promise.all(
    ['write.js', 'json.js', 'records.js'].map((name) => import(`${place}${name}`)),
  );
  return { encode: (value) => toBytes(value), decode: (bytes) => fromJson(decodeText(bytes), undefined) };
}

function each(inputs, one) {
  return () => {
    let last;
    for (const input of inputs) last = one(input);
    return last;
  };
}

function thousand(one) {
  return () => {
    let last;
    for (let i = 0; i < 1000; i++) last = one();
    return last;
  };
}

function total(inputs) {
  return inputs.reduce((sum, input) => sum + input.length, 0);
}

function same(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
