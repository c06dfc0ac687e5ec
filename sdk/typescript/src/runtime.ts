/**
 * The module and its instances. One step copies in, runs and copies out; nothing of the user's runs in between, and no
 * view of the module's memory leaves this file.
 */

import { PanprotoError, PanprotoInternalError, PanprotoUsageError, WasmError, errorOfKind } from './errors.js';
import type { ErrorDetails } from './errors.js';
import { isModule } from './realm.js';
import type { Bytes } from './realm.js';
import { decode, encode } from './wire.js';
import type { Wire, WireMap } from './wire.js';

/** The ABI that this package speaks (`docs/abi.md`). */
const ABI = 1;

/** An instance whose memory passed this is replaced at the next call: memory of a module never shrinks. */
const MEMORY = 64 << 20;

/** What no caller is given, as it might be sent to another thread. */
const NOTHING = new Uint8Array();
const NONE: readonly PanprotoError[] = [];

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Rounds of `need` and `define` before something must be wrong: an instance forgets objects, but not those just sent. */
const ROUNDS = 4;

/** A schema, migration or lens: its bytes, which every instance reads, and their digest. */
export interface Stored {
  readonly kind: 'schema' | 'migration' | 'lens';
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
  /** The digest in hexadecimal. */
  readonly name: string;
}

/** A record operation of `pp_run`. */
export const RunOp = { noop: 0, lift: 1, get: 2, put: 3, create: 4 } as const;

/** What a record operation gives. */
export interface Ran {
  readonly output: Bytes;
  /** The output as text, where that was wanted: then `output` is empty. */
  readonly text: string;
  readonly second: Bytes;
  readonly records: number;
  readonly failures: number;
  /** Bytes of the records that were taken. */
  readonly taken: number;
  readonly failed: readonly PanprotoError[];
}

/** A record operation. */
export interface Run {
  readonly op: number;
  readonly flags: number;
  /** Copied into the module one after another. */
  readonly input: readonly Uint8Array[];
  /** Whether the output is wanted as text. */
  readonly asText?: boolean;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  pp_abi(): number;
  pp_init(): void;
  pp_reserve(len: number): number;
  pp_call(len: number): number;
  pp_run(op: number, slot: number, generation: number, flags: number, len: number): number;
  pp_out(): number;
  pp_panic(): number;
  pp_trap(): void;
}

interface Handle {
  readonly slot: number;
  readonly generation: number;
}

/** A module at work, and the only views of its memory that there are. */
class Instance {
  readonly exports: Exports;
  /** Open lenses of this instance, by the hexadecimal digest. */
  readonly lenses = new Map<string, Handle>();
  /** Where `pp_out` points to; it never moves. */
  readonly #out: number;
  #bytes: Uint8Array;
  #words: DataView;

  constructor(exports: Exports) {
    this.exports = exports;
    this.#out = exports.pp_out() >>> 0;
    this.#bytes = new Uint8Array(exports.memory.buffer);
    this.#words = new DataView(exports.memory.buffer);
  }

  /** All of the memory. Not to be kept: memory that grows is another buffer, and the one before has no length any more. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) {
      const { buffer } = this.exports.memory;
      this.#bytes = new Uint8Array(buffer);
      this.#words = new DataView(buffer);
    }
    return this.#bytes;
  }

  /** One of the words that describe the output. */
  word(at: number): number {
    void this.bytes;
    return this.#words.getUint32(this.#out + at * 4, true);
  }

  /** A copy of the output whose place and length two words tell. */
  output(at: number): Bytes {
    const length = this.word(at + 1);
    // Its own: what is empty may be sent to another thread too, and is gone here then.
    if (length === 0) return new Uint8Array();
    const place = this.word(at);
    return this.bytes.slice(place, place + length);
  }

  /** The same as text. */
  text(at: number): string {
    const place = this.word(at);
    return decoder.decode(this.bytes.subarray(place, place + this.word(at + 1)));
  }

