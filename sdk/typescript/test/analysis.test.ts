import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ExprBuilder,
  Migration,
  MigrationAnalysis,
  Panproto,
  PanprotoError,
  PanprotoTypeCheckError,
  SchemaEnrichment,
  SymmetricLensHandle,
  distance,
  preferredPath,
} from '@panproto/core';
import * as core from '@panproto/core';
import type { Schema } from '@panproto/core';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const old = pp.parseSchema('atproto', lexicon({ text: 'string', count: 'integer' }));
const next = pp.parseSchema('atproto', lexicon({ body: 'string', count: 'integer' }));
const last = pp.parseSchema('atproto', lexicon({ body: 'string', total: 'integer' }));
const first = pp.migrate(old, next, { hints: { text: 'body' } });
const second = pp.migrate(next, last, { hints: { count: 'total' } });
const record = { text: 'hello', count: 2 };

const coded = (code: string) => (error: unknown) => error instanceof PanprotoError && error.code === code;

test('migrations and lenses compose and invert', () => {
  const both = first.andThen(second);
  assert.deepEqual(both.lens().lift(record), { body: 'hello', total: 2 });
  const lens = first.lens().andThen(second.lens());
  const { view, complement } = lens.get(record);
  assert.deepEqual(view, { body: 'hello', total: 2 });
  assert.deepEqual(lens.put({ ...view, total: 3 }, complement), { text: 'hello', count: 3 });
  assert.deepEqual(lens.fuse().lens.lift(record), view);
  assert.deepEqual(first.andThen(first.invert()).lens().lift(record), record);
  assert.ok(both.source?.equals(old) && both.target?.equals(last) && first.invert().target?.equals(old));
  assert.equal(lens.obstruction(), null);
  const drops = pp.migrate(old, pp.parseSchema('atproto', lexicon({ text: 'string' })), { hints: { count: null } });
  assert.throws(() => drops.invert(), coded('dropped-vertices'));
  const why = drops.lens().obstruction();
  assert.deepEqual([why?.kind, why?.reasons[0]?.path], ['DroppedVertices', 'count']);
  assert.throws(() => first.lens().andThen(first.lens()), coded('lens-not-composable'));
});

test('coverage: a dry run with the reason of each failure', () => {
  const found = first.coverage([record, { text: 1 }, '{"text": "a"}']);
  assert.deepEqual([found.total, found.succeeded, found.failed, found.codes], [3, 2, 1, { 'type-mismatch': 1 }]);
  assert.deepEqual(found.failures.map(({ record, path, inView, reason }) => [record, path, inView, reason]), [
    [1, 'body', true, { type: 'type_mismatch', expected: 'string', got: 'number' }],
  ]);
  assert.equal(first.lens().coverage('{"text":"a"}\n{"text":1}\n').percent, 50);
  const compiled = pp.migration(old, old).map('com.example.post', 'com.example.post').compile();
  const report = new MigrationAnalysis(pp).dryRun(compiled, [record, pp.instance(old, record)], old, old);
  assert.deepEqual(report, { totalRecords: 2, successful: 2, failed: [], coverageRatio: 1 });
  assert.equal(new MigrationAnalysis(pp).opticKind(pp.protolensChain(old, old), old), 'iso');
});

test('whether an explicit migration can exist', () => {
  const vertices = ['com.example.post', 'com.example.post:body', 'com.example.post:body.count'];
  const builder = vertices.reduce((made, id) => made.map(id, id), pp.migration(old, next)).map('com.example.post:body.text', 'com.example.post:body.body');
  assert.deepEqual(pp.checkExistence(old, next, builder), { valid: true, errors: [] });
  const wrong = pp.checkExistence(old, next, pp.migration(old, next).map('nobody', 'com.example.post'));
  assert.equal(wrong.valid, false);
  assert.equal(wrong.errors[0]?.kind, 'well-formedness');
  assert.match(wrong.errors[0]?.message ?? '', /nobody/);
  const compiled = builder.compile();
  const after = pp.compose(compiled, vertices.reduce((made, id) => made.map(id, id), pp.migration(next, next)).map('com.example.post:body.body', 'com.example.post:body.body').compile());
  assert.deepEqual(after.lift(record).data, { body: 'hello', count: 2 });
  assert.equal(after.spec.vertexMap['com.example.post:body.text'], 'com.example.post:body.body');
  assert.deepEqual(pp.composeLenses(pp.lens(old, old), pp.lens(old, old)).get(record).view, record);
});

