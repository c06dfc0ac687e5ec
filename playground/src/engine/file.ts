/**
 * A file of records, converted as it is read: lines, one array, or values that are laid out over lines. It never is in memory whole: what comes out is put
 * aside in blobs, which a browser keeps on disk.
 */

import type { Lens, PanprotoError } from '@panproto/core';
import { problemOf } from './documents.js';
import type { FileReport } from './protocol.js';
import { ROWS } from './protocol.js';

/** Bytes that are put aside at once. */
const PART = 4 << 20;
/** Bytes that are read between two reports. */
const STRIDE = 1 << 20;
/** Bytes that tell how records follow one another. */
const HEAD = 1 << 16;

/** How records follow one another in a file that begins so. */
export function framingOf(head: string, ofArrays = false): FileReport['framing'] {
  const text = head.replace(/^\ufeff/, '').trimStart();
  if (/^\{[^\S\n]*\n/.test(text)) return 'values';
  if (!text.startsWith('[') || ofArrays) return 'lines';
  const end = text.indexOf('\n');
  // An array that ends where its line does, with another line after it, is a record like that one.
  return end < 0 || text.slice(end).trim() === '' || !text.slice(0, end).trimEnd().endsWith(']') ? 'array' : 'lines';
}

export async function convertFile(
  lens: Lens,
  file: File,
  backwards: boolean,
  /** Whether a record may be an array itself. */
  ofArrays: boolean,
  report: (progress: FileReport) => void,
  signal: AbortSignal,
): Promise<{ report: FileReport; blob: Blob | undefined }> {
  const failures: FileReport['failures'][number][] = [];
  let [failed, bytes, records, outBytes] = [0, 0, 0, 0];
  let told = 0;
  let framing: FileReport['framing'] = 'lines';
  const state = (done: boolean, stopped: boolean, problem: FileReport['problem'] = null): FileReport => ({
    done,
    cancelled: stopped,
    bytes,
    size: file.size,
    records,
    failed,
    failures: done ? failures : [],
    outBytes,
    framing,
    problem,
  });
  const onError = ({ line, record, code, path, message }: PanprotoError): void => {
    failed++;
    if (failures.length < ROWS) failures.push({ line, record, code, path, message });
  };
  const parts: Blob[] = [];
  let part: Uint8Array[] = [];
  let held = 0;
  const setAside = (): void => {
    if (held > 0) parts.push(new Blob(part as BlobPart[]));
    part = [];
    held = 0;
  };
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.length;
      controller.enqueue(chunk);
    },
  });
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', reject, { once: true }));
  try {
    framing = framingOf(await Promise.race([file.slice(0, HEAD).text(), aborted]), ofArrays);
  } catch (error) {
    return { report: state(true, signal.aborted, signal.aborted ? null : problemOf(error)), blob: undefined };
  }
  const reader = file
    .stream()
    .pipeThrough(counted)
    .pipeThrough(lens.stream({ onError, framing, ...(backwards ? { direction: 'create' } : {}) }))
    .getReader();
  // Ends a read that is under way, too: the file may be on a disk that sleeps.
  const stop = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) return { report: state(true, true), blob: undefined };
      if (done) break;
      for (let at = value.indexOf(10); at >= 0; at = value.indexOf(10, at + 1)) records++;
      outBytes += value.length;
      part.push(value);
      held += value.length;
      if (held >= PART) setAside();
      if (bytes - told < STRIDE) continue;
      told = bytes;
      report(state(false, false));
      // So that a cancellation is heard: messages wait until the worker is idle.
      await new Promise((resume) => setTimeout(resume, 0));
    }
    setAside();
    return { report: state(true, false), blob: new Blob(parts, { type: 'application/x-ndjson' }) };
  } catch (error) {
    if (signal.aborted) return { report: state(true, true), blob: undefined };
    await reader.cancel().catch(() => {});
    return { report: state(true, false, problemOf(error)), blob: undefined };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
