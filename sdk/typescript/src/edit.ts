/**
 * Edits of instances, as data.
 */

import type { WireMap } from './wire.js';
import { toJson } from './write.js';

/** An edit by the path of data, as JSON Patch has it: paths are JSON Pointers, `/author/name`. */
export interface PathEdit {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test' | (string & {});
  readonly path: string;
  readonly value?: unknown;
  readonly from?: string;
}

/** An edit: a list of edits by path, or a published edit of nodes or rows, or the JSON text of one. */
export type Edit = readonly PathEdit[] | object | string;

/** The argument of a request that an edit is. @internal */
export function editOf(edit: Edit): WireMap {
  if (Array.isArray(edit)) return { patch: toJson(edit) };
  return { edit: typeof edit === 'string' && /^\s*["{]/.test(edit) ? edit : toJson(edit) };
}
