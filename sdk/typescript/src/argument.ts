/**
 * Arguments: what is none is told by its name, and not by a member that it lacks.
 */

import { PanprotoUsageError } from './errors.js';
import type { Stored } from './runtime.js';

/** The error of an argument that is not what it has to be. */
export function wrong(path: string, what: string, help: string | null = null): PanprotoUsageError {
  return new PanprotoUsageError(`\`${path}\` is not ${what}`, { code: 'wrong-argument', path, help });
}

const HELP = {
  schema: 'parse it first: `pp.parseSchema(language, text)`',
  migration: 'make it first: `pp.migrate(old, next)`, or read one: `pp.loadMigration(text)`',
  lens: 'a migration has one, `migration.lens()`, and a chain: `chain.lens(schema)`',
} as const;

/** A schema, migration or lens, whatever it is in this call. */
export function storedOf(kind: Stored['kind'], path: string, value: unknown): Stored {
  // Not by its class: bundlers may give each entry point its own copy of that.
  const stored = (value as { readonly _stored?: Stored } | null | undefined)?._stored;
  if (stored?.kind === kind) return stored;
  throw wrong(path, `a ${kind}`, HELP[kind]);
}

/** The same as it was given. */
export function checked<T>(kind: Stored['kind'], path: string, value: T): T {
  storedOf(kind, path, value);
  return value;
}

/** A list. */
export function listOf<T>(path: string, value: readonly T[]): readonly T[] {
  if (Array.isArray(value)) return value;
  throw wrong(path, 'a list');
}

/** Text. */
export function textOf(path: string, value: string): string {
  if (typeof value === 'string') return value;
  throw wrong(path, 'text');
}

/** The members of a plain object; a `Map` has none, and would pass for an empty one. */
export function membersOf<T>(path: string, value: Readonly<Record<string, T>> | readonly T[]): [string, T][] {
  const tag = Object.prototype.toString.call(value);
  if (tag === '[object Object]' || tag === '[object Array]') return Object.entries(value as Record<string, T>);
  throw wrong(path, 'a plain object', 'of a `Map`, give `Object.fromEntries(map)`');
}
