import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BuiltSchema,
  CompatReport,
  LensHandle,
  MigrationError,
  Panproto,
  PanprotoUsageError,
  ProtolensChainHandle,
  Schema,
  SchemaValidationError,
} from '@panproto/core';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const builder = pp
  .protocol('atproto')
  .schema()
  .vertex('post', 'record', { nsid: 'app.bsky.feed.post' })
  .vertex('post:body', 'object')
  .vertex('post:body.text', 'string')
  .edge('post', 'post:body', 'record-schema')
  .edge('post:body', 'post:body.text', 'prop', { name: 'text' })
  .constraint('post:body.text', 'maxLength', '3000');

test('a builder makes a schema, and every step leaves the builder before as it was', () => {
  const plain = builder.build();
  const required = builder.required('post:body', [{ src: 'post:body', tgt: 'post:body.text', kind: 'prop', name: 'text' }]).build();
  assert.ok(plain instanceof BuiltSchema && plain instanceof Schema);
  assert.equal(plain.protocol, 'atproto');
  assert.deepEqual(Object.keys(plain.vertices), ['post', 'post:body', 'post:body.text']);
  assert.deepEqual(plain.vertices['post'], { id: 'post', kind: 'record', nsid: 'app.bsky.feed.post' });
  assert.deepEqual(plain.edges[1], { src: 'post:body', tgt: 'post:body.text', kind: 'prop', name: 'text' });
  assert.equal(plain.data.constraints['post:body.text']?.[0]?.value, '3000');
  assert.deepEqual(plain.data.required, Object.create(null));
  assert.deepEqual(required.data.required['post:body']?.map((edge) => edge.name), ['text']);
  assert.deepEqual(plain.fields().map(({ name, required }) => [name, required]), [['text', false]]);
  assert.deepEqual(required.fields().map(({ name, required }) => [name, required]), [['text', true]]);
  assert.notEqual(plain.digest, required.digest);
  assert.equal(plain.digest, builder.build().digest);
  assert.ok(plain.equals(builder.build()));
  assert.equal(plain.normalize(), plain);
});

test('steps that make no schema are refused', () => {
  const refused = (step: () => unknown, code: string): void => {
    assert.throws(step, (error: unknown) => error instanceof SchemaValidationError && error.code === code && error.errors.length === 1);
  };
  refused(() => builder.vertex('post', 'record'), 'duplicate-vertex');
  refused(() => builder.edge('post', 'nobody', 'prop'), 'unknown-vertex');
  refused(() => builder.constraint('nobody', 'maxLength', '1'), 'unknown-vertex');
  refused(() => builder.required('post:body', ['nobody']).build(), 'unknown-edge');
  refused(() => builder.hyperEdge('h', 'fk', { x: 'nobody' }, 'x'), 'unknown-vertex');
  refused(() => pp.protocol('atproto').schema().build(), 'schema-empty');
});

test('edges between several vertices', () => {
  const built = builder.hyperEdge('h', 'fk', { of: 'post:body', at: 'post:body.text' }, 'of').build();
  assert.deepEqual(built.data.hyperEdges, { h: { id: 'h', kind: 'fk', signature: { of: 'post:body', at: 'post:body.text' }, parentLabel: 'of' } });
});

test('protocols say what they allow', () => {
  const atproto = pp.protocol('atproto');
  assert.equal(atproto.name, 'atproto');
  assert.ok(atproto.objectKinds.includes('record'));
  assert.ok(atproto.edgeRules.some((rule) => rule.edgeKind === 'record-schema' && rule.srcKinds.includes('record')));
  assert.ok(atproto.constraintSorts.includes('maxLength'));
  assert.deepEqual(pp.listProtocols().includes('json-schema'), true);
  assert.throws(() => pp.protocol('nothing'), (error: unknown) => error instanceof PanprotoUsageError && error.code === 'unknown-protocol');
  const mine = pp.defineProtocol({ ...atproto.spec, name: 'mine', objKinds: ['record'], edgeRules: [], constraintSorts: ['enum'] });
  assert.equal(mine.name, 'mine');
  const valid = builder.build().validate(atproto);
  assert.deepEqual([valid.isValid, valid.errorCount, valid.issues], [true, 0, []]);
  const invalid = pp.validateSchema(builder.build(), mine);
  assert.equal(invalid.isValid, false);
  assert.ok(invalid.issues.every((issue) => typeof issue.type === 'string'));
});

