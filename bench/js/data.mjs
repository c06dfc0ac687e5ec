// Records and schemas of the benchmark, in every JavaScript host.

const NEWLINE = 10;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What the run says at first, and how to read a file of the data. */
export class Data {
  #read;
  #files = new Map();
  #expected = new Map();

  constructor(read, { records, stream }) {
    this.#read = read;
    this.records = records;
    this.stream = stream;
  }

  async bytes(name) {
    let found = this.#files.get(name);
    if (found === undefined) this.#files.set(name, (found = await this.#read(name)));
    return found;
  }

  /** `{old, new, hints}` of a name. */
  async schemas(name) {
    return JSON.parse(decoder.decode(await this.bytes(`${name}.json`)));
  }

  /** The first records of a workload, each its bytes. */
  async lines(workload, file = `${workload}.ndjson`, count = this.records[workload] ?? 1) {
    const all = await this.bytes(file);
    const lines = [];
    let from = 0;
    for (let at = all.indexOf(NEWLINE); at >= 0 && lines.length < count; at = all.indexOf(NEWLINE, from)) {
      lines.push(all.slice(from, at));
      from = at + 1;
    }
    return lines;
  }

  /** What the views of these records have to be, as {@link check} wants it. */
  async expected(workload) {
    let found = this.#expected.get(workload);
    if (found === undefined) {
      found = (await this.lines(workload, `${workload}.expected.ndjson`)).map(value).map(canonical);
      this.#expected.set(workload, found);
    }
    return found;
  }
}

/** The value of JSON bytes. */
export function value(bytes) {
  return JSON.parse(decoder.decode(bytes));
}

/** Bytes one after another. */
export function joined(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Lines of these records. */
export function linesOf(records) {
  const newline = Uint8Array.of(NEWLINE);
  return joined(records.flatMap((record) => [record, newline]));
}

/** The lines of a text, as values. */
export function values(bytes) {
  return decoder.decode(bytes).split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/** Fails unless what was found is what is expected: canonical text, or values. */
export function check(what, found, expected) {
  if (found.length !== expected.length) throw new Error(`${what}: ${found.length} records instead of ${expected.length}`);
  for (const [at, one] of found.entries()) {
    const wanted = typeof expected[at] === 'string' ? expected[at] : canonical(expected[at]);
    const is = canonical(one);
    if (is !== wanted) throw new Error(`${what}: record ${at} is ${is} instead of ${wanted}`);
  }
}

/** Text that is the same for equal values. */
function canonical(one) {
  return JSON.stringify(one, (_, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export { decoder, encoder };
