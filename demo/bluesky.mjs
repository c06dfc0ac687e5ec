// Posts and profiles as they are written today, under the Lexicons of @atproto/api 0.21.0, and as they were in 2023.
import { Raw, spelling, text } from './random.mjs';

const WORDS = (
  'ocean library bicycle notebook thunder copper garden winter signal harbor über naïve façade 東京 ラーメン мир привет שלום ' +
  'مرحبا 😀 👩‍👩‍👧‍👦 🏳️‍🌈 é "quoted" back\\slash tab\there <b> a&b'
).split(' ');
const LANGUAGES = ['en', 'ja', 'pt-BR', 'de', 'es-419', 'zh-Hant-TW', 'ko', 'fr'];
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

export class Bluesky {
  constructor(random) {
    this.random = random;
    this.spell = spelling(random);
  }

  words(least, most) {
    return this.random.list(least, most, () => this.random.pick(WORDS)).join(this.random.often(5) ? '\n' : ' ');
  }

  did() {
    return `did:plc:${this.random.letters(24)}`;
  }

  uri(collection = 'app.bsky.feed.post') {
    const key = this.random.letters(1, '234567abcdefghij') + this.random.letters(12, '234567abcdefghijklmnopqrstuvwxyz');
    return `at://${this.did()}/${collection}/${key}`;
  }

  /** A real one: version 1, the codec, SHA-256, base32. */
  cid(codec = 0x55) {
    const bytes = [1, codec, 0x12, 0x20, ...Array.from({ length: 32 }, () => this.random.below(256))];
    let [bits, held, out] = [0, 0, 'b'];
    for (const byte of bytes) {
      [bits, held] = [(bits << 8) | byte, held + 8];
      for (; held >= 5; held -= 5) out += BASE32[(bits >> (held - 5)) & 31];
      bits &= (1 << held) - 1;
    }
    return held > 0 ? out + BASE32[(bits << (5 - held)) & 31] : out;
  }

  reference(collection) {
    return { uri: this.uri(collection), cid: this.cid(0x71) };
  }

  blob(mimeType, most = 1_000_000) {
    return { $type: 'blob', ref: { $link: this.cid() }, mimeType, size: 1 + this.random.below(most) };
  }

  aspectRatio() {
    return { width: 1 + this.random.below(4000), height: 1 + this.random.below(4000) };
  }

  // Embeds. `today` says whether what came after 2023 may be there.

  images(today) {
    const images = this.random.list(1, 4, () => ({
      alt: this.random.often(30) ? '' : this.words(1, 8),
      // Today an image may be twice as large as in 2023: a reader of then cannot have those posts.
      image: this.blob(this.random.pick(['image/jpeg', 'image/png', 'image/webp']), today && this.random.often(1) ? 2_000_000 : undefined),
      aspectRatio: today && this.random.often(80) ? this.aspectRatio() : undefined,
    }));
    return { $type: 'app.bsky.embed.images', images };
  }

  external(today) {
    const external = {
      uri: `https://example.com/${this.random.letters(8)}`,
      title: this.words(1, 6),
      description: this.words(0, 10),
      thumb: this.random.often(60) ? this.blob('image/jpeg') : undefined,
      associatedRefs: today && this.random.often(10) ? this.random.list(1, 2, () => this.reference()) : undefined,
    };
    return { $type: 'app.bsky.embed.external', external };
  }

  video() {
    const captions = () => this.random.list(1, 2, () => ({ lang: this.random.pick(LANGUAGES), file: this.blob('text/vtt', 20_000) }));
    return {
      $type: 'app.bsky.embed.video',
      video: this.blob('video/mp4', 50_000_000),
      captions: this.random.often(30) ? captions() : undefined,
      alt: this.random.often(50) ? this.words(1, 5) : undefined,
      aspectRatio: this.aspectRatio(),
    };
  }

  gallery() {
    const items = this.random.list(2, 8, () => ({
      $type: 'app.bsky.embed.gallery#image',
      image: this.blob('image/jpeg', 2_000_000),
      alt: this.words(0, 4),
      aspectRatio: this.aspectRatio(),
    }));
    return { $type: 'app.bsky.embed.gallery', items };
  }

  record() {
    return { $type: 'app.bsky.embed.record', record: this.reference() };
  }

  media(today) {
    const kinds = today ? ['images', 'images', 'external', 'video', 'gallery'] : ['images', 'images', 'external'];
    return this[this.random.pick(kinds)](today);
  }