test('declarations', () => {
  const migration = pp.compileMigration({ source: old, target: next, fields: { text: 'body' } });
  assert.ok(migration instanceof Migration);
  assert.deepEqual(migration.lens().lift(record), { body: 'hello', count: 2 });
  const text = JSON.stringify({ source: lexicon({ text: 'string' }), target: lexicon({ body: 'string' }), fields: { text: { to: 'body', expr: 'upper v' } } });
  assert.deepEqual(pp.compileMigration(text).lens().lift({ text: 'a' }), { body: 'A' });
  const refused = (declaration: object | string, code: string, path: string | null): void => {
    assert.throws(() => pp.compileMigration(declaration as never), (error: unknown) => error instanceof PanprotoTypeCheckError && error.code === code && error.path === path, code);
  };
  refused({ source: old }, 'missing-member', 'target');
  refused('{', 'declaration-syntax', null);
  refused('[]', 'type-mismatch', null);
  assert.throws(() => pp.compileMigration({ source: old, target: next, fields: { nothing: 'body' } }), PanprotoTypeCheckError);
  assert.throws(() => pp.compileMigration({ source: old, target: next, wrong: 1 }), PanprotoTypeCheckError);
  assert.throws(() => pp.compileMigration({ source: old, target: next, fields: { text: { to: 'body', expr: 'v +' } } }), PanprotoError);
});

test('a declaration that is text says where it is wrong', () => {
  const [v1, v2] = [lexicon({ text: 'string' }), lexicon({ body: 'string' })].map((document) => JSON.stringify(document));
  const wrong = (text: string, code: string, at: string, options = {}): void => {
    assert.throws(
      () => pp.compileMigration(text, options),
      (error: unknown) => {
        assert.ok(error instanceof PanprotoTypeCheckError, String(error));
        assert.equal(error.code, code, error.message);
        const [start, end] = error.span ?? [0, 0];
        if (code === 'declaration-syntax') assert.ok(start > 0);
        assert.equal(text.slice(start, end), at);
        return true;
      },
    );
  };
  // Spans count units of the text: what stands before has wide letters.
  const json = `{"keys": {"😀ü": "x"}, "source": ${v1}, "target": ${v2}, "fields": {"nothing": "body"}}`;
  wrong(json.replace('"keys": {"😀ü": "x"}', '"trust": ["😀ü"]'), 'unknown-path', '"body"');
  wrong(`{"source": ${v1}, "target": ${v2}, "trust": ["😀"], "wrong": 1}`, 'unknown-member', '"wrong"');
  wrong(`{"trust": ["😀"], "source": ${v1},, "target": ${v2}}`, 'declaration-syntax', ',');
  wrong(`{"source": ${v1}, "target": ${v2}, "fields": {"text": {"to": "body", "expr": "upper w"}}}`, 'unknown-variable', '{"to": "body", "expr": "upper w"}');

  const yaml = `# 😀\nsource: ${v1}\ntarget: ${v2}\nfields:\n  text: body # renamed\n`;
  assert.deepEqual(pp.compileMigration(yaml).lens().lift({ text: 'a' }), { body: 'a' });
  wrong(yaml.replace('text: body', 'nothing: body'), 'unknown-path', 'body');
  wrong(yaml.replace('fields:', 'fields: ['), 'declaration-syntax', '');
  wrong('source: { type: object }', 'missing-member', '');
  assert.deepEqual(pp.compileMigration(`{source: ${v1}, target: ${v2}, fields: {text: body}}`, { format: 'yaml' }).lens().lift({ text: 'a' }), { body: 'a' });
});

