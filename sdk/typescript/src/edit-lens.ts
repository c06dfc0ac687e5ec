/**
 * Edit lenses: edits of a record as edits of its view, and back, without the record.
 */

import { wrong } from './argument.js';
import { editOf } from './edit.js';
import type { Edit } from './edit.js';
import { fromJson } from './json.js';
import { Instance, alongOf } from './instance.js';
import type { Along } from './instance.js';
import { Lens } from './lens.js';
import type { Stored } from './runtime.js';
import type { Schema, SchemaEdge } from './schema.js';
import type { WireMap } from './wire.js';
import { toJson } from './write.js';

/** An expression that values of an edge go through. */
export interface EditTransform {
  readonly edge: Pick<SchemaEdge, 'src' | 'tgt' | 'kind' | 'name'>;
  readonly forward: string | object;
  readonly backward?: string | object;
}

/** A lens of any steps and stages (that of a chain, a composed one), with the schema of its views. */
export interface LensAlong {
  readonly lens: Lens;
  readonly target: Schema;
}

/** An edit on the other side. */
export interface TranslatedEdit {
  /** The edit as data; `instance.edit` applies it. */
  readonly edit: object | string;
  /** Whether the other side does not see it. */
  readonly absorbed: boolean;
  /** What translates the edits that follow. */
  readonly next: EditLens;
}

/**
 * Translates edits between a record and its view. Immutable: each edit gives what translates those that follow.
 *
 * @example
 * ```ts
 * const record = pp.instance(old, { text: 'hello' });
 * const edits = pp.editLens(migration, record);
 * const { edit, next } = edits.put([{ op: 'replace', path: '/body', value: 'edited' }]);
 * record.edit(edit).record();
 * ```
 */
export class EditLens {
  readonly #along: Along | LensAlong;
  readonly #of: Instance;
  readonly #transforms: string | undefined;
  readonly #state: string;
  /** The view at the time of `open`. */
  readonly view: Instance;
  /** A number that no node has yet, for edits that insert nodes. */
  readonly nextId: number;

  private constructor(along: Along | LensAlong, view: Instance, transforms: string | undefined, told: WireMap) {
    this.#along = along;
    this.#of = view;
    this.#transforms = transforms;
    this.view = view;
    this.#state = told['state'] as string;
    this.nextId = told['next_id'] as number;
  }

  /** @internal */
  static open(along: Along | LensAlong, instance: Instance, transforms: readonly EditTransform[]): EditLens {
    const [request, objects] = requestOf(along);
    if (!(instance instanceof Instance)) throw wrong('instance', 'an instance', 'make it first: `pp.instance(schema, record)`');
    const told = instance.schema._runtime.call(
      'edit.open',
      { ...request, instance: instance._text, transforms: transformsOf(transforms) },
      objects,
    ) as WireMap;
    return new EditLens(along, new Instance(along.target, told), transformsOf(transforms), told);
  }

  /** The edit of the view that an edit of the record is. @example `pp.editLens(migration, pp.instance(old, { text: 'a' })).get([{ op: 'replace', path: '/text', value: 'b' }]).edit` */
  get(edit: Edit): TranslatedEdit {
    return this.#translate('edit.get', edit);
  }

  /**
   * The edit of the record that an edit of the view is; `view-not-representable`, `no-inverse` or `preimage-ambiguous` where there
   * is none.
   *
   * @example `pp.editLens(migration, pp.instance(old, { text: 'a' })).put([{ op: 'replace', path: '/body', value: 'b' }]).edit`
   */
  put(edit: Edit): TranslatedEdit {
    return this.#translate('edit.put', edit);
  }

  #translate(op: string, edit: Edit): TranslatedEdit {
    const [request, objects] = requestOf(this.#along);
    const told = this.#of.schema._runtime.call(
      op,
      { ...request, ...editOf(edit), state: this.#state, transforms: this.#transforms },
      objects,
    ) as WireMap;
    return {
      edit: fromJson(told['edit'] as string, 'text') as object | string,
      absorbed: told['absorbed'] as boolean,
      next: new EditLens(this.#along, this.view, this.#transforms, told),
    };
  }
}

function requestOf(along: Along | LensAlong): [WireMap, Stored[]] {
  const { lens } = (along ?? {}) as Partial<LensAlong>;
  return lens instanceof Lens ? [{ lens: lens._stored.digest }, [lens._stored]] : alongOf(along as Along);
}

function transformsOf(transforms: readonly EditTransform[]): string | undefined {
  if (transforms.length === 0) return undefined;
  return toJson(transforms.map(({ edge, forward, backward }) => [edge, { forward, ...(backward === undefined ? {} : { backward }) }]));
}
