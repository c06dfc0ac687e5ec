/**
 * Errors: one class per kind of failure, all of them {@link PanprotoError}.
 */

/** What an error says beside its message. */
export interface ErrorDetails extends ErrorOptions {
  /** Stable name of the failure, as `json-syntax`. */
  readonly code?: string;
  /** Where in the data, as `stats.likeCount` or `items[3].value`. */
  readonly path?: string | null;
  /** Where in the text that was given: UTF-16 units of a string, bytes of a `Uint8Array`. */
  readonly span?: readonly [number, number] | null;
  /** Which of several documents. */
  readonly document?: number | null;
  /** What to do about it. */
  readonly help?: string | null;
  /** Number of the failing record, from 0, blank lines not counted. */
  readonly record?: number | null;
  /** Its line, from 1. */
  readonly line?: number | null;
  /** Where it begins, in bytes. */
  readonly offset?: number | null;
  /** Which step of a chain, from 0. */
  readonly step?: number | null;
  /** How grave it is: errors are raised, warnings and notes are told. */
  readonly severity?: 'error' | 'warning' | 'note';
}

/**
 * The base of every error that this package raises.
 *
 * @example
 * ```ts
 * try {
 *   pp.parseSchema('atproto', '{"lexicon": 1,');
 * } catch (error) {
 *   if (error instanceof PanprotoError) console.log(error.code, error.span, error.help);
 * }
 * ```
 */
export class PanprotoError extends Error {
  override readonly name: string = 'PanprotoError';
  /** Stable name of the failure. */
  readonly code: string;
  /** Where in the data. */
  readonly path: string | null;
  /** Where in the text that was given: UTF-16 units of a string, bytes of a `Uint8Array`. */
  readonly span: readonly [number, number] | null;
  /** Which of several documents. */
  readonly document: number | null;
  /** What to do about it. */
  readonly help: string | null;
  /** Number of the failing record of a batch, from 0. */
  readonly record: number | null;
  /** Its line, from 1. */
  readonly line: number | null;
  /** Where it begins, in bytes. */
  readonly offset: number | null;
  /** Which step of a chain, from 0. */
  readonly step: number | null;
  /** How grave it is: errors are raised, warnings and notes are told. */
  readonly severity: 'error' | 'warning' | 'note';

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = details.code ?? 'usage';
    this.path = details.path ?? null;
    this.span = details.span ?? null;
    this.document = details.document ?? null;
    this.help = details.help ?? null;
    this.record = details.record ?? null;
    this.line = details.line ?? null;
    this.offset = details.offset ?? null;
    this.step = details.step ?? null;
    this.severity = details.severity ?? 'error';
  }

  /** All that it says but its cause, for logs: `JSON.stringify` leaves out the message of other errors. @example `JSON.stringify(error)` */
  toJSON(): Record<string, unknown> {
    return Object.assign<Record<string, unknown>, this>({ name: this.name, message: this.message }, this);
  }
}

/** The module cannot be loaded, or failed. @example `if (error instanceof WasmError) report(error);` */
export class WasmError extends PanprotoError {
  override readonly name: string = 'WasmError';
}

/** A schema is not well formed. @example `catch (error) { if (error instanceof SchemaValidationError) show(error.errors); }` */
export class SchemaValidationError extends PanprotoError {
  override readonly name: string = 'SchemaValidationError';
  /** What is wrong, one line each. */
  readonly errors: readonly string[];

  constructor(message: string, errors: readonly string[] = [message], details?: ErrorDetails) {
    super(message, details);
    this.errors = errors;
  }
}

/** A migration cannot be made. @example `if (error instanceof MigrationError) ask(error.path);` */
export class MigrationError extends PanprotoError {
  override readonly name: string = 'MigrationError';
}

/** One reason why a migration cannot exist. */
export interface ExistenceError {
  readonly kind:
    | 'edge-missing'
    | 'kind-inconsistency'
    | 'label-inconsistency'
    | 'required-field-missing'
    | 'constraint-tightened'
    | 'resolver-invalid'
    | 'well-formedness'
    | 'signature-coherence'
    | 'simultaneity'
    | 'reachability-risk';
  readonly message: string;
  readonly detail?: Record<string, unknown> | undefined;
}

/** Whether a migration can exist. */
export interface ExistenceReport {
  readonly valid: boolean;
  readonly errors: readonly ExistenceError[];
}

