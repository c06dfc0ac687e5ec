/**
 * Prints what this host makes of `tests/conformance/cases.json`: see the README beside it. The page of the browser test runs
 * the same code.
 */

import { PanprotoError } from '@panproto/core';
import type { Lens, Panproto, Step } from '@panproto/core';

/** A case of the file. */
export interface Case {
  readonly name: string;
  readonly language: string;
  readonly old: object | string;
  readonly new?: object | string;
  /** In place of `new`: steps that lead from `old`. */
  readonly chain?: readonly Step[];
  readonly hints?: Record<string, string | null>;
  readonly defaults?: Record<string, unknown>;
  readonly records: readonly string[];
  readonly puts: readonly { readonly view: string; readonly complement?: string; readonly complement_of?: number | null }[];
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { ignoreBOM: true });

/** The lines of all cases. */
export function run(pp: Panproto, cases: readonly Case[]): string[] {
  return cases.map((one) => sorted(runCase(pp, one)));
}

function runCase(pp: Panproto, one: Case): Json {
  const result: Record<string, Json> = { name: one.name };
  let stage = 'old';
  let lens: Lens;
  try {
    const old = pp.parseSchema(one.language, one.old);
    if (one.chain !== undefined) {
      stage = 'chain';
      const chain = pp.chain.parse(JSON.stringify(one.chain));
      Object.assign(result, { old: old.digest, target: chain.target(old).digest });
      stage = 'lens';
      lens = chain.lens(old);
    } else {
      stage = 'new';
      const next = pp.parseSchema(one.language, one.new ?? '');
      stage = 'migration';
      const migration = pp.migrate(old, next, { hints: one.hints ?? {}, defaults: one.defaults ?? {} });
      Object.assign(result, { old: old.digest, new: next.digest, migration: migration.digest });
      result['changes'] = old.diff(next).changes.map(({ kind, path }) => [kind, path]);
      result['questions'] = migration.questions.map(({ code, path }) => [code, path]);
      stage = 'lens';
      lens = migration.lens();
    }
  } catch (error) {
    return { ...result, error: told(error), stage };
  }
  const complements: (Uint8Array | null)[] = [];
  result['lens'] = lens.digest;
  result['records'] = one.records.map((record): Json => {
    try {
      const bytes = utf8.encode(record);
      const { view, complement } = lens.get(bytes);
      const lifted = lens.lift(bytes);
      const restored = lens.put(view, complement);
      complements.push(complement);
      return { lift: text.decode(lifted), view: text.decode(view), complement: hex(complement), restored: text.decode(restored) };
    } catch (error) {
      complements.push(null);
      return { error: told(error) };
    }
  });
  result['puts'] = one.puts.map((put): Json => {
    try {
      const view = utf8.encode(put.view);
      if (put.complement !== undefined) return { record: text.decode(lens.put(view, unhex(put.complement))) };
      if (put.complement_of === undefined || put.complement_of === null) return { record: text.decode(lens.create(view)) };
      return { record: text.decode(lens.put(view, complements[put.complement_of] ?? new Uint8Array())) };
    } catch (error) {
      return { error: told(error) };
    }
  });
  const lines = one.records.filter((record) => !/[\n\r]/.test(record)).map((record) => `${record}\n`);
  const failures: Json[] = [];
  const { views, complements: together } = lens.getNdjson(utf8.encode(lines.join('')), {
    onError: (error) => failures.push({ ...told(error), record: error.record, line: error.line, offset: error.offset }),
  });
  result['lines'] = { views: text.decode(views), complements: hex(together), failures };
  return result;
}

function told(error: unknown): { code: string; path: string | null; span: readonly number[] | null } {
  if (!(error instanceof PanprotoError)) throw error;
  return { code: error.code, path: error.path, span: error.span };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function unhex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** JSON with sorted keys and without white space. */
function sorted(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const map = value as { readonly [key: string]: Json };
  return `{${Object.keys(map)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${sorted(map[key] as Json)}`)
    .join(',')}}`;
}

// `node build/test/conformance.js [CASES]`
if (typeof process !== 'undefined' && process.argv[1] !== undefined && import.meta.url.endsWith('/conformance.js')) {
  const { pathToFileURL } = await import('node:url');
  if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    const { readFileSync } = await import('node:fs');
    const { Panproto } = await import('@panproto/core');
    const path = process.argv[2] ?? new URL('../../../../tests/conformance/cases.json', import.meta.url);
    const cases = JSON.parse(readFileSync(path, 'utf8')) as Case[];
    process.stdout.write(run(await Panproto.init(), cases).map((line) => `${line}\n`).join(''));
  }
}