test('a migration that was loaded knows its schemas', () => {
  const saved = pp.migrate(old, next, { hints: { text: 'body' } });
  const loaded = pp.loadMigration(JSON.stringify(saved));
  assert.ok(loaded.source.equals(old) && loaded.target.equals(next));
  assert.deepEqual(loaded.source.fields(), old.fields());
  assert.deepEqual(loaded.target.roots, next.roots);
  const instance = pp.instance(old, record);
  assert.deepEqual(instance.restrict(loaded).instance.record(), instance.restrict(saved).instance.record());
});

test('mappings that leave out the record vertex are composed', () => {
  const [a, b, c] = ['text', 'body', 'content'].map((name) => pp.parseSchema('atproto', lexicon({ [name]: 'string' }))) as [Schema, Schema, Schema];
  const step = (from: Schema, to: Schema, one: string, other: string) =>
    pp.migration(from, to).map('com.example.post:body', 'com.example.post:body').map(`com.example.post:body.${one}`, `com.example.post:body.${other}`).compile();
  const both = pp.compose(step(a, b, 'text', 'body'), step(b, c, 'body', 'content'));
  assert.deepEqual(both.lift({ text: 'x' }).data, { content: 'x' });
});

test('lenses that begin elsewhere in one schema are not composed, and the error says where they begin', () => {
  const object = { type: 'object', properties: { text: { type: 'string' } } };
  const schema = pp.parseSchema('atproto', { lexicon: 1, id: 'com.example.two', defs: { a: object, b: object } });
  const lens = pp.migrate(schema, schema, { oldRoot: '#a', newRoot: '#b' }).lens();
  assert.throws(() => lens.andThen(lens), (error: unknown) => {
    assert.ok(error instanceof PanprotoError && error.code === 'lens-not-composable');
    assert.match(error.message, /values of `com\.example\.two#b`.*values of `com\.example\.two#a`/);
    return true;
  });
});

test('the cheapest way between versions', () => {
  const versions = pp.versions([
    { source: 'v1', target: 'v2', by: first },
    { source: 'v2', target: 'v3', by: second.lens(), name: 'rename count' },
    { source: 'v1', target: 'v3', cost: 100 },
  ]);
  assert.deepEqual(versions.path('v1', 'v3').steps, ['v1 -> v2', 'rename count']);
  assert.equal(versions.distance('v3', 'v1'), Infinity);
  assert.throws(() => versions.path('v3', 'v1'), coded('no-conversion-path'));
  assert.deepEqual(versions.lens('v1', 'v3').lift(record), { body: 'hello', total: 2 });
  const edges = [{ source: 'a', target: 'b', chain: new TextEncoder().encode('[{"step_type":"remove_field","name":"x"}]') }];
  assert.deepEqual(preferredPath(edges, 'a', 'b'), { cost: 1, steps: ['a -> b'] });
  assert.deepEqual([preferredPath(edges, 'b', 'a'), preferredPath(edges, 'a', 'c'), distance(edges, 'a', 'b'), distance(edges, 'b', 'a')], [null, null, 1, Infinity]);
});

test('two sides are kept in step, and each keeps what only it has', () => {
  const left = pp.parseSchema('atproto', lexicon({ text: 'string', mine: 'string' }));
  const right = pp.parseSchema('atproto', lexicon({ text: 'string', yours: 'string' }));
  const sync = pp.symmetric(left, right, { hints: { mine: null } });
  assert.deepEqual(sync.unshared, { left: ['mine'], right: ['yours'] });
  const one = sync.syncLeftToRight({ text: 'a', mine: 'm' }, { other: { text: '-', yours: 'y' } });
  assert.deepEqual(one.record, { text: 'a', yours: 'y' });
  const two = sync.syncRightToLeft({ text: 'b', yours: 'z' }, { state: one.state });
  assert.deepEqual(two.record, { text: 'b', mine: 'm' });
  assert.deepEqual(sync.syncLeftToRight(two.record, { state: two.state }).record, { text: 'b', yours: 'z' });
  const handle = SymmetricLensHandle.fromSchemas(left, right, undefined, { hints: { mine: null } });
  const got = handle.syncLeftToRight(new TextEncoder().encode('{"text":"a","mine":"m"}'), new Uint8Array());
  assert.deepEqual(got.view, { text: 'a' });
  assert.deepEqual(handle.syncRightToLeft('{"text":"c"}', got.complement).view, { text: 'c', mine: 'm' });
});

