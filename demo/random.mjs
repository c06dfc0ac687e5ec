// What is drawn, and how it is written: the same on every machine.

const MASK = (1n << 64n) - 1n;

/** xorshift64*, of which the upper 31 bits are used. */
export class Random {
  #state;

  constructor(seed = 0x9e3779b97f4a7c15n) {
    this.#state = seed;
  }

  below(n) {
    let x = this.#state;
    x ^= x >> 12n;
    x ^= (x << 25n) & MASK;
    x ^= x >> 27n;
    this.#state = x;
    return Number(((x * 0x2545f4914f6cdd1dn) & MASK) >> 33n) % n;
  }

  /** True in `percent` of a hundred draws. */
  often(percent) {
    return this.below(100) < percent;
  }

  pick(from) {
    return from[this.below(from.length)];
  }

  list(least, most, draw) {
    return Array.from({ length: least + this.below(most - least + 1) }, (_, at) => draw(at));
  }

  letters(n, alphabet = 'abcdefghijklmnopqrstuvwxyz234567') {
    return Array.from({ length: n }, () => alphabet[this.below(alphabet.length)]).join('');
  }

  date(year, digits = 3) {
    const two = (n) => String(n).padStart(2, '0');
    const [month, day, hour, minute, second] = [12, 28, 24, 60, 60].map((most) => this.below(most));
    const fraction = digits > 0 ? '.' + String(this.below(10 ** digits)).padStart(digits, '0') : '';
    return `${year}-${two(month + 1)}-${two(day + 1)}T${two(hour)}:${two(minute)}:${two(second)}${fraction}Z`;
  }
}

/** JSON text that no JavaScript value has: numbers that no double holds, their spellings, members that come as they come. */
export class Raw {
  constructor(text) {
    this.text = text;
  }
}

/** JSON text of a value, without space. `spell` writes strings. */
export function text(value, spell = JSON.stringify) {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => text(item, spell)).join(',')}]`;
  if (value instanceof Map || (typeof value === 'object' && value !== null)) {
    const members = value instanceof Map ? [...value] : Object.entries(value);
    const kept = members.filter(([, member]) => member !== undefined);
    return `{${kept.map(([name, member]) => `${JSON.stringify(name)}:${text(member, spell)}`).join(',')}}`;
  }
  return typeof value === 'string' ? spell(value) : JSON.stringify(value);
}

/** Writes strings as different programs do: some escape what is not ASCII, some the slash. */
export const spelling = (random) => (string) => {
  const plain = JSON.stringify(string);
  switch (random.below(12)) {
    case 0:
      return plain.replace(/[\u0080-\uffff]/g, (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'));
    case 1:
      return plain.replaceAll('/', '\\/');
    default:
      return plain;
  }
};
