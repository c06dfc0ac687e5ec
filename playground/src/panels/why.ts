import type { Comparison } from '../engine/protocol.js';

/** Why there is no lens, in words for the places that wait for one. */
export function whyNone(told: Comparison | null): string {
  if (told === null) return '';
  if (told.lens !== null) return '';
  const problem = whyNothing(told);
  if (problem !== '') return problem;
  if (told.trouble !== null) return 'There is no lens: the migration has a problem, told above';
  return 'There is no lens yet: answer the questions above';
}

/** Why nothing is said of two schemas. */
export function whyNothing({ changes, trouble, old, next }: Comparison): string {
  if (changes !== null || trouble !== null) return '';
  if ([old, next].some(({ problems }) => problems.some(({ code }) => code === 'empty'))) return 'Two schemas are needed: one is still empty';
  return 'A schema has a problem: mend it first';
}
