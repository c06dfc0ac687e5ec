import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Instance, Panproto, PanprotoError, executeQuery, fiberAt, fiberDecomposition, parseExpr, polyHom } from '@panproto/core';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const author = { type: 'object', properties: { name: { type: 'string' }, mail: { type: 'string' } } };
const tags = { type: 'array', items: { type: 'string' } };
const post = pp.parseSchema('atproto', lexicon({ text: 'string', count: 'integer', author, tags }));
const next = pp.parseSchema('atproto', lexicon({ body: 'string', count: 'integer', author, tags }));
const less = pp.parseSchema('atproto', lexicon({ body: 'string', count: 'integer' }));
const record = { text: 'hello', count: 2n ** 53n + 1n, author: { name: 'Ada', mail: 'm' }, tags: ['a', 'b'] };
const instance = pp.instance(post, record);
const BODY = 'com.example.post:body';

const coded = (code: string) => (error: unknown) => error instanceof PanprotoError && error.code === code;

test('a record is an instance, in every shape, and comes back exactly', () => {
  assert.deepEqual(instance.record(), record);
  assert.equal(instance.shape, 'wtype');
  assert.equal(instance.elementCount, 9);
  for (const shape of ['functor', 'graph', 'wtype'] as const) {
    const converted = instance.convert(shape);
    assert.equal(converted.shape, shape);
    assert.deepEqual(converted.convert('wtype').record(), record);
  }
  assert.ok(Instance.of(post, instance.data).equals(instance));
  assert.ok(Instance.fromJson(post, instance.toJson()).equals(instance));
  assert.ok(pp.parseJson(post, instance.toJson()).equals(instance));
  assert.deepEqual(pp.toJson(post, instance), instance.toJson());
});

test('everything that is wrong is told, with its path', () => {
  assert.deepEqual(instance.check(), { valid: true, decided: true, issues: [] });
  assert.deepEqual(instance.validate(), { isValid: true, errors: [] });
  const bad = pp.instance(post, { text: 1, author: { name: true } });
  const found = bad.check();
  assert.ok(!found.valid);
  assert.deepEqual(found.issues.map(({ type, path }) => [type, path]), [['type-mismatch', 'text'], ['type-mismatch', 'author.name']]);
  assert.equal(bad.validate().errors.length, 2);
  assert.throws(() => pp.instance(post, '{"text": '), (error: unknown) => error instanceof PanprotoError && error.span !== null);
  assert.throws(() => pp.instance(post, {}, { root: 'nobody' }), coded('unknown-root'));
});

test('queries', () => {
  const { matches, errors } = instance.query({ anchor: BODY, predicate: 'text == "hello"', project: ['text', 'count'] });
  assert.deepEqual(errors, []);
  assert.deepEqual(matches, [{ nodeId: 0, anchor: BODY, value: null, fields: { text: 'hello', count: record.count } }]);
  assert.deepEqual(instance.query({ anchor: BODY, predicate: pp.parseExpr('text == "other"') }).matches, []);
  assert.deepEqual(instance.query({ anchor: `${BODY}.tags:items` }).matches.map(({ value }) => value), ['a', 'b']);
  assert.deepEqual(instance.query({ anchor: `${BODY}.tags:items`, limit: 1 }).matches.map(({ value }) => value), ['a']);
  const failed = instance.query({ anchor: BODY, predicate: 'text + 1 == 2' });
  assert.deepEqual([failed.matches.length, failed.errors.length], [0, 1]);
  assert.deepEqual(executeQuery({ anchor: BODY, predicate: parseExpr('has_field attrs "text"'), projection: ['text'] }, instance).map(({ fields }) => fields), [{ text: 'hello' }]);
  assert.throws(() => executeQuery({ anchor: BODY, predicate: parseExpr('1 / 0 == 1') }, instance), PanprotoError);
  assert.throws(() => instance.query({ anchor: BODY, predicate: '(' }), PanprotoError);
});

