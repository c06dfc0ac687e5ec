/**
 * JSON as text: laid out, cut into items, searched for a path. Nothing is turned into numbers or strings, so what the
 * engine spelled stays as it is. No recursion: depth is the reader's.
 */

/** Deeper than this, lines are not moved further in. */
const DEEPEST = 40;

/** A text over several lines; one that is no JSON is only laid out as far as its brackets tell. */
export function pretty(text: string): string {
  let out = '';
  let depth = 0;
  const line = (): void => {
    out += `\n${'  '.repeat(Math.min(depth, DEEPEST))}`;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') {
      const end = stringEnd(text, at);
      out += text.slice(at, end);
      at = end - 1;
    } else if (char === '{' || char === '[') {
      const next = skipSpace(text, at + 1);
      if (text.charAt(next) === (char === '{' ? '}' : ']')) {
        out += char + text.charAt(next);
        at = next;
        continue;
      }
      depth++;
      out += char;
      line();
    } else if (char === '}' || char === ']') {
      depth = Math.max(0, depth - 1);
      line();
      out += char;
    } else if (char === ',') {
      out += char;
      line();
    } else if (char === ':') out += ': ';
    else if (!isSpace(char)) out += char;
  }
  return out;
}

/** The items of an array that is the whole text; `null` where it is none. The last one may be unfinished. */
export function items(text: string): { readonly text: string; readonly from: number }[] | null {
  const start = skipSpace(text, 0);
  if (text.charAt(start) !== '[') return null;
  const found: { text: string; from: number }[] = [];
  let depth = 0;
  let from = skipSpace(text, start + 1);
  const cut = (to: number): void => {
    const item = text.slice(from, to).trimEnd();
    if (item !== '' || found.length > 0) found.push({ text: item, from });
  };
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') at = stringEnd(text, at) - 1;
    else if (char === '{' || char === '[') depth++;
    else if (depth === 0 && char === ']') {
      cut(at);
      return found;
    } else if (char === '}' || char === ']') depth--;
    else if (depth === 0 && char === ',') {
      cut(at);
      from = skipSpace(text, at + 1);
    }
  }
  cut(text.length);
  return found;
}

/** The names on the way to a place: `a.b[3].c`, `["a name"].c`, or `/a/b/3`. `null` stands for any item. */
export function segments(path: string): (string | number | null)[] {
  if (path.startsWith('/')) return path.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const found: (string | number | null)[] = [];
  for (const [, quoted, name, index] of path.matchAll(/\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)|\[([^\]]*)\]/g)) {
    if (quoted !== undefined) found.push(unquoted(quoted));
    else if (name !== undefined) found.push(name);
    else found.push(index !== undefined && /^\d+$/.test(index) ? Number(index) : null);
  }
  return found;
}

/** The path of what a place is in: of `a.b[].c` that of `a.b[]`. */
export function around(path: string): string {
  return path.replace(/(?:\["(?:[^"\\]|\\.)*"\]|\[\]|\.?[^.[\]"]+)$/, '');
}

/** Whether two JSON texts say the same, to the last digit of whole numbers, however members are ordered. */
export function same(one: string, other: string): boolean {
  return one === other || compact(one) === compact(other);
}

/** The value of a JSON text, with whole numbers that no JavaScript number holds as `long` has them. */
export function parse(text: string, long: (digits: string) => unknown): unknown {
  return JSON.parse(marked(text), (_, value: unknown) => (typeof value === 'string' && /^\u0001-?\d+$/.test(value) ? long(value.slice(1)) : value));
}

/** Such numbers as strings that no person writes. */
function marked(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => (token.startsWith('"') || !/^-?\d+$/.test(token) || Number.isSafeInteger(Number(token)) ? token : `"\\u0001${token}"`));
}

function compact(text: string): string {
  const ordered = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
  return JSON.stringify(JSON.parse(marked(text)), ordered);
}

interface Open {
  readonly list: boolean;
  index: number;
  key: string;
  /** How many segments lead here; −1 where this is off the way. */
  readonly matched: number;
}

/** Where the value at a path stands, or the nearest one around it that exists. */
export function locate(text: string, path: string): [number, number] | null {
  const wanted = segments(path);
  const open: Open[] = [];
  let best: [number, number] | null = null;
  let deepest = -1;
  let from = -1;
  const matchedHere = (): number => {
    const top = open.at(-1);
    if (top === undefined) return 0;
    const segment = wanted[top.matched];
    if (top.matched < 0 || segment === undefined) return -1;
    const here = top.list ? segment === null || String(segment) === String(top.index) : String(segment) === top.key;
    return here ? top.matched + 1 : -1;
  };
  let keyNext = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (isSpace(char)) continue;
    const top = open.at(-1);
    if (char === ',') {
      if (top !== undefined) {
        top.index++;
        keyNext = !top.list;
      }
      continue;
    }
    if (char === ':') continue;
    if (char === '}' || char === ']') {
      open.pop();
      keyNext = false;
      if (open.length < deepest && best !== null) return best;
      continue;
    }
    if (keyNext && char === '"' && top !== undefined) {
      const end = stringEnd(text, at);
      top.key = unquoted(text.slice(at, end));
      from = at;
      at = end - 1;
      keyNext = false;
      continue;
    }
    const matched = matchedHere();
    const end = char === '{' || char === '[' ? at + 1 : char === '"' ? stringEnd(text, at) : scalarEnd(text, at);
    if (matched > deepest) {
      deepest = matched;
      best = [top !== undefined && !top.list && from >= 0 ? from : at, end];
      if (matched === wanted.length) return best;
    }
    if (char === '{' || char === '[') {
      open.push({ list: char === '[', index: 0, key: '', matched });
      keyNext = char === '{';
    } else at = Math.max(at, end - 1);
  }
  return best;
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

function stringEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') at++;
    else if (char === '"') return at + 1;
  }
  return text.length;
}

function scalarEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !/[\s,:{}[\]"]/.test(text.charAt(at))) at++;
  return Math.max(at, from + 1);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charAt(at))) at++;
  return at;
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\n' || char === '\r' || char === '\t';
}
