import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LensHandle, MigrationError, Panproto, PanprotoError, PipelineBuilder, ProtolensChainHandle } from '@panproto/core';
import type { Step } from '@panproto/core';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const author = { type: 'object', required: ['name'], properties: { name: { type: 'string' }, mail: { type: 'string' } } };
const post = pp.parseSchema('atproto', lexicon({ author, text: 'string', tags: { type: 'array', items: { type: 'string' } } }, ['author']));
const other = pp.parseSchema('atproto', lexicon({ text: 'string' }));
const record = { author: { name: 'Ada', mail: 'm' }, text: 'a b', tags: ['x', 'y'] };

const coded = (code: string) => (error: unknown) => error instanceof PanprotoError && error.code === code;

test('a chain applies to what it speaks of, goes forth and back, and loses nothing', () => {
  const chain = pp.chain.renameField('author', 'name', 'displayName').addField('author', 'verified', 'boolean', { default: false });
  assert.deepEqual(chain.appliesTo(post), { applies: true, reasons: [] });
  const lens = chain.lens(post);
  const { view, complement } = lens.get(record);
  assert.deepEqual(view, { ...record, author: { displayName: 'Ada', mail: 'm', verified: false } });
  view.author.displayName = 'Bob';
  assert.deepEqual(lens.put(view, complement), { ...record, author: { name: 'Bob', mail: 'm' } });
  assert.deepEqual(chain.target(post).fields().map(({ name }) => name), ['author', 'text', 'tags']);
  assert.deepEqual(
    chain.steps.map(({ stepType, lossless, optic }) => [stepType, lossless, optic]),
    [['rename_field', true, 'iso'], ['add_field', true, 'lens']],
  );
  assert.equal(chain.length, 2);
  assert.match(String(chain), /displayName[^]*verified/);
});

test('why a chain does not apply is said with the step and help', () => {
  const chain = pp.chain.removeField('', 'text').renameField('author', 'nam', 'x');
  const found = chain.appliesTo(post);
  assert.ok(!found.applies);
  assert.deepEqual(found.reasons.map(({ code, step }) => [code, step]), [['field-not-found', 1]]);
  assert.match(found.reasons[0]?.help ?? '', /name/);
  assert.throws(() => chain.lens(post), coded('field-not-found'));
  const fleet = chain.fleet({ post, other });
  assert.deepEqual(fleet.applied, []);
  assert.deepEqual(Object.keys(fleet.skipped), ['other', 'post']);
  assert.deepEqual(pp.chain.removeField('', 'text').fleet([post, other]).applied, ['0', '1']);
});

test('each step does on data what it says', () => {
  const lift = (chain: { lens(schema: typeof post): { lift(record: object): unknown } }): unknown => chain.lens(post).lift(record);
  const { author: by, text, tags } = record;
  const make = pp.chain;
  assert.deepEqual(lift(make.removeField('', 'text')), { author: by, tags });
  assert.deepEqual(lift(make.hoistField('', 'author', 'mail')), { author: { name: 'Ada' }, text, tags, mail: 'm' });
  assert.deepEqual(lift(make.nestField('', 'text', 'body')), { author: by, body: { text }, tags });
  assert.deepEqual(lift(make.wrap('author', 'name', 'value')), { author: { name: { value: 'Ada' }, mail: 'm' }, text, tags });
  assert.deepEqual(lift(make.removeField('author', 'mail').unwrap('', 'author')), { author: 'Ada', text, tags });
  assert.deepEqual(lift(make.listWrap('', 'text')), { author: by, text: [text], tags });
  assert.deepEqual(lift(make.head('', 'tags')), { author: by, text, tags: 'x' });
  assert.deepEqual(lift(make.keepFields('', 'text')), { text });
  assert.deepEqual(lift(make.applyExpr('', 'text', 'upper v')), { author: by, text: 'A B', tags });
  assert.deepEqual(lift(make.computeField('', 'label', 'concat text "!"')), { ...record, label: 'a b!' });
  assert.deepEqual(lift(make.mergeFields('author', ['name', 'mail'], 'who', 'concat name (concat " " mail)')), { author: { who: 'Ada m' }, text, tags });
  assert.deepEqual(lift(make.splitField('', 'text', ['one', 'two'], 'let p = split text " " in {one = p[0], two = p[1]}')), { author: by, one: 'a', two: 'b', tags });
  assert.deepEqual(lift(make.mapReferences('', 'tags', { x: 'z', y: null })), { author: by, text, tags: ['z'] });
  assert.deepEqual(lift(make.conditional('', 'text', 'len text > 100')), { author: by, tags });
  assert.deepEqual(lift(make.scoped('author', make.removeField('', 'mail'))), { author: { name: 'Ada' }, text, tags });
  assert.deepEqual(lift(make.step({ step_type: 'remove_field', name: 'text' })), { author: by, tags });
  const schema = pp.parseSchema('json-schema', { type: 'object', properties: { items: { type: 'array', items: { type: 'object', properties: { value: { type: 'integer' } } } } } });
  assert.deepEqual(make.mapItems('items', make.renameField('', 'value', 'amount')).lens(schema).lift({ items: [{ value: 1 }] }), { items: [{ amount: 1 }] });
});

test('steps of the schema alone', () => {
  const chain = pp.chain.setRequired('', 'text', { default: '' }).setConstraint('text', 'maxLength', 10).setDefault('', 'text', '-');
  const [, text] = chain.target(post).fields();
  assert.deepEqual([text?.name, text?.required, text?.default], ['text', true, '-']);
  assert.deepEqual(text?.constraints.map(({ value }) => value), [10]);
  const back = chain.dropConstraint('text', 'maxLength').setOptional('', 'text', { default: '' }).target(post).fields()[1];
  assert.deepEqual([back?.required, back?.constraints], [false, []]);
});

