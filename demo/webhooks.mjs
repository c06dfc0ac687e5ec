// A webhook payload as another day would have sent it: other ids, names, words and dates in the same places.
import { spelling, text } from './random.mjs';

const WORDS = 'fix bump the parser flaky test on Windows crème brûlée 修正 ✅ "quotes" C:\\temp for issue'.split(' ');
/** Members with text that people write. */
const PROSE = new Set(['body', 'description', 'message', 'title', 'display_title', 'summary', 'bio']);

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const HASH = /^[0-9a-f]{40}$/;

/** The JSON text of an example, with values of the same types drawn anew; without `random` as it is. */
export function varied(example, random) {
  if (random === null) return example;
  return text(change(JSON.parse(example), null, random), spelling(random));
}

function change(value, name, random) {
  if (Array.isArray(value)) return value.map((item) => change(item, name, random));
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, member]) => [key, change(member, key, random)]));
  }
  if (typeof value === 'number' && name !== null && (name === 'id' || name.endsWith('_id')) && Number.isInteger(value) && value > 9999) {
    return 10_000 + random.below(2 ** 31 - 10_000);
  }
  if (typeof value !== 'string') return value;
  if (DATE.test(value)) return random.date(2019 + random.below(6), value.includes('.') ? 3 : 0);
  if (HASH.test(value)) return random.letters(40, '0123456789abcdef');
  if (PROSE.has(name)) return random.list(1, 12, () => random.pick(WORDS)).join(' ');
  return value;
}
