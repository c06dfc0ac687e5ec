/** The tour of the documentation, block by block, as users would paste it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LensHandle, Panproto, PanprotoTypeCheckError, ProtolensChainHandle } from '@panproto/core';
import type { Question } from '@panproto/core';
import { lexicon } from './schemas.js';

const textOrObject = lexicon({ text: 'string', sensitive: 'boolean' }, ['text']);
const newText = JSON.stringify(lexicon({ body: 'string', visibility: 'string' }, ['body', 'visibility']));
const record = { text: 'hello', sensitive: true };

test('the first block', async () => {
  const pp = await Panproto.init(); // browsers, Node, workers, bundlers: the same line
  const old = pp.parseSchema('atproto', textOrObject); // or parseLexicon, or protocol('atproto').schema().vertex(…)…build()
  const next = pp.parseSchema('atproto', newText);

  const fields: [string, string, boolean][] = [];
  for (const f of old.fields()) fields.push([f.name, f.type, f.required]);
  assert.deepEqual(fields, [['text', 'string', true], ['sensitive', 'boolean', false]]);

  const verdict = old.diff(next).verdict();
  assert.equal(verdict.backward.kind, 'breaks');
  if (verdict.backward.kind === 'breaks') assert.ok(verdict.backward.findings.length > 0);

  const asked: Question[] = [];
  const showToUser = (questions: readonly Question[]): void => void asked.push(...questions);
  const unknown = pp.migrate(old, next);
  if (unknown.questions.length) showToUser(unknown.questions);
  assert.ok(asked.some(({ path }) => path === 'body' || path === 'text'));

  const migration = pp.migrate(old, next, { hints: { text: 'body' }, defaults: { visibility: 'public' } });
  assert.deepEqual(migration.questions, []);
  const lens = migration.lens();

  const { view, complement } = lens.get(record);
  assert.deepEqual(view, { body: 'hello', visibility: 'public' });
  const restored = lens.put({ ...view, body: 'edited' }, complement);
  assert.deepEqual(restored, { text: 'edited', sensitive: true });

  const lines = '{"text":"a"}\n{"text":"b"}\n';
  const file = new Blob([lines]);
  const written: Uint8Array[] = [];
  const out = new WritableStream<Uint8Array>({ write: (chunk) => void written.push(chunk) });
  await file.stream().pipeThrough(lens.stream()).pipeTo(out); // newline-delimited JSON, back-pressure, constant memory
  const expected = '{"body":"a","visibility":"public"}\n{"body":"b","visibility":"public"}\n';
  assert.equal(await new Blob(written as BlobPart[]).text(), expected);
  const chunk = new TextEncoder().encode(lines);
  const bytes = lens.liftNdjson(chunk); // Uint8Array in and out
  assert.equal(new TextDecoder().decode(bytes), expected);

  const { signal } = new AbortController();
  const progress: number[] = [];
  const onProgress = (done: number): void => void progress.push(done);
  const came: unknown[] = [];
  for await (const r of lens.convert([record, record], { signal, onProgress })) came.push(r);
  assert.deepEqual(came, [view, view]);
  assert.deepEqual(progress, [2]);
});

test('the old names', async () => {
  const panproto = await Panproto.init();
  const a = panproto.parseLexicon(textOrObject);
  const b = panproto.parseLexicon(lexicon({ text: 'string', sensitive: 'boolean', more: 'string' }, ['text']));
  assert.deepEqual(await panproto.convert(record, { from: a, to: b }), record);
  assert.ok(panproto.lens(a, b) instanceof LensHandle);
  assert.ok(panproto.protolensChain(a, b) instanceof ProtolensChainHandle);
  assert.equal(panproto.diffFull(a, b).classify(panproto.protocol('atproto')).isBreaking, false);
});

test('a chain over many schemas, and a declaration', async () => {
  const pp = await Panproto.init();
  const author = { type: 'object', properties: { name: { type: 'string' } } };
  const schemas = { post: pp.parseSchema('atproto', lexicon({ author })), other: pp.parseSchema('atproto', lexicon({ text: 'string' })) };
  const c = pp.chain.renameField('author', 'name', 'displayName').andThen(pp.chain.addField('author', 'verified', 'boolean', { default: false }));
  assert.equal(c.appliesTo(schemas.post).applies, true);
  const { applied, skipped } = c.fleet(schemas);
  assert.deepEqual([applied, Object.keys(skipped)], [['post'], ['other']]);
  assert.deepEqual(c.lens(schemas.post).lift({ author: { name: 'Ada' } }), { author: { displayName: 'Ada', verified: false } });
  const migration = pp.compileMigration({ source: textOrObject, target: newText, fields: { text: 'body' }, defaults: { visibility: 'public' } });
  assert.deepEqual(migration.lens().lift(record), { body: 'hello', visibility: 'public' });
  assert.throws(() => pp.compileMigration({ source: textOrObject, target: newText, fields: { nothing: 'body' } }), PanprotoTypeCheckError);
});