const old = pp.parseLexicon(lexicon({ text: 'string', count: 'integer' }, ['text']));
const wider = pp.parseLexicon(JSON.stringify(lexicon({ text: 'string', count: 'integer', more: 'string' }, ['text'])));
const tighter = pp.parseLexicon(lexicon({ text: { type: 'string', maxLength: 10 }, count: 'integer' }, ['text', 'count']));

test('diff has the documented keys', () => {
  assert.deepEqual(pp.diff(old, old), { compatibility: 'fully-compatible', changes: [] });
  const added = pp.diff(old, wider);
  assert.notEqual(added.compatibility, 'breaking');
  assert.deepEqual(added.changes.map(({ kind }) => kind), ['vertex-added', 'edge-added']);
  const tightened = pp.diff(old, tighter);
  assert.equal(tightened.compatibility, 'breaking');
  assert.deepEqual(tightened.changes.map(({ kind }) => kind), ['constraint-added', 'required-added']);
});

test('diffFull().classify() tells what breaks', () => {
  const none = pp.diffFull(old, old);
  assert.equal(none.hasChanges, false);
  const same = none.classify(pp.protocol('atproto'));
  assert.ok(same instanceof CompatReport);
  assert.deepEqual([same.isCompatible, same.isBreaking, same.breakingChanges, same.nonBreakingChanges], [true, false, [], []]);
  const full = pp.diffFull(old, tighter);
  assert.equal(full.hasChanges, true);
  assert.deepEqual(Object.keys(full.data.added_required), ['com.example.post:body']);
  assert.deepEqual(Object.values(full.data.modified_constraints).map(({ added }) => added.length), [1]);
  const report = full.classify(pp.protocol('atproto'));
  assert.deepEqual([report.isCompatible, report.isBreaking, report.isBackwardCompatible], [false, true, false]);
  assert.ok(report.breakingChanges.every(({ type, details }) => typeof type === 'string' && typeof details === 'object'));
  assert.deepEqual((JSON.parse(report.toJson()) as { compatible: boolean }).compatible, false);
  assert.match(report.toText(), /breaks/);
});

test('convert, lens and their results', async () => {
  const next = pp.parseLexicon(lexicon({ text: 'string', visibility: 'string' }, ['text', 'visibility']));
  const record = { text: 'a', count: 2 };
  assert.deepEqual(await pp.convert(record, { from: old, to: next, defaults: { visibility: 'public' } }), { text: 'a', visibility: 'public' });
  assert.deepEqual(await pp.convert(bytes(record), { from: old, to: wider }), record);
  await assert.rejects(pp.convert(record, { from: old, to: next }), (error: unknown) => error instanceof MigrationError);
  const handle = pp.lens(old, wider);
  assert.ok(handle instanceof LensHandle);
  const { view, complement } = handle.get(bytes(record));
  assert.deepEqual(view, record);
  const put = handle.put(bytes({ ...record, text: 'b' }), complement);
  assert.deepEqual(put.data, { ...record, text: 'b' });
  assert.deepEqual(put._rawBytes, bytes({ ...record, text: 'b' }));
  for (const law of [handle.checkLaws(bytes(record)), handle.checkGetPut(record), handle.checkPutGet(record)]) {
    assert.deepEqual(law, { holds: true, violation: null });
  }
  assert.deepEqual(LensHandle.autoGenerate(old, wider).get(record).view, record);
});

