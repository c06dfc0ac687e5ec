/** The JavaScript does not grow unseen: a change of its size is one of sizes.json. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Sizes {
  readonly files: number;
  readonly raw: number;
  readonly brotli: number;
}

test('the scripts are as large as sizes.json says', async () => {
  const script = new URL('../../scripts/sizes.mjs', import.meta.url).href;
  const { file, measured } = (await import(script)) as { readonly file: string; measured(): Sizes };
  const { typescript } = JSON.parse(readFileSync(file, 'utf8')) as { readonly typescript: Sizes };
  const now = measured();
  for (const what of ['raw', 'brotli'] as const) {
    const ratio = now[what] / typescript[what];
    assert.ok(ratio < 1.02 && ratio > 0.9, `${what}: ${now[what]} bytes, committed ${typescript[what]}; if it is meant: npm run sizes`);
  }
});
