// One story in any JavaScript host: derive, convert, edit, convert back, check the laws, digest everything that came out.

const NEWLINE = 10;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Runs a story and answers with its report. `read` gives the bytes of a file of `data/`, `say` takes a line for people.
 */
export async function tell(pp, story, host, read, say) {
  const documents = async (file) => decoder.decode(await read(file)).split('\n').filter(Boolean);
  const old = pp.parseSchema(story.language, await documents(story.old));
  const next = pp.parseSchema(story.language, await documents(story.new));
  const verdict = old.diff(next).verdict();
  say(`${story.name}: new readers: ${verdict.backward.kind}, old readers: ${verdict.forward.kind}, code: ${verdict.source.kind}`);

  const total = { records: 0, refused: 0, changed: 0, edited: 0, complement_bytes: 0 };
  const broken = [];
  const digests = [];
  let asked = 0;
  let seconds = 0;
  for (const part of story.parts) {
    const roots = { oldRoot: part.root, newRoot: part.root };
    asked += pp.migrate(old, next, roots).questions.length;
    const migration = pp.migrate(old, next, {
      ...roots,
      hints: { ...story.hints, ...part.hints },
      defaults: { ...story.defaults, ...part.defaults },
      match: part.match,
    });
    const lens = migration.lens();
    const all = await read(part.records);
    let refused = [];
    let got;
    let best = Infinity;
    // Twice: what runs first is still being compiled.
    for (let round = 0; round < 2; round++) {
      refused = [];
      const started = performance.now();
      got = lens.getNdjson(all, { onError: (error) => refused.push(error) });
      best = Math.min(best, (performance.now() - started) / 1000);
    }
    seconds += best;
    const { views, complements } = got;

    const told = refused.map(({ record, code, path }) => `${record} ${code} ${path ?? ''}\n`);
    const records = without(all, new Set(refused.map(({ record }) => record)));

    const restored = lens.putNdjson(views, complements);
    if (!same(restored, records)) broken.push(`${part.root}: put(get(s)) is s`);

    const { text, count } = edit(views, part.edits, total.records);
    const saved = lens.putNdjson(text, complements);
    const touched = differing(records, saved);
    if (touched !== count) broken.push(`${part.root}: ${count} views were edited, and ${touched} records are changed by it`);
    if (!same(lens.liftNdjson(saved), text)) broken.push(`${part.root}: get(put(v)) is v`);

    for (const expected of part.refused_edits ?? []) {
      const error = refusal(lens, records, views, expected);
      if (error !== `${expected.code} ${expected.path}`) broken.push(`${part.root}: an edit is refused with ${error}`);
      told.push(`${error}\n`);
    }

    for (const bytes of [views, complements, encoder.encode(told.join('')), restored, saved]) digests.push(await sha256(bytes));
    total.records += lines(all).length;
    total.refused += refused.length;
    total.changed += differing(records, views);
    total.edited += count;
    total.complement_bytes += complements.length;
  }
  say(`${story.name}: asked ${asked} questions, all answered; ${total.records} records there and back, ${total.edited} of them edited`);
  for (const law of broken) say(`  law broken: ${law}`);
  const digest = hex(await sha256(concat(digests)));
  const records_per_second = Math.round(total.records / seconds);
  return { story: story.name, host, ...total, records_per_second, digest, laws: broken.length === 0 };
}

/** What `putNdjson` says to an edit that no record carries: the first `find` of the first view that has it becomes `replace`. */
function refusal(lens, records, views, { find, replace }) {
  const at = lines(views).findIndex((line) => line.includes(find));
  const got = lens.getNdjson(encoder.encode(lines(records)[at]));
  try {
    lens.putNdjson(encoder.encode(decoder.decode(got.views).replace(find, () => replace)), got.complements);
  } catch ({ code, path }) {
    return `${code} ${path ?? ''}`;
  }
  return 'nothing';
}

/** In every `every`-th line, counted over the story, the first `find` becomes `replace`. */
function edit(views, edits, first) {
  let count = 0;
  const edited = lines(views).map((line, at) => {
    const due = edits.filter(({ every }) => (first + at) % every === 0);
    const after = due.reduce((text, { find, replace }) => text.replace(find, () => replace), line);
    if (after !== line) count++;
    return after + '\n';
  });
  return { text: encoder.encode(edited.join('')), count };
}

/** Lines without their newlines. */
function lines(bytes) {
  return decoder.decode(bytes).split('\n').slice(0, bytes.at(-1) === NEWLINE ? -1 : undefined);
}

/** Lines but for those with these numbers. */
function without(bytes, numbers) {
  if (numbers.size === 0) return bytes;
  const kept = lines(bytes).filter((_, at) => !numbers.has(at));
  return encoder.encode(kept.map((line) => line + '\n').join(''));
}

function differing(left, right) {
  const others = lines(right);
  return lines(left).filter((line, at) => line !== others[at]).length;
}

function same(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

function concat(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
