/** What the layout worker is given, and what it answers. */

export interface Plan {
  /** Width and height of each card. */
  readonly cards: readonly (readonly [number, number])[];
  /** Pairs of cards. */
  readonly links: readonly (readonly [number, number])[];
}

export interface Placed {
  readonly width: number;
  readonly height: number;
  /** Left and top of each card. */
  readonly at: readonly (readonly [number, number])[];
}
