/** Every `@example` of the sources runs: it compiles and raises nothing. */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import ts from 'typescript';
import * as api from '@panproto/core';
import { WorkerPool } from '@panproto/core/worker';
import { lexicon } from './schemas.js';

const root = new URL('../../src/', import.meta.url);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.startsWith('entrypoints')).sort();

/** The code of the examples of a source, with the line where each begins. */
function examplesOf(text: string): { readonly line: number; readonly code: string }[] {
  const found: { line: number; code: string }[] = [];
  for (const comment of text.matchAll(/\/\*\*[^]*?\*\//g)) {
    const body = comment[0].replace(/^\/\*\*|\*\/$/g, '').replace(/^[ \t]*\* ?/gm, '');
    for (const example of body.matchAll(/@example\s+(?:```ts\n([^]*?)```|`([^`]*(?:`[^`]*`[^`]*)*)`(?=\s*(?:@|$)))/g)) {
      const line = text.slice(0, comment.index + example.index).split('\n').length;
      found.push({ line, code: (example[1] ?? example[2]) as string });
    }
  }
  return found;
}

const pp = await api.Panproto.init();
const properties = { author: { type: 'object', properties: { name: { type: 'string' }, mail: { type: 'string' } } }, tags: { type: 'array', items: { type: 'string' } } };
const reply = { defs: { replyRef: { type: 'object', properties: { root: { type: 'string' } } } } };
const document = lexicon({ text: 'string', count: 'integer', ...properties }) as typeof reply;
const post = pp.parseLexicon({ ...document, defs: { ...document.defs, ...reply.defs } });
const old = pp.parseSchema('atproto', lexicon({ text: 'string' }));
const next = pp.parseSchema('atproto', lexicon({ body: 'string' }));
const migration = pp.migrate(old, next, { hints: { text: 'body' } });
const lens = migration.lens();
const record = { text: 'hello' };
const { view, complement } = lens.get(record);
const lines = new TextEncoder().encode('{"text":"a"}\n{"text":"b"}\n');
const got = lens.getNdjson(lines);
const v1 = JSON.stringify(lexicon({ text: 'string' }));
const v2 = JSON.stringify(lexicon({ body: 'string' }));
const file = new Blob([lines]);
const wasm = readFileSync(new URL('../../dist/panproto.wasm', import.meta.url));

const pool = new WorkerPool({ size: 1 });
after(() => pool.dispose());

/** What examples take for granted. */
const here = {
  ...api,
  pp,
  post,
  schema: post,
  profile: next,
  old,
  next,
  migration,
  lens,
  chain: pp.chain.renameField('author', 'name', 'displayName'),
  record,
  records: [record, record],
  view,
  complement,
  views: got.views,
  complements: got.complements,
  data: lines,
  instance: pp.instance(old, record),
  restricted: pp.instance(old, record).restrict(migration),
  compiled: ['com.example.post', 'com.example.post:body', 'com.example.post:body.text'].reduce((made, id) => made.map(id, id), pp.migration(old, old)).compile(),
  protocol: pp.protocol('atproto'),
  handle: pp.lens(old, old),
  json: '{"text": "a"}',
  a: new api.TheoryBuilder('A').sort('S').build(),
  text: v1,
  lexicon: v1,
  v1,
  v2,
  newer: next,
  result: pp.validateSchema(old, pp.protocol('atproto')),
  error: new api.PanprotoError('an example'),
  file,
  // A stream is closed by who writes to it: each example has its own.
  get out() {
    return new WritableStream();
  },
  pool,
  signal: new AbortController().signal,
  send: () => {},
  show: () => {},
  showToUser: () => {},
  report: () => {},
  mark: () => {},
  ask: () => {},
  undo: () => {},
  skip: () => {},
  location: new URL('http://localhost/'),
  console: { ...console, log: () => {}, table: () => {}, assert: (holds: boolean) => assert.ok(holds) },
  readFile: async (name: string, encoding?: string) => (name.endsWith('.json') ? JSON.stringify(migration) : encoding === undefined ? lines : v1),
  writeFile: async () => {},
};

// What a page would be served.
globalThis.fetch = async () => new Response(wasm, { headers: { 'content-type': 'application/wasm' } });

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (...names: string[]) => (...values: unknown[]) => Promise<unknown>;

for (const name of files) {
  for (const { line, code } of examplesOf(readFileSync(new URL(name, root), 'utf8'))) {
    test(`${name}:${line}`, async () => {
      // Catch clauses alone are examples of what an error says.
      const source = /^\s*catch \(/.test(code) ? `try { throw error; } ${code}` : code;
      const { outputText } = ts.transpileModule(`export {};\n${source}`, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } });
      const body = outputText.replace('export {};', '').replace(/\bthrow error;$/, '');
      const returned = /^\s*(?:if|throw|return)\b[^\n]*\b(?:return|throw)\b/.test(body) ? `for (;;) { try { ${body} } catch { } break; }` : `{ ${body} }`;
      await new AsyncFunction(...Object.keys(here), returned)(...Object.values(here));
    });
  }
}

test('there are many', () => assert.ok(files.flatMap((name) => examplesOf(readFileSync(new URL(name, root), 'utf8'))).length > 150));
