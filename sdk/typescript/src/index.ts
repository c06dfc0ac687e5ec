/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Migrate records between versions of their schemas, in both directions, without losing data.
 *
 * @packageDocumentation
 */

export { Panproto } from './panproto.js';
export type { Document, Language, Limits, ParseOptions } from './panproto.js';
export type { ModuleSource } from './load.js';
export { Schema } from './schema.js';
export type { Field, FieldConstraint, GraphVertex, Root, SchemaEdge, SchemaGraph } from './schema.js';
export { Change, Diff, Verdict } from './diff.js';
export type { Finding, Judgement, Reading, RootVerdict, VerdictKind, VerdictOptions } from './diff.js';
export { Migration } from './migration.js';
export type { Candidate, MigrateOptions, MigrationChange, Question, SavedMigration } from './migration.js';
export { Lens } from './lens.js';
export type {
  ConvertOptions,
  Got,
  LawCheckResult,
  LensSpec,
  PutNote,
  PutOptions,
  RecordOptions,
  Statement,
  StreamOptions,
} from './lens.js';
export type { GotLines, LinesOptions } from './lines.js';
export { JsonNumber } from './json.js';
export type { Numbers } from './json.js';
export {
  ExistenceCheckError,
  MigrationError,
  PanprotoCancelledError,
  PanprotoDataError,
  PanprotoError,
  PanprotoInternalError,
  PanprotoLensError,
  PanprotoLimitError,
  PanprotoMigrationError,
  PanprotoParseError,
  PanprotoSchemaError,
  PanprotoTypeCheckError,
  PanprotoUsageError,
  SchemaValidationError,
  WasmError,
} from './errors.js';
export type { ErrorDetails, ExistenceError, ExistenceReport } from './errors.js';
export { CompatReport, FullDiffReport } from './legacy/check.js';
export { CompiledMigration, LensHandle, MigrationBuilder } from './legacy/migration.js';
export { Protocol } from './legacy/protocol.js';
export { SchemaBuilder } from './legacy/builder.js';
export { BuiltSchema, ValidationResult } from './legacy/schema.js';
export type * from './legacy/types.js';
