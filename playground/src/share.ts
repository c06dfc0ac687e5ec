/**
 * A scene as a link: its JSON, deflated, in base64 for addresses, behind the version of this form. What is behind `#` is
 * sent to no server.
 */

import { unix } from './files.js';
import { EMPTY_SIDE, NO_ANSWERS } from './state.js';
import type { Scene } from './state.js';
import type { Answers, LanguageName, Side } from './engine/protocol.js';

const PREFIX = '#v1/';
/** Characters of a scene that a link may unfold to. */
const LONGEST = 4_000_000;

/** What went wrong with a link, in words. */
export class BadLink extends Error {
  override readonly name = 'BadLink';
}

/** Whether a link could hold it. */
export function fits({ old, next, declaration, record }: Scene, most = LONGEST / 2): boolean {
  return old.text.length + next.text.length + declaration.length + record.length <= most;
}

/** A scene as data that is kept. */
export function pack({ old, next, answers, declaration, record }: Scene): object {
  return {
    o: packSide(old),
    n: packSide(next),
    ...(isEmpty(answers) ? {} : { a: answers }),
    ...(declaration === '' ? {} : { d: declaration }),
    ...(record === '' ? {} : { r: record }),
  };
}

/** The scene of such data; `null` where it is none. */
export function unpack(packed: unknown): Scene | null {
  const { o, n, a, d, r } = (typeof packed === 'object' && packed !== null ? packed : {}) as Record<string, unknown>;
  if (typeof o !== 'object' || typeof n !== 'object') return null;
  return { old: unpackSide(o), next: unpackSide(n), answers: unpackAnswers(a), declaration: textOf(d), record: textOf(r) };
}

export async function toHash(scene: Scene): Promise<string> {
  const stream = new Blob([JSON.stringify(pack(scene))]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return PREFIX + toBase64(bytes);
}

/** The scene of a hash; `null` where it holds none. */
export async function fromHash(hash: string): Promise<Scene | null> {
  if (hash === '' || hash === '#') return null;
  const version = /^#v(\d+)\//.exec(hash);
  if (version === null) return null;
  if (!hash.startsWith(PREFIX)) throw new BadLink(`this link is of version ${version[1] ?? ''}, which this page does not know: reload it for a newer one`);
  let packed: unknown;
  try {
    packed = JSON.parse(await inflate(fromBase64(hash.slice(PREFIX.length))));
  } catch (error) {
    if (error instanceof BadLink) throw error;
    throw new BadLink('this link was cut or changed on its way');
  }
  const scene = unpack(packed);
  if (scene === null) throw new BadLink('this link holds no schemas');
  return scene;
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (text.length > LONGEST) {
      await reader.cancel();
      throw new BadLink('this link unfolds to more than the page takes');
    }
  }
}

function packSide({ language, text, root }: Side): object {
  return { l: language, t: text, ...(root === '' ? {} : { r: root }) };
}

function unpackSide(packed: unknown): Side {
  if (typeof packed !== 'object' || packed === null) return EMPTY_SIDE;
  const { l, t, r } = packed as Record<string, unknown>;
  const language: LanguageName = l === 'atproto' ? 'atproto' : 'json-schema';
  return { language, text: textOf(t), root: textOf(r) };
}

function unpackAnswers(packed: unknown): Answers {
  if (typeof packed !== 'object' || packed === null) return NO_ANSWERS;
  const given = packed as Record<string, unknown>;
  const map = <T>(name: string): Readonly<Record<string, T>> => {
    const value = given[name];
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, T>) : {};
  };
  const list = (name: string): string[] => (Array.isArray(given[name]) ? (given[name] as unknown[]).filter((one) => typeof one === 'string') : []);
  return { hints: map('hints'), defaults: map('defaults'), sourceDefaults: map('sourceDefaults'), keys: map('keys'), trust: list('trust'), match: list('match') };
}

export function isEmpty(answers: Answers): boolean {
  return Object.values(answers).every((part: object) => Object.keys(part).length === 0);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? unix(value) : '';
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x2000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}
