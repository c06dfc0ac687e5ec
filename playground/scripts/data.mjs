// Takes real schemas and records from published packages, cut to what a story needs, into public/examples/.
import { mkdir, readFile, writeFile } from 'node:fs/promises';

const modules = new URL('../node_modules/', import.meta.url);
const out = new URL('../public/examples/', import.meta.url);
await mkdir(out, { recursive: true });

const json = async (path) => JSON.parse(await readFile(new URL(path, modules), 'utf8'));
const write = (name, draft) => writeFile(new URL(name, out), JSON.stringify(draft));

// Bluesky.

const { schemas: today } = await import('atproto-api-0.21.0');
const before = await lexiconsOfSource('atproto-api-0.2.11');

/** The Lexicons of a release that still had them as one literal in its TypeScript source. */
async function lexiconsOfSource(name) {
  const source = await readFile(new URL(`${name}/src/client/lexicons.ts`, modules), 'utf8');
  const start = 'export const schemaDict = ';
  const from = source.indexOf(start);
  const to = source.search(/\nexport const (schemas|lexicons)\b/);
  if (from < 0 || to < from) throw new Error(`${name}: no literal \`schemaDict\` in src/client/lexicons.ts`);
  const literal = source.slice(from + start.length, to).trim().replace(/( as const)?;?$/, '');
  const module = await import(`data:text/javascript;base64,${Buffer.from(`export default ${literal}`).toString('base64')}`);
  return Object.values(module.default);
}

/** The definitions that a record may lead to, in documents that hold nothing else. */
function reachable(lexicons, root) {
  const documents = new Map(lexicons.map((document) => [document.id, document]));
  const kept = new Map();
  const todo = [`${root}#main`];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [id, name] = next.split('#');
    const definition = documents.get(id)?.defs[name];
    const names = kept.get(id) ?? new Set();
    if (definition === undefined || names.has(name)) continue;
    kept.set(id, names.add(name));
    for (const reference of references(definition)) {
      const [document, fragment = 'main'] = reference.replace(/^lex:/, '').split('#');
      todo.push(`${document === '' ? id : document}#${fragment}`);
    }
  }
  return [...kept].map(([id, names]) => {
    const { lexicon, defs } = documents.get(id);
    return { lexicon, id, defs: Object.fromEntries(Object.entries(defs).filter(([name]) => names.has(name))) };
  });
}

function references(definition) {
  const found = [];
  const todo = [definition];
  for (let value = todo.pop(); value !== undefined; value = todo.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (value.type === 'ref') found.push(value.ref);
    else if (value.type === 'union') found.push(...value.refs);
    else todo.push(...Object.values(value));
  }
  return found;
}

const blob = (size) => ({ $type: 'blob', ref: { $link: 'bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy' }, mimeType: 'image/jpeg', size });

await write('bluesky-post.json', {
  language: 'atproto',
  old: reachable(today, 'app.bsky.feed.post'),
  next: reachable(before, 'app.bsky.feed.post'),
  record: {
    $type: 'app.bsky.feed.post',
    text: 'A heron, this morning. #birds',
    facets: [{ index: { byteStart: 23, byteEnd: 29 }, features: [{ $type: 'app.bsky.richtext.facet#link', uri: 'https://example.org/birds' }] }],
    embed: { $type: 'app.bsky.embed.images', images: [{ alt: 'A heron in the reeds', image: blob(482_113), aspectRatio: { width: 1600, height: 1200 } }] },
    langs: ['en'],
    tags: ['birds'],
    createdAt: '2026-03-14T07:21:09.000Z',
  },
});

await write('bluesky-profile.json', {
  language: 'atproto',
  old: reachable(before, 'app.bsky.actor.profile'),
  next: reachable(today, 'app.bsky.actor.profile'),
  record: { $type: 'app.bsky.actor.profile', displayName: 'Ada', description: 'Engines, analytical and otherwise.', avatar: blob(120_044) },
});

// GitHub.

const [earlier, later] = await Promise.all(['4.1.0', '7.6.1'].map((version) => json(`webhooks-schemas-${version}/schema.json`)));
const examples = await json('webhooks-examples/api.github.com/index.json');

/** One event with the definitions that it leads to. */
function event({ $schema, definitions }, root) {
  const kept = new Set();
  const todo = [root];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (kept.has(name) || definitions[name] === undefined) continue;
    kept.add(name);
    const values = [definitions[name]];
    for (let value = values.pop(); value !== undefined; value = values.pop()) {
      if (typeof value !== 'object' || value === null) continue;
      if (typeof value.$ref === 'string') todo.push(value.$ref.replace('#/definitions/', ''));
      values.push(...Object.values(value));
    }
  }
  return { $schema, $ref: `#/definitions/${root}`, definitions: Object.fromEntries(Object.entries(definitions).filter(([name]) => kept.has(name))) };
}

for (const [file, name, has] of [
  ['webhook-star.json', 'star', () => true],
  // Payloads of then, with the spelling of then, in both places.
  ['webhook-sponsorship.json', 'sponsorship', ({ changes, sponsorship }) => changes !== undefined && 'is_custom_ammount' in sponsorship.tier],
]) {
  const record = examples.find((one) => one.name === name).examples.find(has);
  if (record === undefined) throw new Error(`there is no payload for ${file}`);
  await write(file, { language: 'json-schema', old: event(earlier, `${name}_event`), next: event(later, `${name}_event`), record });
}