  /** Where an input of that length goes. */
  reserve(length: number): number {
    const at = length <= 0xffff_ffff ? this.exports.pp_reserve(length) >>> 0 : 0;
    if (at === 0) {
      throw errorOfKind('limit', `an input of ${length} bytes passes what the module may hold`, {
        code: 'limit-memory',
        help: 'convert fewer records at once, or raise the limit `memoryBytes`',
      });
    }
    return at;
  }

  /** The text of the last panic. */
  panic(): string | null {
    try {
      const at = this.exports.pp_panic() >>> 0;
      const words = new DataView(this.exports.memory.buffer, at, 8);
      const place = words.getUint32(0, true);
      const text = new TextDecoder().decode(this.bytes.slice(place, place + words.getUint32(4, true)));
      return text === '' ? null : text;
    } catch {
      return null;
    }
  }
}

/** The one that was made last: functions of published releases that are given no module use it. */
let latest: Runtime | null = null;

/** The runtime that functions without one use. */
export function latestRuntime(): Runtime {
  if (latest !== null) return latest;
  throw new PanprotoUsageError('nothing is loaded yet', { code: 'not-initialised', help: 'first: `const pp = await Panproto.init();`' });
}

/** One compiled module and the instance that serves it now. */
export class Runtime {
  readonly module: WebAssembly.Module;
  #instance: Instance | null = null;
  #limits: WireMap | null = null;
  #closed = false;

  constructor(module: WebAssembly.Module) {
    if (!isModule(module)) {
      throw new PanprotoUsageError('nothing is loaded yet', { code: 'not-initialised', help: 'instead of `new`: `const pp = await Panproto.init();`' });
    }
    this.module = module;
    this.#ready();
    latest = this;
  }

  /** Forgets the instance. Objects that were made keep their bytes; calls fail from here on. */
  close(): void {
    this.#closed = true;
    this.#instance = null;
    if (latest === this) latest = null;
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Runs a control operation. `objects` are those that the request names by digest. */
  call(op: string, request: WireMap = {}, objects: readonly Stored[] = []): Wire {
    const bytes = encode({ ...request, op });
    return this.#call(this.#ready(), bytes, objects);
  }

  /** An object of its bytes. They are checked. */
  define(kind: Stored['kind'], bytes: Uint8Array): Stored {
    const { digest } = this.call('define', { kind, bytes }) as WireMap;
    return { kind, bytes, digest: digest as Uint8Array, name: hex(digest as Uint8Array) };
  }

  /** The limits that were set; null where none was. */
  get limits(): WireMap | null {
    return this.#limits;
  }

  /** The limit of a record; a pool may still work for what was closed, and its workers know their own. */
  get recordBytes(): number {
    return this.#closed ? Infinity : (((this.call('hello') as WireMap)['limits'] as WireMap)['record_bytes'] as number);
  }

  /** Sets limits, for this instance and those after it. */
  setLimits(limits: WireMap): WireMap {
    const held = this.call('limits.set', limits) as WireMap;
    this.#limits = { ...this.#limits, ...limits };
    // What this instance keeps counts too: another one begins with nothing.
    if ('memory_bytes' in limits) this.#instance = null;
    return held;
  }

  /** Runs a record operation of a lens. */
  run(lens: Stored, run: Run): Ran {
    const ready = this.#ready();
    const { name } = lens;
    for (let round = 0; round < ROUNDS; round++) {
      let handle = ready.lenses.get(name);
      if (handle === undefined) {
        const opened = this.#call(ready, encode({ op: 'lens.open', lens: lens.digest }), [lens]) as WireMap;
        handle = { slot: opened['slot'] as number, generation: opened['generation'] as number };
        ready.lenses.set(name, handle);
      }
      const ran = this.#run(ready, handle, run);
      if (!(ran instanceof PanprotoError)) return ran;
      if (ran.code !== 'stale-handle') throw ran;
      ready.lenses.delete(name);
    }
    throw new PanprotoInternalError('the module keeps forgetting a lens', { code: 'internal-handle' });
  }

  /** Runs a record operation by a handle. For tests of handles that name nothing. */
  runHandle(slot: number, generation: number, run: Run): Ran {
    const ran = this.#run(this.#ready(), { slot, generation }, run);
    if (ran instanceof PanprotoError) throw ran;
    return ran;
  }

  /** Makes the module trap. For tests of what follows. */
  trap(): void {
    const ready = this.#ready();
    this.#guarded(ready, () => ready.exports.pp_trap());
  }

  /** Sends bytes as a control request, as they are. For tests. */
  callBytes(bytes: Uint8Array): { readonly status: number; readonly answer: Uint8Array } {
    const [status, answer] = this.#control(this.#ready(), bytes);
    return { status, answer };
  }

  /** Bytes of the present instance's memory; 0 where there is none. */
  get memoryBytes(): number {
    return this.#instance?.exports.memory.buffer.byteLength ?? 0;
  }

  #ready(): Instance {
    if (this.#closed) {
      throw new PanprotoUsageError('this Panproto was disposed', { code: 'disposed', help: 'make another: `await Panproto.init()`' });
    }
    const present = this.#instance;
    if (present !== null && present.bytes.length <= MEMORY) return present;
    this.#instance = null;
    const fresh = new Instance(instantiate(this.module));
    this.#instance = fresh;
    if (this.#limits !== null) {
      const [status, answer] = this.#control(fresh, encode({ ...this.#limits, op: 'limits.set' }));
      if (status !== 0) throw readError(decode(answer));
    }
    return fresh;
  }

