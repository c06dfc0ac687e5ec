import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Panproto,
  PanprotoError,
  TheoryBuilder,
  TheoryHandle,
  checkMorphism,
  colimit,
  createTheory,
  factorizeMorphism,
  migrateModel,
} from '@panproto/core';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const monoid = pp.theory({
  name: 'Monoid',
  sorts: ['M'],
  ops: [
    { name: 'e', inputs: [], output: 'M' },
    { name: 'm', inputs: [['a', 'M'], ['b', 'M']], output: 'M' },
  ],
  directed_eqs: [
    { name: 'left', lhs: 'm(e(), x)', rhs: 'x' },
    { name: 'right', lhs: 'm(x, e())', rhs: 'x' },
    { name: 'assoc', lhs: 'm(m(x, y), z)', rhs: 'm(x, m(y, z))' },
  ],
});
const rename = { name: 'f', domain: 'A', codomain: 'B', sort_map: { Doc: 'Page', Tag: 'Tag' }, op_map: { primary: 'main' } };
const a = new TheoryBuilder('A').sort('Doc').sort('Tag').op('primary', [['d', 'Doc']], 'Tag');
const b = new TheoryBuilder('B').sort('Page').sort('Tag').op('main', [['p', 'Page']], 'Tag');

test('a theory is resolved, checked and rewrites', () => {
  assert.deepEqual([monoid.name, monoid.sorts, monoid.ops, monoid.directedEqs], ['Monoid', ['M'], ['e', 'm'], ['left', 'right', 'assoc']]);
  const check = monoid.check();
  assert.deepEqual([check.valid, check.error], [true, null]);
  assert.equal(check.rewriting?.['confluence'], 'Proved');
  const normal = monoid.normalize('m(m(x, e()), y)');
  assert.equal(normal.text, 'm(x, y)');
  assert.deepEqual(monoid.checkWitness('m(m(x, e()), y)', 'm(x, y)', normal.witness), { valid: true, error: null });
  assert.equal(monoid.prove('m(m(x, e()), y)', 'm(x, y)').verdict, 'proved');
  assert.equal(monoid.prove('m(x, y)', 'm(y, x)').verdict, 'refuted');
  assert.deepEqual(monoid.term('m(x, e())', { x: 'M' }), { wellFormed: true, sort: 'M', error: null });
  const ill = monoid.term('m(x)', { x: 'M' });
  assert.ok(!ill.wellFormed && ill.error instanceof PanprotoError);
  assert.ok(pp.theory(monoid.toJSON()).equals(monoid));
});

test('what is no theory is refused', () => {
  assert.throws(() => pp.theory({ name: 'T', sorts: [], ops: [{ name: 'f', inputs: [], output: 'Nothing' }] }), (error: unknown) => error instanceof PanprotoError && error.code === 'unknown-sort');
  assert.throws(() => pp.theory('no'), (error: unknown) => error instanceof PanprotoError && error.code === 'unknown-theory');
  assert.throws(() => pp.theory({ name: 'T', extends: ['T'] }, [{ name: 'T', extends: ['T'] }]), PanprotoError);
  assert.throws(() => pp.theory(42 as never), PanprotoError);
});

test('built-in theories, and schemas as models of them', () => {
  assert.ok(pp.listTheories().includes('ThGraph'));
  const graph = pp.theory('ThGraph');
  assert.deepEqual(graph.sorts, ['Vertex', 'Edge']);
  const post = pp.parseSchema('atproto', lexicon({ text: 'string' }));
  const { model, holds, violations } = pp.theory('ThATProtoSchema').modelOf(post);
  assert.deepEqual([holds, violations], [true, []]);
  assert.ok(Object.keys(model.sort_interp).includes('Vertex'));
});

test('models', () => {
  const model = { theory: 'Monoid', sort_interp: { M: [0, 1] }, op_interp: { e: [[[], 0]], m: [[[0, 0], 0], [[0, 1], 1], [[1, 0], 1], [[1, 1], 0]] } } as never;
  const found = monoid.checkModel(model);
  assert.deepEqual([found.valid, found.holds, found.violations], [true, true, []]);
  const broken = { theory: 'Monoid', sort_interp: { M: [0, 1] }, op_interp: { e: [[[], 0]], m: [[[0, 0], 0], [[0, 1], 0], [[1, 0], 1], [[1, 1], 0]] } } as never;
  const wrong = monoid.checkModel(broken);
  assert.equal(wrong.holds, false);
  assert.equal(wrong.violations[0]?.equation, 'left');
  assert.equal(monoid.evaluate(model, 'm(x, x)', { x: ['M', 1] }), 0);
  assert.equal(monoid.freeModel().sort_interp['M']?.length, 1);
});

