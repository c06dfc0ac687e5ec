import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Panproto } from '@panproto/core';
import type { Lens } from '@panproto/core';

const repository = new URL('../../../../', import.meta.url);
const corpus = process.env['PANPROTO_CORPUS'];
const generator = [
  ...(corpus === undefined ? [] : [join(corpus, '../workloads/generate.py')]),
  ...['../shared/workloads/generate.py', '../../shared/workloads/generate.py'].map((path) => fileURLToPath(new URL(path, repository))),
].find((path) => existsSync(path));

interface Workload {
  readonly v1: object;
  readonly v2: object;
  readonly records: readonly string[];
  readonly expected: readonly string[];
}

/** The first records of each workload, and what they become. */
function generated(path: string): Record<'w1' | 'w2' | 'w3', Workload> | null {
  const script = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("generate", sys.argv[1])
g = importlib.util.module_from_spec(spec)
spec.loader.exec_module(g)
J = lambda o: json.dumps(o, separators=(",", ":"), ensure_ascii=False)
out = {}
for name, one, two, lexicon, n in (("w1", g.post, g.post2, g.post_lex, 400), ("w2", g.wide, g.wide2, g.wide_lex, 100), ("w3", g.deep, g.deep2, g.deep_lex, 4)):
    r = g.R()
    records = [one(r, i) for i in range(n)]
    out[name] = {"v1": lexicon(1), "v2": lexicon(2), "records": [J(o) for o in records], "expected": [J(two(o)) for o in records]}
sys.stdout.buffer.write(J(out).encode())
`;
  const ran = spawnSync('python3', ['-c', script, path], { encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });
  if (ran.error !== undefined) return null;
  assert.equal(ran.status, 0, ran.stderr);
  return JSON.parse(ran.stdout) as Record<'w1' | 'w2' | 'w3', Workload>;
}

const workloads = generator === undefined ? null : generated(generator);
const skip = workloads === null ? 'SKIPPED: there is no ../shared/workloads/generate.py beside the repository, or no python3' : false;
if (skip !== false) console.error(skip);

const hints = {
  w1: { text: 'body', createdAt: 'publishedAt' },
  w2: { f00: 'g00', f03: 'g03' },
  w3: { title: 'heading', 'items[].value': 'items[].amount' },
} as const;

const pp = await Panproto.init();
const utf8 = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
const text = (bytes: Uint8Array): string[] => new TextDecoder().decode(bytes).split('\n').slice(0, -1);

for (const name of ['w1', 'w2', 'w3'] as const) {
  const lensOf = ({ v1, v2 }: Workload): Lens =>
    pp.migrate(pp.parseSchema('atproto', v1), pp.parseSchema('atproto', v2), { hints: hints[name] }).lens();

  test(`${name}: every record becomes what is expected, and comes back`, { skip }, () => {
    const workload = (workloads as NonNullable<typeof workloads>)[name];
    const lens = lensOf(workload);
    const data = utf8(workload.records);
    const { views, complements } = lens.getNdjson(data);
    assert.deepEqual(text(views).map((view) => JSON.parse(view) as unknown), workload.expected.map((view) => JSON.parse(view) as unknown));
    assert.deepEqual(lens.liftNdjson(data), views);
    assert.deepEqual(lens.putNdjson(views, complements), data);
    for (const record of workload.records.slice(0, 20)) {
      const value: unknown = JSON.parse(record);
      const got = lens.get(value);
      assert.deepEqual(lens.put(got.view, got.complement), value);
      assert.deepEqual(lens.checkLaws(record), { holds: true, violation: null });
    }
  });
}

test('w3: edited items are put back where they belong', { skip }, () => {
  const workload = (workloads as NonNullable<typeof workloads>).w3;
  const lens = lensOf3(workload);
  type Item = { key: string; amount: number; note: string };
  type Source = { title: string; items: Record<string, unknown>[] };
  const record = JSON.parse(workload.records[0] as string) as Source;
  const { view, complement } = lens.get(record) as { view: { heading: string; items: Item[] }; complement: Uint8Array };
  const put = (edit: (items: Item[]) => void): Source => {
    const copy = structuredClone(view);
    edit(copy.items);
    return lens.put(copy, complement) as Source;
  };
  const front: Item = { key: 'new', amount: 1, note: 'front' };
  const source = record.items;
  assert.deepEqual(put((items) => items.unshift(front)).items, [{ key: 'new', value: 1, note: 'front' }, ...source]);
  assert.deepEqual(put((items) => items.push(front)).items.slice(0, -1), source);
  assert.deepEqual(put((items) => items.splice(500, 0, front)).items.toSpliced(500, 1), source);
  assert.deepEqual(put((items) => items.splice(7, 1)).items, source.toSpliced(7, 1));
  const swapped = put((items) => items.splice(3, 2, items[4] as Item, items[3] as Item)).items;
  assert.deepEqual(swapped, source.toSpliced(3, 2, source[4] as object as Record<string, unknown>, source[3] as Record<string, unknown>));
  const changed = put((items) => Object.assign(items[9] as Item, { amount: -1 })).items;
  assert.deepEqual(changed[9], { ...source[9], value: -1 });
  assert.deepEqual(changed.toSpliced(9, 1), source.toSpliced(9, 1));
});

function lensOf3({ v1, v2 }: Workload): Lens {
  return pp.parseSchema('atproto', v1).lensTo(pp.parseSchema('atproto', v2), { hints: hints.w3 });
}
