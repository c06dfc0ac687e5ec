// Warm-up, calibration and samples, the same in every JavaScript host.

/** A benchmark: `run` is one iteration; where it gives promises, `asynchronous` says so. */
export class Measure {
  #now;
  #cpu;
  #ready = null;

  /** `now` gives milliseconds, `cpu` nanoseconds of the process, or is null. */
  constructor(now, cpu) {
    this.#now = now;
    this.#cpu = cpu;
  }

  /** Runs for the time of the warm-up, and says how many iterations fill a sample. */
  async prepare(ready, { warm_ms: warm, sample_ms: least }) {
    this.#ready = ready;
    const started = this.#now();
    let iterations = 1;
    for (;;) {
      const wall = (await this.#timed(iterations)).wall_ns / 1e6;
      if (this.#now() - started >= warm) {
        const each = Math.max(wall / iterations, 1e-7);
        const { units, bytes = 0, output_bytes = null, facts = null } = ready;
        return { units, bytes, output_bytes, iterations: Math.max(1, Math.ceil(least / each)), facts };
      }
      if (wall < warm / 8) iterations *= 2;
    }
  }

  /** One sample. */
  async sample(iterations) {
    if (this.#ready === null) throw new Error('nothing is prepared');
    return this.#timed(iterations);
  }

  /** What was counted meanwhile. */
  end() {
    const facts = this.#ready?.facts ?? null;
    this.#ready?.close?.();
    this.#ready = null;
    return { facts };
  }

  async #timed(iterations) {
    const { run, asynchronous } = this.#ready;
    const cpu = this.#cpu === null ? null : this.#cpu();
    const started = this.#now();
    let last;
    if (asynchronous) for (let i = 0; i < iterations; i++) last = await run();
    else for (let i = 0; i < iterations; i++) last = run();
    const wall = this.#now() - started;
    const spent = cpu === null ? null : this.#cpu() - cpu;
    kept = last;
    return { wall_ns: Math.round(wall * 1e6), cpu_ns: spent === null ? null : Math.round(spent) };
  }
}

/** What an iteration gave last: so that it has to be made. */
export let kept = null;
