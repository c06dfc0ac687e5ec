import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Panproto, PanprotoError } from '@panproto/core';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const old = pp.parseSchema('atproto', lexicon({ text: 'string', nick: 'string' }));
const next = pp.parseSchema('atproto', lexicon({ text: 'string', alias: 'string' }));
const BODY = 'com.example.post:body';

const coded = (code: string) => (error: unknown) => error instanceof PanprotoError && error.code === code;
const renames = (migration: { readonly changes: readonly { readonly kind: string; readonly from: string | null; readonly to: string | null }[] }) =>
  migration.changes.filter(({ kind }) => kind === 'rename').map(({ from, to }) => [from, to]);

test('candidates are ranked, and each has the hints that accept it', () => {
  const hintSpec = { alias_clusters: [['nick', 'alias']], constraints: [{ type: 'prefer', predicate: { kind: 'same_kind' }, weight: 0.5 }] } as const;
  const { candidates, coerceProposals } = pp.candidates(old, next, { stringency: 'exploratory', hintSpec });
  assert.deepEqual(candidates.map(({ hints }) => hints), [{ nick: 'alias' }, { nick: null }]);
  assert.deepEqual(coerceProposals, []);
  const [best, other] = candidates;
  assert.ok(best !== undefined && other !== undefined);
  assert.ok(best.score > other.score && best.score < 1);
  assert.deepEqual([best.decided, best.open, best.coverage], [true, [], 1]);
  assert.ok(best.strategiesUsed.includes('ranked-candidate'));
  assert.ok(best.steps.some(({ kind, from, to, strategy }) => kind === 'rename' && from === 'nick' && to === 'alias' && strategy === 'ranked-candidate'));
  assert.deepEqual(pp.migrate(old, next, { hints: best.hints }).lens().lift({ text: 'a', nick: 'b' }), { text: 'a', alias: 'b' });
  assert.equal(pp.candidates(old, next, { stringency: 'exploratory', hintSpec, topN: 1 }).candidates.length, 1);
  assert.throws(() => pp.candidates(old, next, { stringency: 'no' as never }), coded('wrong-argument'));
  const number = pp.parseSchema('atproto', lexicon({ text: 'integer', nick: 'string' }));
  const [coerced] = pp.candidates(old, number).coerceProposals;
  assert.deepEqual(coerced && [coerced.src, coerced.tgt, coerced.witnessName, coerced.witnessClass], ['text', 'text', 'built-in', 'Retraction']);
});

test('hints by ids of vertices', () => {
  const anchors = { [`${BODY}.nick`]: `${BODY}.alias` };
  assert.deepEqual(renames(pp.migrate(old, next, { hintSpec: { anchors } })), [['nick', 'alias']]);
  assert.deepEqual(renames(pp.migrate(old, next, { hintSpec: JSON.stringify({ anchors }) })), [['nick', 'alias']]);
  const without = pp.migrate(old, next, { hintSpec: { constraints: [{ type: 'exclude_targets', vertices: [`${BODY}.text`] }] } });
  // Nothing goes to an excluded target, even of the same name.
  assert.deepEqual(without.changes.filter(({ from }) => from === 'text').map(({ kind }) => kind), ['drop']);
  assert.deepEqual(without.lens().lift({ text: 'a' }), {});
  assert.throws(() => pp.migrate(old, next, { hintSpec: { anchors: { no: 'no' } } }), coded('unknown-vertex'));
  assert.throws(() => pp.migrate(old, next, { hintSpec: { anchor: {} } as never }), coded('invalid-hint'));
});

test('the span of two schemas', () => {
  const span = pp.span(old, next);
  assert.deepEqual([span.isTotal, span.provenOptimal], [false, false]);
  assert.deepEqual(span.apexEdges.map(({ name }) => name).filter((name) => name === 'text' || name === 'nick'), ['text']);
  assert.equal(span.vertexMap[`${BODY}.text`], `${BODY}.text`);
  assert.ok(span.apexVertices.includes(`${BODY}.text`) && !span.apexVertices.includes(`${BODY}.nick`));
  assert.ok(span.apexCoverage < 1 && span.qualityBounds[0] === span.quality);
  assert.deepEqual(span.apex.graph().vertices.map(({ id }) => id).sort(), [...span.apexVertices].sort());
  const hinted = pp.span(old, next, { hints: { nick: 'alias' } });
  assert.deepEqual([hinted.isTotal, hinted.vertexMap[`${BODY}.nick`]], [true, `${BODY}.alias`]);
  assert.equal(pp.span(old, old).provenOptimal, true);
});

test('a verdict tells what a migration repairs', () => {
  const gone = pp.parseSchema('atproto', lexicon({ text: 'string', title: 'string' }, ['title']));
  const migration = pp.migrate(old, gone, { hints: { nick: 'title' }, defaults: { title: '' } });
  const plain = old.diff(gone).verdict();
  assert.equal(plain.backward.kind, 'breaks');
  assert.ok(plain.backward.findings.every((finding) => !('repairedByMigration' in finding)));
  for (const by of [migration, migration.lens()]) {
    const { backward } = old.diff(gone).verdict({ migration: by });
    assert.equal(backward.kind, 'breaks');
    assert.deepEqual(backward.findings.filter(({ code }) => code === 'required-added').map((finding) => finding.repairedByMigration), [true]);
  }
  const source = old.diff(gone).verdict({ migration }).source.findings;
  assert.ok(source.every((finding) => finding.repairedByMigration === false));
  assert.throws(() => old.diff(next).verdict({ migration }), coded('migration-of-other-schemas'));
});
