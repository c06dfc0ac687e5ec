/**
 * Answers of a worker, in pieces of at most 64 kB of which only a few are under way: the page says which it has taken.
 * So neither side ever makes or reads a large message at once, and a page that is busy is not flooded.
 */

/** UTF-16 units of a piece: two bytes each. */
export const PIECE = 32_000;
/** Pieces that may be under way. */
const AHEAD = 4;

/** What a worker posts. */
export interface Piece {
  readonly id: number;
  readonly seq: number;
  readonly text: string;
  /** The last piece of a message. */
  readonly last: boolean;
  /** Whether more messages of this request follow. */
  readonly more: boolean;
  /** A file that goes with it: a reference, not its bytes. */
  readonly blob?: Blob;
}

/** What a page posts to a worker. */
export type ToWorker<Request> =
  | { readonly type: 'request'; readonly id: number; readonly request: Request }
  | { readonly type: 'taken'; readonly seq: number }
  | { readonly type: 'cancel'; readonly id: number };

/** The worker's side. */
export class Outbox {
  readonly #post: (piece: Piece) => void;
  readonly #queue: Piece[] = [];
  #seq = 0;
  #underWay = 0;

  constructor(post: (piece: Piece) => void) {
    this.#post = post;
  }

  send(id: number, value: unknown, more = false, blob?: Blob): void {
    const text = JSON.stringify(value);
    for (let at = 0; at < text.length || at === 0; at += PIECE) {
      const last = at + PIECE >= text.length;
      const piece = { id, seq: this.#seq++, text: text.slice(at, at + PIECE), last, more: more || !last };
      this.#queue.push(last && blob !== undefined ? { ...piece, blob } : piece);
    }
    this.#flush();
  }

  taken(): void {
    this.#underWay--;
    this.#flush();
  }

  #flush(): void {
    while (this.#underWay < AHEAD) {
      const piece = this.#queue.shift();
      if (piece === undefined) return;
      this.#underWay++;
      this.#post(piece);
    }
  }
}

interface Waiting {
  readonly resolve: (answer: { value: unknown; blob: Blob | undefined }) => void;
  readonly reject: (error: Error) => void;
  readonly onMessage: ((value: unknown) => void) | undefined;
  text: string;
}

/** Told when a worker is ended while it still owed an answer. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** The page's side: a worker that is made when it is first asked, and can be ended and made again. */
export class Inbox<Request> {
  readonly #spawn: () => Worker;
  readonly #onFailure: ((why: string) => void) | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #next = 0;
  #ended = 0;

  /** `onFailure` is told of a worker that ended by itself. */
  constructor(spawn: () => Worker, onFailure?: (why: string) => void) {
    this.#spawn = spawn;
    this.#onFailure = onFailure;
  }

  /** How many workers have ended: what one of them knew, the next one does not. */
  get ended(): number {
    return this.#ended;
  }

  /** Starts the worker before it is needed. */
  start(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = this.#spawn();
    worker.onmessage = ({ data }: MessageEvent<Piece>) => this.#take(worker, data);
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#worker !== worker) return;
      const why = event.message || 'the worker failed';
      this.stop(why);
      this.#onFailure?.(why);
    };
    this.#worker = worker;
    return worker;
  }

  ask(request: Request, onMessage?: (value: unknown) => void): { id: number; answer: Promise<{ value: unknown; blob: Blob | undefined }> } {
    const id = this.#next++;
    const answer = new Promise<{ value: unknown; blob: Blob | undefined }>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onMessage, text: '' });
    });
    this.start().postMessage({ type: 'request', id, request } satisfies ToWorker<Request>);
    return { id, answer };
  }

  cancel(id: number): void {
    this.#worker?.postMessage({ type: 'cancel', id } satisfies ToWorker<Request>);
  }

  /** Ends the worker; what it owed is refused, and the next question starts another one. */
  stop(why: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#ended++;
    const owed = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of owed) reject(new Stopped(why));
  }

  #take(worker: Worker, piece: Piece): void {
    worker.postMessage({ type: 'taken', seq: piece.seq } satisfies ToWorker<Request>);
    const waiting = this.#waiting.get(piece.id);
    if (waiting === undefined || this.#worker !== worker) return;
    waiting.text += piece.text;
    if (!piece.last) return;
    const value: unknown = JSON.parse(waiting.text);
    waiting.text = '';
    if (piece.more) {
      waiting.onMessage?.(value);
      return;
    }
    this.#waiting.delete(piece.id);
    waiting.resolve({ value, blob: piece.blob });
  }
}
