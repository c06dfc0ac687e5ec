/**
 * Migrations that are declared as data.
 */

import { wrong } from './argument.js';
import { PanprotoMigrationError, PanprotoParseError, PanprotoTypeCheckError } from './errors.js';
import { fromJson } from './json.js';
import { Migration } from './migration.js';
import type { Panproto, Document } from './panproto.js';
import { inUnitsOf } from './records.js';
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

/** How a declaration that is text is written. */
export interface DeclarationOptions {
  /** JSON where it begins with `{`, YAML elsewhere, if it is left out. */
  readonly format?: 'json' | 'yaml';
}

/** @internal */
export function compileMigration(pp: Panproto, given: MigrationDeclaration | string, options: DeclarationOptions): Migration {
  if (typeof given !== 'string') {
    if (typeof given !== 'object' || given === null) throw wrong('declaration', 'an object or its text', 'it has at least `{ source, target }`');
    const { source, target, language, ...rest } = given;
    return compiled(pp, [source, target], language, { declaration: toJson(rest) }, null);
  }
  const format = options.format ?? (/^[\s\ufeff]*\{/.test(given) ? 'json' : 'yaml');
  const { source, target, language } = read(pp, given, format);
  // As it was given: what is wrong with it is told with its place there.
  return compiled(pp, [source, target], language, { declaration: given, format }, given);
}

/** `text` is that of the declaration, if it was text. */
function compiled(pp: Panproto, sides: readonly [unknown, unknown], language: unknown, request: WireMap, text: string | null): Migration {
  const old = side(pp, 'source', sides[0], language);
  const next = side(pp, 'target', sides[1], language);
  try {
    const declared = { ...request, old: old._stored.digest, new: next._stored.digest };
    const told = inUnitsOf(text, () => pp._runtime.call('migration.declare', declared, [old._stored, next._stored])) as WireMap;
    const migration = new Migration(pp._runtime, told, [old, next]);
    if (!migration.decided) migration.lens();
    return migration;
  } catch (error) {
    throw typed(error, text !== null);
  }
}

function read(pp: Panproto, text: string, format: string): MigrationDeclaration {
  let json: string;
  try {
    json = (inUnitsOf(text, () => pp._runtime.call('document.json', { document: text, format })) as WireMap)['json'] as string;
  } catch (error) {
    if (!(error instanceof PanprotoParseError)) throw error;
    const { span, code, message, help } = error;
    const syntax = code === 'json-syntax' || code === 'yaml-syntax';
    const why = message.replace(/^no YAML: /, '');
    throw new PanprotoTypeCheckError(`the declaration is not ${format === 'json' ? 'JSON' : 'YAML'}: ${why}`, {
      code: syntax ? 'declaration-syntax' : code,
      span,
      cause: error,
      help: help ?? 'give an object, or one as the text of JSON or YAML',
    });
  }
  const members = fromJson(json, 'text');
  if (typeof members === 'object' && members !== null && !Array.isArray(members)) return members as MigrationDeclaration;
  throw new PanprotoTypeCheckError('a declaration is an object', { code: 'type-mismatch', span: [0, text.length] });
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
function typed(error: unknown, spanned: boolean): unknown {
  if (!(error instanceof PanprotoTypeCheckError) && !(error instanceof PanprotoMigrationError)) return error;
  const { code, path, help } = error;
  // Of a declaration that was no text a span would be one of the text that was made here.
  return new PanprotoTypeCheckError(error.message, { code, path, help, span: spanned ? error.span : null, cause: error });
}
