// Writes the schemas and records of the installed packages into `data/`, one JSON text a line, which every host reads.
import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { transform } from 'esbuild';

const out = new URL('./data/', import.meta.url);
const modules = new URL('./node_modules/', import.meta.url);
await mkdir(new URL('examples/', out), { recursive: true });

const write = (name, values) => writeFile(new URL(name, out), values.map((value) => JSON.stringify(value) + '\n').join(''));
const read = async (path) => JSON.parse(await readFile(new URL(path, modules), 'utf8'));

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

const { schemas } = await import('atproto-api-0.21.0');
await write('lexicons-0.21.0.ndjson', schemas);
await write('lexicons-0.2.11.ndjson', await lexiconsOfSource('atproto-api-0.2.11'));
for (const version of ['4.1.0', '7.6.1']) {
  await write(`webhooks-${version}.ndjson`, [await read(`webhooks-schemas-${version}/schema.json`)]);
}
for (const { name, examples } of await read('webhooks-examples/api.github.com/index.json')) {
  await write(`examples/${name}.ndjson`, examples);
}