  #call(ready: Instance, request: Uint8Array, objects: readonly Stored[]): Wire {
    for (let round = 0; round < ROUNDS; round++) {
      const [status, answer] = this.#control(ready, request);
      if (status === 0) return decode(answer);
      if (status === 1) throw readError(decode(answer));
      this.#define(ready, decode(answer), objects);
    }
    throw new PanprotoInternalError('the module keeps asking for objects that it was given', { code: 'internal-need' });
  }

  /** A failure of the operation is the answer; what else goes wrong is thrown. */
  #run(ready: Instance, handle: Handle, { op, flags, input, asText }: Run): Ran | PanprotoError {
    let length = 0;
    for (const part of input) length += part.length;
    try {
      let end = ready.reserve(length);
      const memory = ready.bytes;
      for (const part of input) {
        memory.set(part, end);
        end += part.length;
      }
      const status = ready.exports.pp_run(op, handle.slot, handle.generation, flags, length);
      if (status !== 0) return readError(decode(ready.output(0)));
      const output = asText === true ? NOTHING : ready.output(0);
      const text = asText === true ? ready.text(0) : '';
      const second = ready.word(3) === 0 && op !== RunOp.get ? NOTHING : ready.output(2);
      const failures = ready.word(5);
      const failed = failures === 0 || ready.word(7) === 0 ? NONE : (decode(ready.output(6)) as readonly Wire[]).map(readError);
      return { output, text, second, records: ready.word(4), failures, taken: ready.word(8), failed };
    } catch (error) {
      throw this.#afterTrap(ready, error);
    }
  }

  #control(ready: Instance, request: Uint8Array): [status: number, answer: Uint8Array] {
    return this.#guarded(ready, () => {
      const at = ready.reserve(request.length);
      ready.bytes.set(request, at);
      const status = ready.exports.pp_call(request.length);
      return [status, ready.output(0)];
    });
  }

  #define(ready: Instance, needed: Wire, objects: readonly Stored[]): void {
    for (const digest of needed as readonly Uint8Array[]) {
      const name = hex(digest);
      const object = objects.find((known) => known.name === name);
      if (object === undefined) {
        throw new PanprotoUsageError(`the call names an object that nobody has: ${name.slice(0, 16)}…`, { code: 'unknown-object' });
      }
      const [status, answer] = this.#control(ready, encode({ op: 'define', kind: object.kind, bytes: object.bytes }));
      if (status === 1) throw readError(decode(answer));
      if (status === 2) this.#define(ready, decode(answer), objects);
    }
  }

  /** Runs a step in the module. */
  #guarded<T>(ready: Instance, step: () => T): T {
    try {
      return step();
    } catch (error) {
      throw this.#afterTrap(ready, error);
    }
  }

  /** The error of a step that failed. A trap poisons the instance: it is dropped, and the next call makes a new one. */
  #afterTrap(ready: Instance, error: unknown): unknown {
    if (!isTrap(error)) return error;
    if (this.#instance === ready) this.#instance = null;
    const { message } = error as Error;
    const said = ready.panic();
    const size = ready.bytes.length;
    if (said === 'limit-memory') {
      return errorOfKind('limit', 'the call needs more memory than the limit grants', {
        code: said,
        cause: error,
        help: 'convert fewer or smaller records at once, or raise the limit `memoryBytes`',
      });
    }
    // A module that is given no more memory says nothing and stops; what is copied out may find none either.
    if (said === null && ((size > MEMORY && /unreachable/i.test(message)) || /allocation failed/i.test(message))) {
      return errorOfKind('limit', `memory ran out with ${size >> 20} MiB in the module`, {
        code: 'resource-exhausted',
        cause: error,
        help: 'convert fewer or smaller records, or parse fewer documents, at once',
      });
    }
    return new PanprotoInternalError(`the module failed: ${said ?? message}`, {
      code: 'internal-trap',
      cause: error,
      help: 'this is a bug of panproto: please report it; the next call works',
    });
  }
}

