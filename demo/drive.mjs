// The stories in Node: one report a line.
import { readFile } from 'node:fs/promises';
import { Panproto } from '../sdk/typescript/dist/entrypoints/node.js';
import { tell } from './story.mjs';

const here = (name) => new URL(name, import.meta.url);
const pp = await Panproto.init();
const { stories } = JSON.parse(await readFile(here('./stories.json'), 'utf8'));
const read = async (file) => new Uint8Array(await readFile(here(`./data/${file}`)));
for (const story of stories) {
  console.log(JSON.stringify(await tell(pp, story, 'node', read, (line) => console.error(`  node: ${line}`))));
}
