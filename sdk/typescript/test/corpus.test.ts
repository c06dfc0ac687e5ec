/** Real records through this host's own JSON: what comes back is the same value, whatever host types did to its spelling. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Panproto } from '@panproto/core';

const repository = new URL('../../../../', import.meta.url);
const stated = process.env['PANPROTO_CORPUS'];
const corpus = [
  ...(stated === undefined ? [] : [stated]),
  ...['../shared/corpus', '../../shared/corpus'].map((path) => fileURLToPath(new URL(path, repository))),
].find((path) => existsSync(join(path, 'atproto')));
const skip = corpus === undefined ? 'SKIPPED: there is no ../shared/corpus beside the repository' : false;
if (skip !== false) console.error(skip);

test("real posts survive the host's own JSON", { skip }, async () => {
  const pp = await Panproto.init();
  const folder = join(corpus ?? '', 'atproto');
  const read = (path: string) => readFileSync(join(folder, path), 'utf8');
  const index = JSON.parse(read('pairs/index.json')) as { nsid: string; old: string; new: string }[];
  const records = read('real-records.jsonl').split('\n').filter((line) => line !== '');
  let ways = 0;
  for (const entry of index.filter(({ nsid }) => nsid === 'app.bsky.feed.post')) {
    const [old, next] = [entry.old, entry.new].map((path) => pp.parseSchema('atproto', read(`pairs/${path}`)));
    assert.ok(old !== undefined && next !== undefined);
    for (const lens of [pp.migrate(old, next).lens(), pp.migrate(next, old).lens()]) {
      ways += 1;
      for (const record of records) {
        const text = lens.get(record);
        const again = JSON.stringify(JSON.parse(text.view), null, 1);
        assert.deepEqual(JSON.parse(lens.put(again, text.complement)), JSON.parse(record));
        const value = JSON.parse(record) as object;
        const { view, complement } = lens.get(value);
        assert.deepEqual(lens.put(JSON.parse(JSON.stringify(view)) as object, complement), value);
      }
    }
  }
  assert.equal(ways, 10);
});
