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

/** Bytes that a schema file may have. */
const LARGEST = 16_000_000;

/** The text of a schema file, or why there is none. */
export async function read(file: File): Promise<string> {
  if (file.size > LARGEST) throw new Error(`\`${file.name}\` is too large for a schema: ${size(file.size)}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error(`\`${file.name}\` is no text in UTF-8`);
  }
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