/** An explicit migration cannot exist. @example `if (error instanceof ExistenceCheckError) console.log(error.report.errors);` */
export class ExistenceCheckError extends PanprotoError {
  override readonly name = 'ExistenceCheckError' as const;
  /** Why. */
  readonly report: ExistenceReport;

  constructor(message: string, report: ExistenceReport, details?: ErrorDetails) {
    super(message, details);
    this.report = report;
  }
}

/** Text is not what its language allows. @example `if (error instanceof PanprotoParseError) mark(error.span);` */
export class PanprotoParseError extends PanprotoError {
  override readonly name: string = 'PanprotoParseError';
}

/** A schema is not well formed. @example `if (error instanceof PanprotoSchemaError) show(error.path);` */
export class PanprotoSchemaError extends SchemaValidationError {
  override readonly name: string = 'PanprotoSchemaError';
}

/** A declaration does not fit its schemas. @example `if (error instanceof PanprotoTypeCheckError) mark(error.span);` */
export class PanprotoTypeCheckError extends PanprotoError {
  override readonly name: string = 'PanprotoTypeCheckError';
}

/** A migration cannot be made, or is not decided. @example `if (error instanceof PanprotoMigrationError) ask(error.path);` */
export class PanprotoMigrationError extends MigrationError {
  override readonly name: string = 'PanprotoMigrationError';
}

/** A lens refuses: an edit that the source cannot carry, a complement of another lens. @example `if (error instanceof PanprotoLensError) undo(error.path);` */
export class PanprotoLensError extends PanprotoError {
  override readonly name: string = 'PanprotoLensError';
}

/** A record is not valid. @example `if (error instanceof PanprotoDataError) skip(error.record);` */
export class PanprotoDataError extends PanprotoError {
  override readonly name: string = 'PanprotoDataError';
}

/** A limit was passed. @example `if (error instanceof PanprotoLimitError) pp.setLimits({ recordBytes: 2 ** 28 });` */
export class PanprotoLimitError extends PanprotoError {
  override readonly name: string = 'PanprotoLimitError';
}

/** The operation was cancelled. @example `if (error instanceof PanprotoCancelledError) return;` */
export class PanprotoCancelledError extends PanprotoError {
  override readonly name: string = 'PanprotoCancelledError';
}

/** A call is wrong. @example `if (error instanceof PanprotoUsageError) throw error;` */
export class PanprotoUsageError extends PanprotoError {
  override readonly name: string = 'PanprotoUsageError';
}

/** The module failed; it was replaced, and the next call works. @example `if (error instanceof PanprotoInternalError) report(error);` */
export class PanprotoInternalError extends WasmError {
  override readonly name: string = 'PanprotoInternalError';
}

/** The error of a kind, as the module names them. */
export function errorOfKind(kind: string, message: string, details: ErrorDetails): PanprotoError {
  switch (kind) {
    case 'parse':
      return new PanprotoParseError(message, details);
    case 'schema':
      return new PanprotoSchemaError(message, [message], details);
    case 'type-check':
      return new PanprotoTypeCheckError(message, details);
    case 'migration':
      return new PanprotoMigrationError(message, details);
    case 'lens':
      return new PanprotoLensError(message, details);
    case 'data':
      return new PanprotoDataError(message, details);
    case 'limit':
      return new PanprotoLimitError(message, details);
    case 'cancelled':
      return new PanprotoCancelledError(message, details);
    case 'usage':
      return new PanprotoUsageError(message, details);
    default:
      return new PanprotoInternalError(message, details);
  }
}

/** An error as a message between threads. */
export interface ToldError extends Omit<ErrorDetails, 'cause'> {
  readonly name: string;
  readonly message: string;
}

/** What a worker tells of an error. @internal */
export function tellError(error: unknown): ToldError {
  if (!(error instanceof PanprotoError)) return { name: 'PanprotoInternalError', message: String(error), code: 'internal-worker' };
  const { name, message, code, path, span, document, help, record, line, offset, step, severity } = error;
  return { name, message, code, path, span, document, help, record, line, offset, step, severity };
}

/** The error that a worker told. @internal */
export function toldError({ name, message, ...details }: ToldError): PanprotoError {
  const kind = /^Panproto([A-Z][A-Za-z]*)Error$/.exec(name)?.[1] ?? 'Internal';
  return errorOfKind(kind === 'TypeCheck' ? 'type-check' : kind.toLowerCase(), message, details);
}
