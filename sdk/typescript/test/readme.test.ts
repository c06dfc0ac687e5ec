import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const blocksOf = (path: string) =>
  [...readFileSync(new URL(path, root), 'utf8').matchAll(/^```ts\n([^]*?)^```$/gm)].map((match) => match[1] as string);
/** What a block says that it prints: behind a `console.log`, and on the lines of nothing but comment under one. */
function promises(block: string): string[] {
  const made: string[] = [];
  let printing = false;
  for (const line of block.split('\n')) {
    const behind = /console\.log\(.*\);(?: \/\/ (.*))?$/.exec(line);
    const below = /^ *\/\/ (.*)$/.exec(line);
    printing = behind !== null || (printing && below !== null);
    const found = behind?.[1] ?? (printing ? below?.[1] : undefined);
    if (found !== undefined) made.push(found);
  }
  return made;
}

// The blocks of a page of the guide go on from each other.
const guide = readdirSync(new URL('../../docs/guide/', root)).map((page) => `../../docs/guide/${page}`);
const examples = [
  ...['README.md', '../../README.md'].flatMap((page) => blocksOf(page).map((block, at) => [`example ${at + 1} of ${page}`, block] as const)),
  ...guide.map((page) => [page, blocksOf(page).join('\n')] as const),
];

test('the READMEs and the guide have examples', () => {
  assert.ok(blocksOf('README.md').length >= 5 && blocksOf('../../README.md').length >= 1);
  for (const page of guide) assert.ok(blocksOf(page).length >= 1, page);
});

for (const [name, block] of examples) {
  test(`${name} prints what its comments say`, () => {
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', block], { cwd: fileURLToPath(root), encoding: 'utf8' });
    assert.equal(ran.status, 0, ran.stderr);
    const printed = ran.stdout.trim();
    let from = 0;
    for (const text of promises(block).flatMap((promise) => promise.replaceAll('\\n', '\n').split('…').map((part) => part.trim()))) {
      const found = printed.indexOf(text, from);
      assert.ok(found >= 0, `\`${text}\` is not printed after ${from}:\n${printed}`);
      from = found + text.length;
    }
  });
}
