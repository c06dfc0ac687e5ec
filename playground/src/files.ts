/**
 * Texts and blobs to files, and files to texts.
 */

/** Gives a person a file. */
export function save(name: string, content: string | Blob, type = 'application/json'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun by then; an address that is never given back keeps its bytes.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Bytes that the file of a schema or of one record may have. */
const LARGEST = 16_000_000;

/** The text of such a file, or why there is none. */
export async function read(file: File): Promise<string> {
  if (file.size > LARGEST) throw new Error(`\`${file.name}\` is too large to be shown here: ${size(file.size)}`);
  try {
    return unix(new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()));
  } catch {
    throw new Error(`\`${file.name}\` is no text in UTF-8`);
  }
}

/** Lines as editors have them: places in a text are places in what is shown. */
export function unix(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

/** A whole number as people read it. The browser's own way would stop the page for a frame, when it is first asked. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Bytes in words. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
