// Writes `bundle.json` and `releases.json` into a folder: real Lexicons, each as `{old, new, hints}`.

import { readFile, writeFile } from 'node:fs/promises';
import { transform } from '../../demo/node_modules/esbuild/lib/main.js';

const modules = new URL('../../demo/node_modules/', import.meta.url);
const folder = process.argv[2];

/** The Lexicons of a release that still had them as one literal in its TypeScript source. */
async function lexiconsOfSource(name) {
  const source = await readFile(new URL(`${name}/src/client/lexicons.ts`, modules), 'utf8');
  const start = source.indexOf('export const schemaDict = ');
  const end = source.search(/\nexport const (schemas|lexicons)\b/);
  if (start < 0 || end < start) throw new Error(`${name}: no literal \`schemaDict\` in src/client/lexicons.ts`);
  const { code } = await transform(source.slice(start, end), { loader: 'ts', format: 'esm' });
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  return Object.values(module.schemaDict);
}

let counted = 0;

/** The same with one property in twenty renamed, one dropped, one added. */
function evolved(value) {
  if (Array.isArray(value)) return value.map(evolved);
  if (value === null || typeof value !== 'object') return value;
  const after = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, evolved(inner)]));
  if (value.type !== 'object' || value.properties === undefined) return after;
  const properties = {};
  const gone = new Map();
  for (const [name, inner] of Object.entries(after.properties)) {
    const turn = counted++ % 20;
    if (turn === 3 || turn === 11) gone.set(name, turn === 3 ? `${name}Next` : null);
    if (turn === 3) properties[`${name}Next`] = inner;
    else if (turn !== 11) properties[name] = inner;
    if (turn === 17) properties[`${name}Added`] = { type: 'string' };
  }
  const kept = (names) => names?.filter((name) => gone.get(name) !== null).map((name) => gone.get(name) ?? name);
  after.properties = properties;
  for (const list of ['required', 'nullable']) if (after[list] !== undefined) after[list] = kept(after[list]);
  return after;
}

const texts = (lexicons) => lexicons.map((lexicon) => JSON.stringify(lexicon));
const write = (name, pair) => writeFile(`${folder}/${name}.json`, JSON.stringify({ ...pair, hints: {} }));

const { schemas } = await import(new URL('atproto-api-0.21.0/dist/index.js', modules));
await write('bundle', { old: texts(schemas), new: texts(schemas.map(evolved)) });
await write('releases', { old: texts(await lexiconsOfSource('atproto-api-0.2.11')), new: texts(schemas) });
