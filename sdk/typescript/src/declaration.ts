/**
 * Migrations that are declared as data.
 */

import { PanprotoMigrationError, PanprotoTypeCheckError } from './errors.js';
import { fromJson } from './json.js';
import { Migration } from './migration.js';
import type { Panproto, Document } from './panproto.js';
import { Schema } from './schema.js';
import type { WireMap } from './wire.js';
import { toJson } from './write.js';

/** What becomes of a field: a new path, `null` for what is gone, or values through expressions (`docs/abi.md`). */
export type DeclaredField = string | null | { readonly to?: string | readonly string[]; readonly from?: readonly string[]; readonly expr: string; readonly inverse?: string; readonly class?: string };

/** A migration as data. */
export interface MigrationDeclaration {
  /** The schema of the records: a schema, or documents of its language. */
  readonly source: Schema | Document | readonly Document[];
  /** The schema of the views. */
  readonly target: Schema | Document | readonly Document[];
  /** The language of the documents; told by themselves where it is left out. */
  readonly language?: string;
  readonly fields?: Readonly<Record<string, DeclaredField>>;
  readonly computes?: readonly object[] | Readonly<Record<string, unknown>>;
  /** Old paths to expressions over their object: where the condition does not hold the field is left out. */
  readonly conditions?: Readonly<Record<string, string>>;
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly source_defaults?: Readonly<Record<string, unknown>>;
  readonly keys?: Readonly<Record<string, string>>;
  readonly trust?: readonly string[];
  readonly match?: 'exactly-one' | readonly string[];
  readonly accept?: 'likely' | number;
  readonly roots?: { readonly source?: string; readonly target?: string };
  readonly [member: string]: unknown;
}

/** @internal */
export function compileMigration(pp: Panproto, given: MigrationDeclaration | string): Migration {
  const members = typeof given === 'string' ? declared(given) : given;
  const { source, target, language, ...rest } = members;
  const old = side(pp, 'source', source, language);
  const next = side(pp, 'target', target, language);
  const request: WireMap = { old: old._stored.digest, new: next._stored.digest, declaration: toJson(rest) };
  let migration: Migration;
  try {
    const told = pp._runtime.call('migration.declare', request, [old._stored, next._stored]) as WireMap;
    migration = new Migration(pp._runtime, told, old, next);
    if (!migration.decided) migration.lens();
  } catch (error) {
    throw typed(error);
  }
  return migration;
}

function declared(text: string): MigrationDeclaration {
  let members: unknown;
  try {
    JSON.parse(text);
    members = fromJson(text, 'text');
  } catch (error) {
    throw new PanprotoTypeCheckError(`the declaration is not JSON: ${(error as Error).message}`, {
      code: 'declaration-syntax',
      cause: error,
      help: 'give a JSON object, or its text',
    });
  }
  if (typeof members === 'object' && members !== null && !Array.isArray(members)) return members as MigrationDeclaration;
  throw new PanprotoTypeCheckError('a declaration is an object', { code: 'type-mismatch' });
}

function side(pp: Panproto, name: 'source' | 'target', given: unknown, language: unknown): Schema {
  if (given instanceof Schema) return given;
  if (given === undefined) throw new PanprotoTypeCheckError(`the declaration lacks \`${name}\``, { code: 'missing-member', path: name });
  return pp.parseSchema(typeof language === 'string' ? language : languageOf(given), given as Document);
}

function languageOf(given: unknown): string {
  const documents: readonly unknown[] = Array.isArray(given) ? given : [given];
  const lexicons = documents.every((document) =>
    typeof document === 'string' ? /"lexicon"\s*:/.test(document) : typeof document === 'object' && document !== null && 'lexicon' in document,
  );
  return lexicons ? 'atproto' : 'json-schema';
}

/** What a declaration leaves open is an error of the declaration. */
function typed(error: unknown): unknown {
  // A span would be one of the text that was made here.
  if (!(error instanceof PanprotoTypeCheckError) && !(error instanceof PanprotoMigrationError)) return error;
  const { code, path, help } = error;
  return new PanprotoTypeCheckError(error.message, { code, path, help, cause: error });
}