test('what functions give can be awaited: nothing of ours is taken for a promise', async () => {
  assert.equal(await Promise.resolve(first), first);
  for (const [name, one] of Object.entries(core)) {
    if (typeof one === 'function') assert.equal('then' in ((one.prototype ?? {}) as object), false, name);
  }
});

test('edits are translated without the record', () => {
  const source = pp.instance(old, record);
  assert.deepEqual(source.edit([{ op: 'replace', path: '/text', value: 'edited' }]).record(), { text: 'edited', count: 2 });
  const edits = pp.editLens(first, source);
  assert.deepEqual(edits.view.record(), { body: 'hello', count: 2 });
  const back = edits.put([{ op: 'replace', path: '/body', value: 'edited' }]);
  assert.equal(back.absorbed, false);
  assert.deepEqual(source.edit(back.edit).record(), { text: 'edited', count: 2 });
  const forth = back.next.get([{ op: 'replace', path: '/count', value: 3 }]);
  assert.deepEqual(edits.view.edit(forth.edit).record(), { body: 'hello', count: 3 });
  assert.throws(() => source.edit([{ op: 'replace', path: '/nothing', value: 1 }]), PanprotoError);
});

test('edits are translated along the lens of a chain', () => {
  const schema = pp.parseSchema('atproto', lexicon({ first: 'string', last: 'string', n: 'integer' }));
  const chain = pp.chain.renameField('', 'n', 'count').mergeFields('', ['first', 'last'], 'name', 'concat first (concat " " last)');
  const source = pp.instance(schema, { first: 'Ada', last: 'Lovelace', n: 1 });
  const edits = pp.editLens({ lens: chain.lens(schema), target: chain.target(schema) }, source);
  assert.deepEqual(edits.view.record(), { count: 1, name: 'Ada Lovelace' });
  const forth = edits.get([{ op: 'replace', path: '/first', value: 'Augusta' }]);
  assert.deepEqual(edits.view.edit(forth.edit).record(), { count: 1, name: 'Augusta Lovelace' });
  const back = forth.next.put([{ op: 'replace', path: '/count', value: 2 }]);
  assert.deepEqual(source.edit(back.edit).record(), { first: 'Ada', last: 'Lovelace', n: 2 });
});

test('enrichment: what a schema says beside its shape', () => {
  const text = 'com.example.post:body.text';
  const lit = ExprBuilder.lit({ type: 'str', value: '-' });
  const enriched = new SchemaEnrichment(old).addDefault(text, lit).addPolicy(text, { type: 'keep_left' }).addCoercion('string', 'integer', ExprBuilder.builtin('StrToInt', ExprBuilder.var_('v')));
  const { defaults, coercions, policies, mergers } = enriched.listEnrichments();
  assert.deepEqual([defaults, coercions.length, policies.length, mergers], [[{ vertex: text, expr: lit }], 1, 1, []]);
  const built = enriched.build();
  assert.notEqual(built.digest, old.digest);
  const { expressions } = built.graph();
  assert.deepEqual(expressions.defaults, { [text]: { Lit: { Str: '-' } } });
  assert.deepEqual(expressions.policies, { [text]: 'KeepLeft' });
  assert.deepEqual(expressions.coercions.map(({ from, to }) => [from, to]), [['string', 'integer']]);
  assert.deepEqual(enriched.removeDefault(text).removeCoercion('string', 'integer').listEnrichments().defaults, []);
  assert.throws(() => new SchemaEnrichment(old).addDefault('nobody', lit).build(), coded('unknown-vertex'));
});
