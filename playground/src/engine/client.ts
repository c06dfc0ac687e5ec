/**
 * The engine, as the page sees it: questions and answers. The page itself never loads the module.
 */

import { Inbox, Stopped } from './transport.js';
import type { Problem, Replies, Request } from './protocol.js';

export { Stopped };

/** What the engine refused. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.help === null ? problem.message : `${problem.message}: ${problem.help}`);
    this.problem = problem;
  }
}

type Told = { readonly ok: unknown } | { readonly error: Problem };

export class Engine {
  readonly #inbox = new Inbox<Request>(
    () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'engine' }),
    (why) => this.onFailure?.(why),
  );
  /** Is told when the engine ended by itself. */
  onFailure: ((why: string) => void) | undefined;

  /** How many engines have ended: the one that is there knows nothing of what they were told. */
  get ended(): number {
    return this.#inbox.ended;
  }

  /** Begins to load the module. */
  start(): void {
    this.#inbox.start();
  }

  async ask<R extends Request>(request: R): Promise<Replies[R['kind']]> {
    return (await this.#ask(request).answer).value as Replies[R['kind']];
  }

  /** Converts a file, and tells how far it is. */
  convert(
    request: Extract<Request, { kind: 'file' }>,
    onProgress: (report: Replies['file']) => void,
  ): { cancel: () => void; answer: Promise<{ report: Replies['file']; blob: Blob | null }> } {
    const { id, answer } = this.#ask(request, (told) => onProgress(told as Replies['file']));
    return {
      cancel: () => this.#inbox.cancel(id),
      answer: answer.then(({ value, blob }) => ({ report: value as Replies['file'], blob: blob ?? null })),
    };
  }

  /** Ends what is under way; the next question starts a fresh engine. */
  stop(): void {
    this.#inbox.stop('stopped');
  }

  #ask(request: Request, onProgress?: (told: unknown) => void): { id: number; answer: Promise<{ value: unknown; blob: Blob | undefined }> } {
    const { id, answer } = this.#inbox.ask(request, (told) => {
      if ('ok' in (told as Told)) onProgress?.((told as { ok: unknown }).ok);
    });
    return {
      id,
      answer: answer.then(({ value, blob }) => {
        const told = value as Told;
        if ('error' in told) throw new Refused(told.error);
        return { value: told.ok, blob };
      }),
    };
  }
}
