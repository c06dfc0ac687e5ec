/** The names and members of published releases, one by one. Their types are checked by `published.ts`, which tsc compiles. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as here from '@panproto/core';

interface Published {
  readonly kind: 'class' | 'interface' | 'type_alias' | 'function' | 'const';
  readonly type?: string;
  readonly value?: unknown;
  readonly members?: Readonly<Record<string, string>>;
  readonly statics?: Readonly<Record<string, string>>;
  readonly extends?: string;
  readonly constructor?: unknown;
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../test/${name}`, import.meta.url), 'utf8'));
const published = read('published.json') as Record<string, Published>;
const differences = read('differences.json') as Record<string, string>;
const pp = await here.Panproto.init();
const exported = here as unknown as Record<string, unknown>;

test('the list has every export of the published manifest', () => {
  assert.equal(Object.keys(published).length, 135);
  assert.equal(Object.values(published).filter(({ kind }) => kind === 'class').length, 27);
});

for (const [name, { kind, members = {}, statics = {}, value, extends: parent }] of Object.entries(published)) {
  if (kind === 'interface' || kind === 'type_alias') continue;
  test(`${name} is there`, () => {
    const found = exported[name];
    assert.equal(typeof found, kind === 'const' ? 'object' : 'function');
    if (value !== undefined) assert.deepEqual(found, value);
    if (kind !== 'class') return;
    const made = found as { readonly prototype: object };
    if (parent !== undefined && parent !== 'Error') {
      assert.ok(Object.prototype.isPrototypeOf.call(exported[parent] as object, made), `${name} extends ${parent}`);
    }
    for (const member of Object.keys(statics)) {
      if (!member.startsWith('_')) assert.ok(member in made, `${name}.${member}`);
    }
    for (const member of Object.keys(members)) {
      // Methods and accessors are the prototype's; properties are shown by the tests of what has them, and by types.
      if (member.startsWith('_') || !members[member]?.includes('=>')) continue;
      const key = member === '[Symbol.dispose]' ? (Symbol.dispose ?? Symbol.for('Symbol.dispose')) : member;
      assert.ok(key in made.prototype, `${name}.${member}`);
    }
  });
}

test('every difference is one of the list, and has a reason', () => {
  for (const [place, reason] of Object.entries(differences)) {
    const [name = '', member] = place.split('.');
    const what = published[name];
    assert.ok(what !== undefined, place);
    assert.ok(reason.length > 20, place);
    if (member !== undefined && !['()', 'more', 'less'].includes(member)) assert.ok(member in { ...what.members, ...what.statics }, place);
  }
});

test('what the engine lacks is refused with a code that says so', () => {
  const schema = pp.parseSchema('json-schema', { type: 'object' });
  const refused = (step: () => unknown): void => {
    assert.throws(step, (error: unknown) => error instanceof here.PanprotoUsageError && error.code === 'not-available' && error.help !== null);
  };
  refused(() => pp.initRepo('atproto'));
  refused(() => here.Repository.init('atproto'));
  refused(() => pp.dataSet([], schema));
  refused(() => here.DataSetHandle.fromData([], schema));
  refused(() => pp.migrateData(null as never, schema, schema));
  for (const of of [here.Repository, here.DataSetHandle]) {
    for (const name of Object.getOwnPropertyNames(of.prototype)) {
      if (name !== 'constructor') refused(() => Reflect.apply(of.prototype[name as never] as () => unknown, null, []));
    }
    refused(() => Reflect.construct(of, []));
  }
});