test('morphisms are checked, factorised and glued along', () => {
  const [from, to] = [pp.theory(a.toSpec()), pp.theory(b.toSpec())];
  assert.deepEqual([from.checkMorphism(rename, to).valid, from.checkMorphism({ ...rename, op_map: { primary: 'no' } }, to).valid], [true, false]);
  const steps = from.factorize(rename, to);
  assert.ok(steps.length > 0);
  const made = from.apply(steps);
  assert.deepEqual([made.sorts, made.ops], [to.sorts, to.ops]);
  const identity = { name: 'i', domain: 'A', codomain: 'A', sort_map: { Doc: 'Doc', Tag: 'Tag' }, op_map: { primary: 'primary' } };
  const square = from.pushout(from, identity, identity);
  assert.equal(square.commutes, true);
  assert.deepEqual(square.theory.sorts.length, 2);
  assert.deepEqual(from.colimit(from, from).theory.sorts, from.sorts);
  const model = { sort_interp: { Page: ['p'], Tag: ['t'] }, op_interp: { main: [[['p'], 't']] } } as never;
  assert.deepEqual(from.migrateModel(model, rename, to).sort_interp['Doc'], ['p']);
});

test('morphisms compose, and tell what they rename', () => {
  const back = { name: 'g', domain: 'B', codomain: 'A', sort_map: { Page: 'Doc', Tag: 'Tag' }, op_map: { main: 'primary' } };
  const both = pp.theories.compose(rename, back);
  assert.deepEqual([both.domain, both.codomain, both.sort_map, both.op_map], ['A', 'A', { Doc: 'Doc', Tag: 'Tag' }, { primary: 'primary' }]);
  assert.throws(() => pp.theories.compose(rename, rename), (error: unknown) => error instanceof PanprotoError && error.code === 'compose-mismatch');
  assert.deepEqual(pp.theories.renames(rename).map((one) => [one.old, one.new]), [['Doc', 'Page'], ['primary', 'main']]);
});

test('natural transformations', () => {
  const alpha = { name: 'a', source: 'f', target: 'f', components: { Doc: { Var: 'x' }, Tag: { Var: 'x' } } };
  const ends = { source: rename, target: rename, domain: pp.theory(a.toSpec()), codomain: b.toSpec() };
  assert.deepEqual(pp.theories.natural(alpha, ends), { valid: true, error: null });
  const wrong = pp.theories.natural({ ...alpha, components: { Doc: { Var: 'x' } } }, ends);
  assert.ok(!wrong.valid && wrong.error instanceof PanprotoError);
  assert.deepEqual(pp.theories.composeNatural(alpha, alpha).components, alpha.components);
  const back = { name: 'g', domain: 'B', codomain: 'A', sort_map: { Page: 'Doc', Tag: 'Tag' }, op_map: { main: 'primary' } };
  const beta = { name: 'b', source: 'g', target: 'g', components: { Page: { Var: 'x' }, Tag: { Var: 'x' } } };
  const beside = pp.theories.composeNatural(alpha, beta, { target: rename, source: back });
  assert.deepEqual([beside.source, beside.components], ['f; g', alpha.components]);
});

test('terms in the place of variables, and refined sorts', () => {
  const found = pp.theories.substitute('m(x, y)', 'x', 'e()');
  assert.equal(found.text, 'm(e(), y)');
  assert.equal(pp.theories.substitute(found.term, 'y', { Var: 'z' }).text, 'm(e(), z)');
  const most = (value: number) => ({ base: 'integer', constraints: [['maximum', String(value)]] }) as const;
  assert.deepEqual(pp.theories.refinement(most(5), most(9)), { verdict: 'holds', holds: true, witness: null });
  const fails = pp.theories.refinement(most(9), most(5));
  assert.deepEqual([fails.holds, fails.witness], [false, '9']);
});

test('the names of published releases', () => {
  const [from, to] = [a.build(), createTheory(b.toSpec())];
  assert.ok(from instanceof TheoryHandle);
  assert.deepEqual(a.toSpec().ops, [{ name: 'primary', inputs: [['d', 'Doc']], output: 'Tag' }]);
  assert.deepEqual(checkMorphism(rename, from, to), { valid: true, error: null });
  assert.equal(typeof checkMorphism({ ...rename, sort_map: {} }, from, to).error, 'string');
  assert.deepEqual(factorizeMorphism(new TextEncoder().encode(JSON.stringify(rename)), from, to)[0], { kind: 'RenameSort', name: 'rename_sort_Doc_Page', details: { old: 'Doc', new: 'Page' } });
  assert.deepEqual(migrateModel({ Page: [1, 2], Tag: ['t'] }, rename), { Doc: [1, 2], Tag: ['t'] });
  assert.deepEqual(colimit(from, from, from).theory.sorts, ['Doc', 'Tag']);
  const category = new TheoryBuilder('Cat').extends('ThGraph').sort('Ob').dependentSort('Hom', [{ name: 'a', sort: 'Ob' }, { name: 'b', sort: 'Ob' }]);
  const term = { App: { op: 'src', args: [{ Var: 'e' }] } } as const;
  assert.deepEqual(category.eq('same', term, term).build().theory.sorts, ['Vertex', 'Edge', 'Ob', 'Hom']);
  for (const handle of [from, to]) handle[Symbol.dispose]();
});
