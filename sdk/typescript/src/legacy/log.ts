/**
 * What builders collect: every step gives a new builder, and the one before stays as it was, without a copy for each step.
 */

/** A list that grows at its end; those that grew from it share its memory. */
export class Log<T> {
  readonly #items: T[];
  /** The place of what has a name. */
  readonly #places: Map<string, number>;
  readonly length: number;

  constructor(items: T[] = [], places = new Map<string, number>(), length = items.length) {
    this.#items = items;
    this.#places = places;
    this.length = length;
  }

  /** The same and one more, which may have a name. */
  and(item: T, name?: string): Log<T> {
    // Where another has grown from this one, that has the memory behind the end.
    const fresh = this.#items.length === this.length;
    const items = fresh ? this.#items : this.list();
    const places = fresh ? this.#places : new Map([...this.#places].filter(([, at]) => at < this.length));
    if (name !== undefined) places.set(name, items.length);
    items.push(item);
    return new Log(items, places, items.length);
  }

  /** Whether something of it has that name. */
  has(name: string): boolean {
    const at = this.#places.get(name);
    return at !== undefined && at < this.length;
  }

  /** All of it. */
  list(): T[] {
    return this.#items.slice(0, this.length);
  }
}