  embed(today) {
    switch (this.random.below(5)) {
      case 0:
        return this.record();
      case 1: {
        const { record } = this.record();
        // The member `record` is a reference to a definition, not a union: its type may stand there or not.
        const inner = this.random.often(50) ? { $type: 'app.bsky.embed.record', record } : { record };
        return { $type: 'app.bsky.embed.recordWithMedia', record: inner, media: this.media(today) };
      }
      default:
        return this.media(today);
    }
  }

  facet(today) {
    const start = this.random.below(40);
    const features = [
      () => ({ $type: 'app.bsky.richtext.facet#mention', did: this.did() }),
      () => ({ $type: 'app.bsky.richtext.facet#link', uri: `https://example.org/${this.random.letters(12)}` }),
      () => ({ $type: 'app.bsky.richtext.facet#tag', tag: this.random.pick(WORDS) }),
    ].slice(0, today ? 3 : 2);
    return {
      $type: this.random.often(30) ? 'app.bsky.richtext.facet' : undefined,
      index: { byteStart: start, byteEnd: start + 1 + this.random.below(20) },
      features: this.random.list(1, 2, () => this.random.pick(features)()),
    };
  }

  labels() {
    const values = this.random.list(1, 2, () => ({ val: this.random.pick(['porn', 'sexual', 'nudity', 'graphic-media', 'bot']) }));
    return { $type: 'com.atproto.label.defs#selfLabels', values };
  }

  /** Members that no Lexicon declares, as other programs write them. */
  extras() {
    const extras = [
      ['via', 'TOKIMEKI'],
      ['bridgyOriginalUrl', `https://mastodon.example/@${this.random.letters(6)}/${this.random.below(1e9)}`],
      ['fediverseId', new Raw(`1${this.random.letters(29, '0123456789')}`)],
      ['example.numbers', new Raw('[18446744073709551616,1.0,-0,1e400,0.10]')],
      ['__proto__', { constructor: null }],
      ['', [true, {}]],
      ['example.half', new Raw('"\\ud83d"')],
    ];
    const start = this.random.below(extras.length);
    return extras.slice(start, start + 1 + this.random.below(2));
  }

  /** Members in the order of one of the programs that write records: as they were made, by DAG-CBOR, or by name. */
  written(record) {
    const members = Object.entries(record).filter(([, value]) => value !== undefined);
    if (this.random.often(10)) members.push(...this.extras());
    const order = [
      () => 0,
      ([a], [b]) => a.length - b.length || (a < b ? -1 : 1),
      ([a], [b]) => (a < b ? -1 : 1),
    ];
    members.sort(this.random.pick(order));
    return text(new Map(members), this.spell);
  }

  post(today) {
    const reply = () => ({ root: this.reference(), parent: this.reference() });
    const entity = () => ({ index: { start: 0, end: 1 + this.random.below(9) }, type: 'link', value: 'https://example.net/' });
    return this.written({
      $type: 'app.bsky.feed.post',
      text: this.words(0, 18),
      facets: this.random.often(40) ? this.random.list(1, 3, () => this.facet(today)) : undefined,
      entities: this.random.often(3) ? [entity()] : undefined,
      reply: this.random.often(35) ? reply() : undefined,
      embed: this.random.often(60) ? this.embed(today) : undefined,
      langs: today && this.random.often(80) ? this.random.list(1, 3, () => this.random.pick(LANGUAGES)) : undefined,
      labels: today && this.random.often(10) ? this.labels() : undefined,
      tags: today && this.random.often(15) ? this.random.list(1, 8, () => this.random.pick(WORDS)) : undefined,
      createdAt: this.random.date(today ? 2026 : 2023),
    });
  }

  profile(today) {
    const picture = () => this.blob(this.random.pick(['image/jpeg', 'image/png']));
    return this.written({
      $type: 'app.bsky.actor.profile',
      displayName: this.random.often(90) ? this.words(1, 3) : undefined,
      description: this.random.often(70) ? this.words(0, 20) : undefined,
      avatar: this.random.often(80) ? picture() : undefined,
      banner: this.random.often(50) ? picture() : undefined,
      pronouns: today && this.random.often(30) ? this.random.pick(['they/them', 'she/her', 'he/him', 'elle']) : undefined,
      website: today && this.random.often(30) ? `https://${this.random.letters(8)}.example/` : undefined,
      labels: today && this.random.often(10) ? this.labels() : undefined,
      joinedViaStarterPack: today && this.random.often(20) ? this.reference('app.bsky.graph.starterpack') : undefined,
      pinnedPost: today && this.random.often(40) ? this.reference() : undefined,
      createdAt: today && this.random.often(80) ? this.random.date(2024) : undefined,
    });
  }
}
