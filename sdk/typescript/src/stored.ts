/// <reference lib="esnext.disposable" preserve="true" />
/**
 * What schemas, migrations and lenses have in common: they are their bytes. The module holds only a cache.
 */

import { PanprotoUsageError } from './errors.js';
import type { Bytes } from './realm.js';
import { hex } from './runtime.js';
import type { Runtime, Stored } from './runtime.js';
import type { WireMap } from './wire.js';

/** `Symbol.dispose`, or what stands for it where the language has none. */
const dispose: typeof Symbol.dispose = (Symbol.dispose ?? Symbol.for('Symbol.dispose')) as typeof Symbol.dispose;
export { dispose };

/** An immutable object that every instance of the module can read. */
export abstract class StoredObject {
  readonly #runtime: Runtime;
  readonly #stored: Stored;
  #disposed = false;

  /** @internal */
  constructor(runtime: Runtime, kind: Stored['kind'], answer: WireMap) {
    this.#runtime = runtime;
    const digest = answer['digest'] as Uint8Array;
    this.#stored = { kind, bytes: answer['bytes'] as Uint8Array, digest, name: hex(digest) };
  }

  /** What tells it from every other object of its kind, in hexadecimal: equal content, equal digest, on every machine. */
  get digest(): string {
    return this.#stored.name;
  }

  /** A copy of its encoding. */
  toBytes(): Bytes {
    return this.#stored.bytes.slice();
  }

  /** Whether another object says the same. */
  equals(other: unknown): boolean {
    return other instanceof StoredObject && other.#stored.kind === this.#stored.kind && other.digest === this.digest;
  }

  /** @internal */
  get _stored(): Stored {
    this._check();
    return this.#stored;
  }

  /** @internal */
  get _runtime(): Runtime {
    this._check();
    return this.#runtime;
  }

  /** @internal */
  _check(): void {
    if (this.#disposed) {
      throw new PanprotoUsageError(`this ${this.#stored.kind} was disposed`, { code: 'disposed', help: 'make another one' });
    }
  }

  /** Marks the object as done with; using it afterwards is an error. Never needed: nothing outside of memory is held. */
  dispose(): void {
    this.#disposed = true;
  }

  [dispose](): void {
    this.dispose();
  }
}
