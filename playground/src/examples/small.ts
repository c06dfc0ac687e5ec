import type { Example } from './index.js';

const text = { type: 'string' };
const object = (properties: object, required: readonly string[] = []): object => ({ type: 'object', ...(required.length > 0 ? { required } : {}), properties });
const post = (properties: object, required: readonly string[]): object => ({
  lexicon: 1,
  id: 'com.example.post',
  defs: { main: { type: 'record', key: 'tid', record: { type: 'object', required, properties } } },
});

export const SMALL: readonly Example[] = [
  {
    id: 'rename',
    group: 'Names and shapes',
    title: 'Rename a field',
    about: '`text` becomes `body`, says you: names alone do not tell. One click, and records go there and back.',
    scene: {
      language: 'atproto',
      old: post({ text: { type: 'string', maxLength: 300 }, sensitive: { type: 'boolean' }, createdAt: { type: 'string', format: 'datetime' } }, ['text', 'createdAt']),
      next: post(
        { body: { type: 'string', maxLength: 300 }, visibility: { type: 'string', knownValues: ['public', 'unlisted'], default: 'public' }, createdAt: { type: 'string', format: 'datetime' } },
        ['body', 'createdAt'],
      ),
      record: { text: 'Hello from the old schema', sensitive: true, createdAt: '2024-05-01T12:00:00Z' },
    },
  },
  {
    id: 'ambiguous',
    group: 'Names and shapes',
    title: 'Which one is it?',
    about: '`date` may be the start or the end, `amount` the total or the net. Nobody guesses: you say.',
    scene: {
      old: object({ amount: { type: 'number' }, date: { type: 'string', format: 'date' }, note: text }, ['amount', 'date']),
      next: object({ totalAmount: { type: 'number' }, netAmount: { type: 'number' }, startDate: { type: 'string', format: 'date' }, endDate: { type: 'string', format: 'date' }, note: text }),
      record: { amount: 119.0, date: '2024-05-01', note: 'for the garden' },
    },
  },
  {
    id: 'split',
    group: 'Names and shapes',
    title: 'Split a name in two',
    about: 'An expression takes the first word and the rest, and another puts them together again.',
    scene: {
      old: object({ name: text, email: text }, ['name']),
      next: object({ firstName: text, lastName: text, email: text }, ['firstName', 'lastName']),
      declaration: {
        fields: {
          name: {
            to: ['firstName', 'lastName'],
            expr: '{firstName = head (split name " "), lastName = join (tail (split name " ")) " "}',
            inverse: 'concat firstName (concat " " lastName)',
          },
        },
      },
      record: { name: 'Ada Lovelace', email: 'ada@example.org' },
    },
  },
  {
    id: 'nest',
    group: 'Names and shapes',
    title: 'Gather fields in an object',
    about: '`authorName` and `authorUrl` move into `author`.',
    scene: {
      old: object({ title: text, authorName: text, authorUrl: { type: 'string', format: 'uri' } }, ['title']),
      next: object({ title: text, author: object({ name: text, url: { type: 'string', format: 'uri' } }) }, ['title']),
      answers: { hints: { authorName: 'author.name', authorUrl: 'author.url' } },
      record: { title: 'Notes on the engine', authorName: 'Ada Lovelace', authorUrl: 'https://example.org/ada' },
    },
  },
  {
    id: 'list',
    group: 'Names and shapes',
    title: 'Rename inside a list',
    about: 'Items lose a member and rename another. Take an item out of the view: the others keep what is theirs.',
    scene: {
      old: object({ order: text, items: { type: 'array', items: object({ id: text, qty: { type: 'integer' }, note: text }, ['id', 'qty']) } }, ['order', 'items']),
      next: object({ order: text, items: { type: 'array', items: object({ id: text, quantity: { type: 'integer' } }, ['id', 'quantity']) } }, ['order', 'items']),
      answers: { hints: { 'items[].qty': 'items[].quantity', 'items[].note': null }, keys: { items: 'id' } },
      record: {
        order: 'A-17',
        items: [
          { id: 'apple', qty: 3, note: 'ripe ones' },
          { id: 'pear', qty: 1 },
          { id: 'plum', qty: 12, note: 'a gift' },
        ],
      },
    },
  },
  {
    id: 'enum',
    group: 'Values',
    title: 'Tighten an enum',
    about: '`stale` is gone. The verdict shows a record that new readers refuse.',
    scene: {
      old: object({ title: text, state: { enum: ['open', 'closed', 'stale'] } }, ['title', 'state']),
      next: object({ title: text, state: { enum: ['open', 'closed'] } }, ['title', 'state']),
      record: { title: 'Does not start', state: 'open' },
    },
  },
  {
    id: 'required',
    group: 'Values',
    title: 'Make a field required',
    about: 'Old records may lack it: the migration asks what they say then.',
    scene: {
      old: object({ name: text, language: { enum: ['en', 'de', 'ja'] } }, ['name']),
      next: object({ name: text, language: { enum: ['en', 'de', 'ja'] } }, ['name', 'language']),
      record: { name: 'Ada' },
    },
  },
  {
    id: 'number',
    group: 'Values',
    title: 'A number becomes text',
    about: 'Identifiers grew beyond what some readers hold. No digit is lost on the way, and none on the way back.',
    scene: {
      old: object({ id: { type: 'integer' }, label: text }, ['id']),
      next: object({ id: text, label: text }, ['id']),
      record: '{\n  "id": 18446744073709551616,\n  "label": "two to the 64th"\n}',
    },
  },
  {
    id: 'languages',
    group: 'Values',
    title: 'From a Lexicon to JSON Schema',
    about: 'The two schemas may be of different languages.',
    scene: {
      language: 'atproto',
      nextLanguage: 'json-schema',
      old: post({ text: { type: 'string', maxLength: 300 }, likes: { type: 'integer', minimum: 0 } }, ['text']),
      next: object({ text: { type: 'string', maxLength: 300 }, likes: { type: 'integer', minimum: 0 } }, ['text']),
      record: { text: 'hello', likes: 3 },
    },
  },
];
