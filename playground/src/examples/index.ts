/**
 * Stories to begin with. The small ones are here; those with real schemas and records are files that `scripts/data.mjs`
 * takes from published packages when the page is built.
 */

import { NO_ANSWERS } from '../state.js';
import type { Scene } from '../state.js';
import type { Answers, LanguageName } from '../engine/protocol.js';
import { SMALL } from './small.js';

export interface Example {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly about: string;
  /** The scene, or the file that holds it. */
  readonly scene: Draft | string;
}

/** A scene before it is laid out. */
export interface Draft {
  readonly language?: LanguageName;
  readonly nextLanguage?: LanguageName;
  readonly old: unknown;
  readonly next: unknown;
  readonly answers?: Partial<Answers>;
  readonly declaration?: unknown;
  readonly record: unknown;
}

const REAL: readonly Example[] = [
  {
    id: 'bluesky-post',
    group: 'Real schemas',
    title: 'A Bluesky post of today, read as in 2023',
    about: 'The Lexicons of @atproto/api 0.21.0 and 0.2.11: languages, tags and labels are kept aside, and come back.',
    scene: 'bluesky-post.json',
  },
  {
    id: 'bluesky-profile',
    group: 'Real schemas',
    title: 'A Bluesky profile of 2023, read today',
    about: 'Six members were added since, all optional: safe for every reader.',
    scene: 'bluesky-profile.json',
  },
  {
    id: 'webhook-star',
    group: 'Real schemas',
    title: 'A GitHub webhook, three major versions later',
    about: '@octokit/webhooks-schemas 4.1.0 to 7.6.1: five required members are new, and each asks for a value.',
    scene: 'webhook-star.json',
  },
  {
    id: 'webhook-sponsorship',
    group: 'Real schemas',
    title: 'A spelling mistake in a webhook, mended',
    about: '`is_custom_ammount` became `is_custom_amount`. Old payloads still say the first.',
    scene: 'webhook-sponsorship.json',
  },
];

export const EXAMPLES: readonly Example[] = [...SMALL, ...REAL];

export const GROUPS: readonly string[] = [...new Set(EXAMPLES.map(({ group }) => group))];

export async function load({ scene }: Example): Promise<Scene> {
  if (typeof scene !== 'string') return laidOut(scene);
  const response = await fetch(new URL(`examples/${scene}`, document.baseURI));
  if (!response.ok) throw new Error(`${scene} answered ${response.status}`);
  return laidOut((await response.json()) as Draft);
}

function laidOut({ language = 'json-schema', nextLanguage = language, old, next, answers = {}, declaration, record }: Draft): Scene {
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));
  return {
    old: { language, text: text(old), root: '' },
    next: { language: nextLanguage, text: text(next), root: '' },
    answers: { ...NO_ANSWERS, ...answers },
    declaration: declaration === undefined ? '' : text(declaration),
    record: text(record),
  };
}
