/**
 * Where bytes come from: arrays, files, streams, pieces.
 */

import { PanprotoCancelledError, PanprotoUsageError } from './errors.js';
import { bytesOf } from './records.js';
import type { Bytes } from './realm.js';

/** Records as bytes: all of them, a file, a stream, or pieces that may be cut anywhere. */
export type BytesSource = Uint8Array | Blob | ReadableStream<Uint8Array> | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The bytes of a source, piece by piece, as they are asked for, until it is cancelled. */
export async function* piecesOf(source: BytesSource, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of rawPieces(source, signal)) {
    const bytes = bytesOf(piece);
    if (bytes === null) {
      throw new PanprotoUsageError('records are bytes', {
        code: 'wrong-argument',
        path: 'source',
        help: 'give a Uint8Array, a Blob, a stream or pieces',
      });
    }
    yield bytes;
  }
}

async function* rawPieces(source: BytesSource, signal: AbortSignal | undefined): AsyncGenerator<unknown, void, undefined> {
  if (bytesOf(source) !== null) yield source;
  else if (typeof Blob !== 'undefined' && source instanceof Blob) yield* read(source.stream(), signal);
  else if (typeof ReadableStream !== 'undefined' && source instanceof ReadableStream) yield* read(source, signal);
  else if (isIterable(source)) yield* Symbol.asyncIterator in source ? asTheyCome(source, signal) : source;
  // What has no pieces: the caller is told that it is no source.
  else yield source;
}

function isIterable(source: unknown): source is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source);
}

/** Not every browser iterates streams. */
async function* read(stream: ReadableStream<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await orAborted(reader.read(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** What an iterator gives, until it is cancelled: a source that never gives anything again ends nothing. */
export async function* asTheyCome<T>(items: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T, void, undefined> {
  if (signal === undefined) return yield* items as AsyncIterable<T, void>;
  const from = items[Symbol.asyncIterator]();
  // It is told that no more is wanted, unless it ended by itself.
  let open = true;
  try {
    for (;;) {
      go(signal);
      const came = (async () => from.next())().catch((error: unknown) => {
        open = false;
        throw error;
      });
      const { done, value } = await orAborted(came, signal);
      open = done !== true;
      if (done === true) return;
      yield value;
    }
  } finally {
    if (open) {
      const left = Promise.resolve(from.return?.());
      // What waits for something answers when that has come.
      if (signal.aborted) left.catch(() => {});
      else await left;
    }
  }
}

/** Pieces as a stream, made as they are asked for. */
export function streamOf(pieces: AsyncGenerator<Bytes, void, undefined>): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}

/** Ends what was cancelled. */
export function go(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal);
}

/** The error of what was cancelled. */
export function cancelled(signal: AbortSignal): PanprotoCancelledError {
  return new PanprotoCancelledError('the conversion was cancelled', { code: 'cancelled', cause: signal.reason });
}

/** What comes of a step, unless it is cancelled first. */
export async function orAborted<T>(step: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return step;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled(signal));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([aborted, step]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

/** Lets events, frames and other work happen. */
export function turn(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  if (typeof scheduler?.yield === 'function') return scheduler.yield();
  return new Promise((resolve) => void setTimeout(resolve, 0));
}