test('an explicit migration', () => {
  const from = pp.parseLexicon(lexicon({ text: 'string' }));
  const to = pp.parseLexicon(lexicon({ body: 'string' }));
  const builder = pp
    .migration(from, to)
    .map('com.example.post', 'com.example.post')
    .map('com.example.post:body', 'com.example.post:body')
    .map('com.example.post:body.text', 'com.example.post:body.body');
  const compiled = builder.compile();
  assert.deepEqual(compiled.spec, builder.toSpec());
  assert.deepEqual(compiled.lift({ text: 'a' }).data, { body: 'a' });
  const { view, complement } = compiled.get({ text: 'a', more: 1 });
  assert.deepEqual(compiled.put({ ...(view as object), body: 'b' }, complement).data, { text: 'b', more: 1 });
  assert.equal(builder.invert().vertexMap['com.example.post:body.body'], 'com.example.post:body.text');
  assert.throws(() => builder.map('a', 'x').map('b', 'x').invert(), (error: unknown) => error instanceof MigrationError && error.code === 'not-invertible');
  assert.throws(() => pp.migration(from, to).map('nobody', 'com.example.post').compile(), MigrationError);
});

test('an instance is a record, as in published releases', async () => {
  const record = { text: 'a', count: 2 };
  const instance = pp.instance(old, record);
  const handle = pp.lens(old, wider);
  const { view, complement } = handle.get(instance);
  assert.deepEqual(view, record);
  assert.deepEqual(handle.put(pp.instance(wider, { ...record, text: 'b' }), complement).data, { ...record, text: 'b' });
  assert.equal(handle.checkLaws(instance).holds, true);
  assert.deepEqual(await pp.convert(instance, { from: old, to: wider }), record);
});

test('a chain that leaves something open, or that steps cannot say, is an error and not a chain that drops it', () => {
  const from = pp.parseLexicon(lexicon({ text: 'string' }));
  const to = pp.parseLexicon(lexicon({ body: 'string' }));
  const undecided = (error: unknown): boolean => error instanceof MigrationError && error.code === 'migration-undecided' && error.path === 'text';
  assert.throws(() => pp.protolensChain(from, to), undecided);
  assert.throws(() => ProtolensChainHandle.autoGenerateWithHints(from, to, {}), undecided);
  assert.deepEqual(pp.protolensChain(from, to, { hints: { text: 'body' } }).instantiate(from).get({ text: 'a' }).view, { body: 'a' });
});

test('builders branch, and grow without a copy for each step', () => {
  const base = pp.protocol('json-schema').schema().vertex('a', 'object').vertex('a.x', 'string');
  const one = base.edge('a', 'a.x', 'prop', { name: 'x' }).vertex('a.y', 'string');
  const other = base.vertex('a.z', 'string');
  assert.deepEqual([one, other, base].map((builder) => Object.keys(builder.build().vertices)), [['a', 'a.x', 'a.y'], ['a', 'a.x', 'a.z'], ['a', 'a.x']]);
  assert.throws(() => base.edge('a', 'a.y', 'prop'), { code: 'unknown-vertex' });
  assert.throws(() => other.edge('a', 'a.y', 'prop'), { code: 'unknown-vertex' });
  assert.equal(other.vertex('a.y', 'string').vertex('b', 'string').build().vertexCount, 5);
  assert.throws(() => one.vertex('a.y', 'string'), { code: 'duplicate-vertex' });
  let many = pp.migration(old, wider);
  const first = many.map('a', 'b');
  assert.deepEqual(many.map('a', 'c').toSpec().vertexMap, { a: 'c' });
  assert.deepEqual(first.map('x', 'y').map('a', 'd').toSpec().vertexMap, { a: 'd', x: 'y' });
  assert.deepEqual(first.toSpec().vertexMap, { a: 'b' });
  for (let at = 0; at < 200_000; at++) many = many.map(`v${at}`, `w${at}`);
  assert.equal(Object.keys(many.toSpec().vertexMap).length, 200_000);
});

test('a protocol without its lists says which it lacks', () => {
  assert.throws(() => pp.defineProtocol({ name: 'x' } as never), { code: 'wrong-argument', path: 'edgeRules' });
  assert.throws(() => pp.defineProtocol(undefined as never), { code: 'wrong-argument' });
});