test('instances move along migrations, and fibers are what goes where', () => {
  const migration = pp.migrate(post, less, { hints: { text: 'body', author: null, tags: null } });
  const { instance: view, complement } = instance.restrict(migration);
  assert.deepEqual(view.record(), { body: 'hello', count: record.count });
  assert.ok(view.schema.equals(less));
  assert.deepEqual(view.section(complement as string, post).record(), record);
  const fibers = instance.fibers(migration);
  assert.deepEqual(fibers[BODY], [0]);
  assert.deepEqual(instance.fiber(migration, `${BODY}.body`), fibers[`${BODY}.body`]);
  assert.deepEqual(fiberDecomposition(instance._bytes, migration.toBytes()), fibers);
  assert.deepEqual(fiberAt(instance, migration, BODY), [0]);
  const saved = pp.loadMigration(migration.toJSON());
  assert.deepEqual(instance.fibers(saved), fibers);
  assert.deepEqual(instance.restrict(saved).instance.record(), view.record());
  const whole = pp.migrate(post, next, { hints: { text: 'body' } });
  assert.deepEqual(instance.extend(whole).record(), { body: 'hello', count: record.count, author: record.author, tags: record.tags });
  assert.deepEqual(pp.instance(post, { text: 'a' }).convert('functor').pi(whole).convert('wtype').record(), { body: 'a' });
  assert.throws(() => instance.restrict({} as never), coded('wrong-argument'));
});

test('the schema of maps between schemas', () => {
  const bytes = polyHom(post, less);
  assert.ok(bytes.length > 0);
  assert.deepEqual(polyHom(post.toBytes(), less.toBytes()), bytes);
  assert.throws(() => polyHom(Uint8Array.of(1, 2), less), PanprotoError);
});

test('parts that go to one vertex, and pairs of two instances', () => {
  const whole = pp.migrate(post, next, { hints: { text: 'body' } });
  assert.deepEqual(instance.groups(whole)[`${BODY}.body`], ['hello']);
  assert.deepEqual(instance.groups(whole)[`${BODY}.author`], [record.author]);
  const other = pp.instance(post, { text: 'other' });
  const at = (of: Instance) => of.fiber(whole, `${BODY}.body`)[0] as number;
  const pairs = instance.join(whole, other, whole);
  assert.ok(pairs.some(([one, two]) => one === at(instance) && two === at(other)));
  assert.equal(pairs.length, Object.entries(other.fibers(whole)).reduce((sum, [vertex, nodes]) => sum + nodes.length * (instance.fibers(whole)[vertex]?.length ?? 0), 0));
  const mapping = Instance.curry(whole).eval(post);
  const along = { mapping, source: post, target: next };
  assert.deepEqual(instance.join(along, other, along), pairs);
  assert.deepEqual(instance.groups(along), instance.groups(whole));
  assert.deepEqual(instance.fibers(along), instance.fibers(whole));
  assert.throws(() => instance.join(whole, other, {} as never), coded('wrong-argument'));
});

test('mappings are instances of the schema of maps', () => {
  const whole = pp.migrate(post, next, { hints: { text: 'body' } });
  const curried = Instance.curry(whole);
  assert.deepEqual([curried.shape, curried.schema.protocol, curried.check().valid], ['graph', 'hom', true]);
  const mapping = curried.eval(post);
  assert.equal((mapping['vertex_map'] as Record<string, string>)[`${BODY}.text`], `${BODY}.body`);
  assert.ok(Instance.curry({ mapping, source: post, target: next }).equals(curried));
  assert.throws(() => instance.eval(post), coded('wrong-shape'));
  assert.ok(Instance.curry(pp.loadMigration(whole.toJSON())).equals(curried));
});

test('tables of several records', () => {
  const tables = pp.tables(post, [{ text: 'a' }, '{"text": "b"}']);
  assert.deepEqual([tables.shape, tables.check().valid], ['functor', true]);
  assert.deepEqual(tables.query({ anchor: `${BODY}.text` }).matches.map(({ value }) => value), ['a', 'b']);
  assert.ok(pp.tables(post, [record]).equals(instance.convert('functor')));
  assert.throws(() => pp.tables(post, ['{']), PanprotoError);
});

test('formats', () => {
  const io = pp.io();
  assert.deepEqual(io.protocols, ['atproto', 'json-schema']);
  assert.ok(io.hasProtocol('json_schema') && !io.hasProtocol('docx'));
  assert.deepEqual(io.categories, { data_schema: ['json_schema'], web_document: ['atproto'] });
  const parsed = io.parse('atproto', post, '{"text":"x"}');
  assert.deepEqual(new TextDecoder().decode(io.emit('atproto', post, parsed)), '{"text":"x"}');
  assert.throws(() => io.parse('docx', post, '{}'), coded('unknown-format'));
});
