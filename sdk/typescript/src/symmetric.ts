/**
 * Symmetric lenses: two schemas over what they share, kept in step.
 */

import { fromJson } from './json.js';
import { Lens } from './lens.js';
import { requestBetween } from './migration.js';
import type { MigrateOptions } from './migration.js';
import type { Bytes } from './realm.js';
import { decodeText, given, inUnitsOf } from './records.js';
import type { Runtime } from './runtime.js';
import { Schema } from './schema.js';
import type { WireMap } from './wire.js';

/** The other side's record as it is. */
export interface SyncOptions {
  readonly other?: unknown;
  /** What the sync before gave. */
  readonly state?: Uint8Array;
}

/** What a sync gives. */
export interface Synced {
  /** The record of the other side, as a value. */
  readonly record: unknown;
  /** What the next sync wants back. */
  readonly state: Bytes;
}

/**
 * Two schemas as two lenses onto what they share. An edit on one side is carried to the other, which keeps what only it has.
 *
 * @example
 * ```ts
 * const sync = pp.symmetric(old, old);
 * const { record, state } = sync.syncLeftToRight({ text: 'hello' });
 * sync.syncRightToLeft(record, { state }).record;
 * ```
 */
export class SymmetricLens {
  readonly left: Lens;
  readonly right: Lens;
  /** What both share, as a schema. */
  readonly overlap: Schema;
  /** Paths that only one side has. */
  readonly unshared: { readonly left: readonly string[]; readonly right: readonly string[] };
  readonly #runtime: Runtime;

  /** @internal */
  constructor(runtime: Runtime, told: WireMap) {
    this.#runtime = runtime;
    this.left = new Lens(runtime, told['left'] as WireMap);
    this.right = new Lens(runtime, told['right'] as WireMap);
    this.overlap = new Schema(runtime, told['overlap'] as WireMap);
    this.unshared = told['unshared'] as unknown as SymmetricLens['unshared'];
  }

  /** @internal */
  static between(left: Schema, right: Schema, options: Omit<MigrateOptions, 'hintSpec'> = {}): SymmetricLens {
    const { old, new: next, old_root, new_root, ...rest } = requestBetween(left, right, options);
    const request = { ...rest, left: old, right: next, left_root: old_root, right_root: new_root };
    const told = left._runtime.call('symmetric.lens', request, [left._stored, right._stored]) as WireMap;
    return new SymmetricLens(left._runtime, told);
  }

  /** The record on the right that agrees with one on the left. */
  syncLeftToRight(record: unknown, options: SyncOptions = {}): Synced {
    return this.#sync('left-to-right', record, options);
  }

  /** The record on the left that agrees with one on the right. */
  syncRightToLeft(record: unknown, options: SyncOptions = {}): Synced {
    return this.#sync('right-to-left', record, options);
  }

  #sync(direction: string, record: unknown, options: SyncOptions): Synced {
    const { bytes, text } = given(record);
    const objects = [this.left._stored, this.right._stored] as const;
    const request = {
      left: objects[0].digest,
      right: objects[1].digest,
      direction,
      record: bytes,
      other: options.other === undefined ? undefined : given(options.other).bytes,
      state: options.state,
    };
    const told = inUnitsOf(text, () => this.#runtime.call('symmetric.sync', request, objects)) as WireMap;
    const made = told['record'];
    return {
      record: fromJson(made instanceof Uint8Array ? decodeText(made) : (made as string), 'text'),
      state: told['state'] as Bytes,
    };
  }
}