test('chains are values: text out and in, composed, fused, simplified, inverted', () => {
  const chain = pp.chain.renameField('', 'text', 'a').renameField('', 'a', 'body');
  assert.ok(pp.chain.parse(chain.toText()).equals(chain));
  assert.deepEqual(chain.toJSON()[0], { step_type: 'rename_field', name: 'text', target: 'a' });
  assert.ok(pp.chain.parse(JSON.parse(JSON.stringify(chain)) as Step[]).equals(chain));
  const { text, ...rest } = record;
  const expected = { author: rest.author, body: text, tags: rest.tags };
  for (const same of [chain, chain.fuse(), chain.simplify(), pp.chain.empty.andThen(chain)]) assert.deepEqual(same.lens(post).lift(record), expected);
  assert.equal(chain.simplify().length, 1);
  assert.deepEqual(chain.andThen(chain.inverse(post)).lens(post).lift(record), record);
  assert.throws(() => pp.chain.applyExpr('', 'text', 'upper v').inverse(post), coded('no-inverse'));
  assert.deepEqual(chain.migration(post).lens().lift(record), expected);
  assert.equal(chain.optic(post), 'iso');
  assert.equal(pp.chain.removeField('', 'text').optic(), 'lens');
  assert.equal(chain.lossless, true);
  assert.equal(chain.cost, 0);
  const dropped = pp.chain.removeField('', 'text');
  assert.equal(dropped.spec.kind, 'DataCaptured');
  assert.deepEqual(dropped.spec.capturedData.map(({ elementName }) => elementName), ['text']);
});

test('bad chains are coded errors', () => {
  assert.throws(() => pp.chain.parse('['), PanprotoError);
  assert.throws(() => pp.chain.parse('[{"step_type": "nothing"}]'), (error: unknown) => error instanceof PanprotoError && error.path !== null);
  assert.throws(() => pp.chain.renameField('', 'text', 'x').appliesTo(null as never), coded('wrong-argument'));
  assert.throws(() => pp.chain.applyExpr('', 'text', 'v +').lens(post), (error: unknown) => error instanceof PanprotoError && error.code.startsWith('expr-'));
});

test('chains of migrations and between schemas', () => {
  const next = pp.parseSchema('atproto', lexicon({ author, body: 'string', tags: { type: 'array', items: { type: 'string' } } }, ['author']));
  const found = pp.chain.between(post, next, { hints: { text: 'body' } });
  assert.deepEqual([found.exact, found.residue, found.questions, found.chain.length], [true, [], [], 1]);
  const migration = pp.migrate(post, next, { hints: { text: 'body' } });
  assert.deepEqual(pp.chain.fromMigration(migration).chain.lens(post).lift(record), migration.lens().lift(record));
});

test('lens documents in JSON and YAML', () => {
  const document = { id: 'mine', description: 'drops tags', steps: [{ remove_field: 'tags' }] };
  const read = pp.chain.document(JSON.stringify(document), { format: 'json' });
  const yaml = pp.chain.document('id: mine\ndescription: drops tags\nsteps:\n  - remove_field: tags\n', { format: 'yaml' });
  assert.deepEqual([read.id, read.description], ['mine', 'drops tags']);
  assert.ok(read.chain.equals(yaml.chain));
  assert.deepEqual(read.chain.lens(post).lift(record), { author: record.author, text: record.text });
  assert.throws(() => pp.chain.document('id: [', { format: 'yaml' }), PanprotoError);
});

test('the names of published releases', () => {
  const built = new PipelineBuilder().renameField('author', 'name', 'displayName').removeField('text').build();
  assert.deepEqual(built.checkApplicability(post), { applicable: true, reasons: [] });
  assert.deepEqual(built.instantiate(post).get(record).view, { author: { displayName: 'Ada', mail: 'm' }, tags: ['x', 'y'] });
  assert.equal(ProtolensChainHandle.fromJson(built.toJson()).toJson(), built.toJson());
  const needs = built.requirements(post);
  assert.deepEqual([needs.kind, needs.capturedData.length], ['data_captured', 1]);
  assert.throws(() => built.requirements(other), MigrationError);
  const fleet = built.applyToFleet([post, other]);
  assert.deepEqual([fleet.applied, fleet.skipped.map(([name, reasons]) => [name, reasons.length])], [['0'], [['1', 1]]]);
  assert.ok(LensHandle.fromChain(built, post).checkLaws(record).holds);
  const two = built.compose(new PipelineBuilder().addField('', 'note', 'string').build()).fuse();
  assert.equal(two.checkApplicability(post).applicable, true);
  assert.equal(pp.protolensChain(post, post).toJson(), '[]');
  const renamed = pp.parseSchema('atproto', lexicon({ author, body: 'string', tags: { type: 'array', items: { type: 'string' } } }, ['author']));
  const hinted = ProtolensChainHandle.autoGenerateWithHints(post, renamed, { text: 'body' });
  assert.deepEqual(hinted.instantiate(post).get({ author: { name: 'a' }, text: 't' }).view, { author: { name: 'a' }, body: 't' });
  const every = new PipelineBuilder().nestField('', 'text', 'body', 'object').hoistField('', 'body', 'text').mapItems('tags', { step_type: 'apply_expr', name: '__value__', expr: 'upper v' }).build();
  assert.deepEqual(every.instantiate(post).get(record).view, { author: record.author, text: 'a b', tags: ['X', 'Y'] });
});
