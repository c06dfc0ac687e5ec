/**
 * Coverage: a migration run dry over records, with the reason of each that fails.
 */

import { wrong } from './argument.js';
import { bytesOf, encodeText, given } from './records.js';
import type { Runtime, Stored } from './runtime.js';
import type { WireMap } from './wire.js';

/** Why a record fails, in the form of published releases. */
export type PartialReason =
  | { readonly type: 'constraint_violation'; readonly constraint: string; readonly value: string }
  | { readonly type: 'missing_required_field'; readonly field: string }
  | { readonly type: 'type_mismatch'; readonly expected: string; readonly got: string }
  | { readonly type: 'expr_eval_failed'; readonly exprName: string; readonly error: string };

/** A record that fails, in the form of published releases. */
export interface PartialFailure {
  readonly recordId: number;
  readonly reason: PartialReason;
}

/** A dry run in the form of published releases. */
export interface CoverageReport {
  readonly totalRecords: number;
  readonly successful: number;
  readonly failed: readonly PartialFailure[];
  readonly coverageRatio: number;
}

/** A record that fails. */
export interface CoverageFailure {
  readonly record: number;
  readonly line: number | null;
  readonly path: string | null;
  /** Whether the path is one of the view. */
  readonly inView: boolean;
  readonly code: string;
  readonly message: string;
  readonly reason: PartialReason | null;
}

/** What a dry run found. At most 1,000 failures are told; all are counted. */
export interface Coverage {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Records of which it cannot be told whether the view is valid. */
  readonly undecided: number;
  readonly percent: number;
  /** How often each code came up. */
  readonly codes: Readonly<Record<string, number>>;
  readonly failures: readonly CoverageFailure[];
  /** The same in the form of published releases. */
  readonly report: CoverageReport;
}

/** Records of a dry run: lines as bytes or text, or records one by one. */
export type CoverageRecords = Uint8Array | string | Iterable<unknown>;

/** @internal */
export function coverageOf(runtime: Runtime, key: 'migration' | 'lens', stored: Stored, records: CoverageRecords): Coverage {
  const lines = typeof records === 'string' ? encodeText(records) : bytesOf(records);
  if (lines === null && typeof (records as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== 'function') throw wrong('records', 'an iterable', 'lines are text or bytes');
  const request = { [key]: stored.digest, records: lines ?? [...(records as Iterable<unknown>)].map((record) => given(record).bytes) };
  const told = runtime.call('migration.coverage', request, [stored]) as WireMap;
  const report = told['report'] as WireMap;
  return {
    total: told['total'] as number,
    succeeded: told['succeeded'] as number,
    failed: told['failed'] as number,
    undecided: told['undecided'] as number,
    percent: told['coverage_percent'] as number,
    codes: told['codes'] as unknown as Record<string, number>,
    failures: (told['failures'] as readonly WireMap[]).map((one) => ({
      record: one['record'] as number,
      line: one['line'] as number | null,
      path: one['path'] as string | null,
      inView: one['in_view'] as boolean,
      code: one['code'] as string,
      message: one['message'] as string,
      reason: one['reason'] === null ? null : reasonOf(one['reason'] as WireMap),
    })),
    report: {
      totalRecords: report['total_records'] as number,
      successful: report['successful'] as number,
      failed: (report['failed'] as readonly WireMap[]).map((one) => ({
        recordId: one['record_id'] as number,
        reason: reasonOf(one['reason'] as WireMap),
      })),
      coverageRatio: report['coverage_ratio'] as number,
    },
  };
}

function reasonOf(published: WireMap): PartialReason {
  const [kind, members] = Object.entries(published)[0] as [string, Record<string, string>];
  const text = (name: string): string => String(members[name] ?? '');
  switch (kind) {
    case 'ConstraintViolation':
      return { type: 'constraint_violation', constraint: text('constraint'), value: text('value') };
    case 'MissingRequiredField':
      return { type: 'missing_required_field', field: text('field') };
    case 'TypeMismatch':
      return { type: 'type_mismatch', expected: text('expected'), got: text('got') };
    default:
      return { type: 'expr_eval_failed', exprName: text('expr_name'), error: text('error') };
  }
}
