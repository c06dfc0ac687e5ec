// Writes the schemas and records of the installed packages as plain JSON into `data/`, which every host reads.
import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { transform } from 'esbuild';

const out = new URL('./data/', import.meta.url);
const modules = new URL('./node_modules/', import.meta.url);
await mkdir(out, { recursive: true });

const write = (name, value) => writeFile(new URL(name, out), JSON.stringify(value) + '\n');
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
await write('lexicons-0.21.0.json', schemas);
await write('lexicons-0.2.11.json', await lexiconsOfSource('atproto-api-0.2.11'));
for (const version of ['4.1.0', '7.6.1']) {
  await write(`webhooks-${version}.json`, await read(`webhooks-schemas-${version}/schema.json`));
}
const events = await read('webhooks-examples/api.github.com/index.json');
await write('webhooks-examples.json', events.map(({ name, examples }) => ({ name, examples })));
