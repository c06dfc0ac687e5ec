// Workload W1: a nested post of some 600 bytes; rename, drop, default, hoist. Record by record what the generators of
// the tests and the benchmark write.

const WORDS = 'alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo sierra tango über naïve 東京 emoji😀 "quoted" back\\slash'.split(' ');
const LANGUAGES = ['en', 'pt', 'ja', 'de', 'fr'];

/** The next record. The order of draws is part of the workload. */
export function post(random) {
  const words = (n) => Array.from({ length: n }, () => random.pick(WORDS)).join(' ');
  const below = (n) => random.below(n);
  const two = (n) => String(n).padStart(2, '0');
  const body = words(10 + below(9));
  const [month, day, hour, minute, second, milli] = [12, 28, 24, 60, 60, 1000].map(below);
  const time = `${two(hour)}:${two(minute)}:${two(second)}.${String(milli).padStart(3, '0')}`;
  const langs = random.list(1, 2, () => random.pick(LANGUAGES));
  const tags = random.list(0, 2, () => random.letters(6));
  const stats = { likeCount: below(100000) };
  const sensitive = below(2) === 1;
  const author = {
    did: `did:plc:${random.letters(24)}`,
    handle: `${random.letters(8)}.bsky.social`,
    displayName: words(2),
  };
  const starts = random.list(1, 2, () => below(60));
  const facets = starts.map((byteStart) => ({
    byteStart,
    byteEnd: byteStart + 5 + below(20),
    uri: `https://example.com/${random.letters(10)}`,
  }));
  const image = { alt: words(3), cid: `bafkrei${random.letters(30)}`, mimeType: 'image/jpeg', width: 100 + below(4000), height: 100 + below(4000) };
  return JSON.stringify({
    $type: 'com.example.feed.post',
    text: body,
    createdAt: `2024-${two(month + 1)}-${two(day + 1)}T${time}Z`,
    langs,
    tags,
    stats,
    sensitive,
    author,
    facets,
    images: [image],
  });
}

/** Both Lexicons. */
export function lexicons() {
  const [integer, string] = ['integer', 'string'].map((type) => ({ type }));
  const object = (properties) => ({ type: 'object', properties });
  const list = (items) => ({ type: 'array', items });
  const common = {
    langs: list(string),
    tags: list(string),
    author: object({ did: string, handle: string, displayName: string }),
    facets: list(object({ byteStart: integer, byteEnd: integer, uri: string })),
    images: list(object({ alt: string, cid: string, mimeType: string, width: integer, height: integer })),
  };
  const lexicon = (properties) => ({
    lexicon: 1,
    id: 'com.example.feed.post',
    defs: { main: { type: 'record', key: 'tid', record: { type: 'object', required: [], properties } } },
  });
  return [
    lexicon({ ...common, text: string, createdAt: string, sensitive: { type: 'boolean' }, stats: object({ likeCount: integer }) }),
    lexicon({ ...common, body: string, publishedAt: string, visibility: { type: 'string', default: 'public' }, likeCount: integer }),
  ];
}