function isTrap(error: unknown): boolean {
  // A module that exhausts the stack raises a RangeError (InternalError in Firefox).
  // By name: a module of another realm raises errors of that.
  return ['RuntimeError', 'RangeError', 'InternalError'].includes((error as Error)?.name);
}

function instantiate(module: WebAssembly.Module): Exports {
  // The one import is the initialiser of a table that nothing uses; its names depend on the version of wasm-bindgen.
  const imports: Record<string, Record<string, () => void>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === 'function') (imports[from] ??= {})[name] = () => {};
  }
  let exports: Exports;
  try {
    exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
  } catch (error) {
    throw new WasmError('the module cannot be instantiated', { code: 'module-instantiate', cause: error });
  }
  if (typeof exports.pp_abi !== 'function') {
    throw new WasmError('this is not the panproto module', {
      code: 'module-foreign',
      help: 'give the file `panproto.wasm` of this package',
    });
  }
  const abi = exports.pp_abi();
  if (abi !== ABI) {
    throw new WasmError(`the module speaks ABI ${abi}, this package ${ABI}`, {
      code: 'module-abi',
      help: 'install @panproto/core and panproto.wasm of one version',
    });
  }
  exports.pp_init();
  return exports;
}

/** The module names limits as its messages do. */
function inNamesOfHere(help: string | null): string | null {
  return help === null ? null : help.replace(/`(memory|record|document)_bytes`/g, '`$1Bytes`');
}

/** An error as the module states it. */
export function readError(message: Wire): PanprotoError {
  const said = message as WireMap;
  const details: ErrorDetails = {
    code: said['code'] as string,
    path: said['path'] as string | null,
    span: said['span'] as [number, number] | null,
    document: said['document'] as number | null,
    help: inNamesOfHere(said['help'] as string | null),
    record: said['record'] as number | null,
    line: said['line'] as number | null,
    offset: said['offset'] as number | null,
    step: (said['step'] ?? null) as number | null,
    severity: (said['severity'] ?? 'error') as 'error' | 'warning' | 'note',
  };
  return errorOfKind(said['kind'] as string, said['message'] as string, details);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += HEX[byte] as string;
  return out;
}
