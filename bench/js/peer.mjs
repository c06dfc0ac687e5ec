// The three workloads by hand, in JavaScript: what somebody writes who needs exactly this migration.

import { check, decoder, encoder, value } from './data.mjs';
import { serve } from './serve.mjs';

/** Value to value; the input may be taken apart. */
const TRANSFORMS = {
  w1: ({ text, createdAt, sensitive, stats, ...rest }) => ({
    ...rest,
    body: text,
    publishedAt: createdAt,
    visibility: 'public',
    likeCount: stats.likeCount,
  }),
  w2: ({ f00, f02, f03, ...rest }) => ({ ...rest, g00: f00, g03: f03, extra: 'x' }),
  w3: ({ title, items }) => ({
    heading: title,
    items: items.map(({ value: amount, flag, ...rest }) => ({ ...rest, amount })),
  }),
};

class Peer {
  #data;

  constructor(data) {
    this.#data = data;
  }

  async prepare(id) {
    const [workload, operation, how, form] = id.split('.');
    const transform = TRANSFORMS[workload];
    if (transform === undefined || operation !== 'lift') return null;
    const lines = await this.#data.lines(workload);
    const expected = await this.#data.expected(workload);
    const units = lines.length;
    const bytes = lines.reduce((sum, line) => sum + line.length, 0);
    switch (`${how}.${form}`) {
      case 'batch.bytes': {
        // Over strings, as code that has its records as text.
        const texts = lines.map((line) => decoder.decode(line));
        const convert = (text) => JSON.stringify(transform(JSON.parse(text)));
        check(id, texts.map(convert).map((text) => JSON.parse(text)), expected);
        return { run: () => texts.map(convert), units, bytes };
      }
      case 'record.bytes': {
        const convert = (line) => encoder.encode(JSON.stringify(transform(JSON.parse(decoder.decode(line)))));
        check(id, lines.map(convert).map(value), expected);
        return { run: () => lines.map(convert), units, bytes };
      }
      case 'record.values': {
        const inputs = lines.map(value);
        const convert = (input) => transform(structuredClone(input));
        check(id, inputs.map(convert), expected);
        return { run: () => inputs.map(convert), units, bytes };
      }
      default:
        return null;
    }
  }
}

await serve(async (data) => new Peer(data), { node: process.versions.node });
