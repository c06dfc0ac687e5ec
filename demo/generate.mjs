// Writes the records of the stories into `data/`, from a fixed seed: the same bytes on every machine.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Bluesky } from './bluesky.mjs';
import { Random } from './random.mjs';
import { varied } from './webhooks.mjs';
import { lexicons, post } from './workload.mjs';

const out = new URL('./data/', import.meta.url);
await mkdir(new URL('webhooks/', out), { recursive: true });

const write = (name, lines) => writeFile(new URL(name, out), lines.map((line) => line + '\n').join(''));
const many = (count, draw) => Array.from({ length: count }, (_, at) => draw(at));

const bluesky = new Bluesky(new Random());
await write('posts.ndjson', many(4000, () => bluesky.post(true)));
await write('profiles.ndjson', many(1000, () => bluesky.profile(true)));
await write('posts-2023.ndjson', many(1500, () => bluesky.post(false)));
await write('profiles-2023.ndjson', many(500, () => bluesky.profile(false)));

const { stories } = JSON.parse(await readFile(new URL('./stories.json', import.meta.url), 'utf8'));
const parts = stories.flatMap((story) => story.parts).filter((part) => part.records.startsWith('webhooks/'));
const random = new Random();
for (const { records } of parts) {
  const file = records.replace('webhooks/', 'examples/').replace('.ndjson', '.valid.ndjson');
  const examples = (await readFile(new URL(file, out), 'utf8')).split('\n').filter(Boolean);
  if (examples.length === 0) throw new Error(`${file}: no example is valid, so the story cannot have this part`);
  const count = Math.ceil(4100 / parts.length);
  await write(records, many(count, (at) => varied(examples[at % examples.length], at < examples.length ? null : random)));
}

const draws = new Random();
await write('w1.ndjson', many(2000, () => post(draws)));
const [old, next] = lexicons();
await write('w1-old.ndjson', [JSON.stringify(old)]);
await write('w1-new.ndjson', [JSON.stringify(next)]);
