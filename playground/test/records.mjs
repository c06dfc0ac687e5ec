// Records of the first example, as many as fill a file: for a test and for the benchmark.

/** How the first example's question is answered, so that there is a lens for them. */
export const HINTS = { text: 'body' };

/** Lines of the first example; every thousandth is refused. */
export function records(bytes) {
  const lines = [];
  let size = 0;
  for (let at = 0; size < bytes; at++) {
    const text = `record ${at} with some words that make it as long as such records are, é and 漢字`;
    const line = at % 1000 === 999 ? '{"text": ' : JSON.stringify({ text, sensitive: at % 2 === 0, createdAt: '2024-05-01T12:00:00Z', id: at });
    lines.push(line);
    size += Buffer.byteLength(line) + 1;
  }
  return `${lines.join('\n')}\n`;
}
