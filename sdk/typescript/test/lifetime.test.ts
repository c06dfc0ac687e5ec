/** Nothing needs disposing: a million objects come and go, and the module's memory stays what it is. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Panproto } from '@panproto/core';
import { lexicon } from './schemas.js';

test('a million objects come and go', async () => {
  const pp = await Panproto.init();
  const schema = pp.parseSchema('atproto', lexicon({ text: 'string' }));
  const chain = pp.chain.renameField('', 'text', 'body');
  const bytes = schema.toBytes();
  const memory = (): number => pp._runtime.memoryBytes;
  let before = 0;
  // Most are made of what is at hand; some thousand go through the module, each of them another object for it.
  for (let at = 0; at < 1_000_000; at++) {
    const made = at % 2 === 0 ? chain.step({ step_type: 'remove_field', name: `n${at % 50}` }) : pp.migration(schema, schema).map('a', `b${at}`);
    if (at % 250 === 0) {
      pp.parseSchema('atproto', lexicon({ text: 'string', [`field${at}`]: 'string' }));
      chain.lens(schema).lift({ text: 'a' });
      assert.ok(made);
    }
    if (at % 10_000 === 0) await setImmediate();
    if (at === 500_000) before = memory();
  }
  assert.ok(before > 0 && memory() - before < 4 << 20, `${before} became ${memory()}`);
  assert.deepEqual(schema.toBytes(), bytes);
});
