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
export type {
  Field,
  FieldConstraint,
  GraphVertex,
  Root,
  SchemaEdge,
  SchemaExpressions,
  SchemaGraph,
  SchemaHyperEdge,
} from './schema.js';
export { Change, Diff, Verdict } from './diff.js';
export type { Finding, Judgement, Reading, RootVerdict, VerdictKind, VerdictOptions } from './diff.js';
export { Migration } from './migration.js';
export type {
  Candidate,
  HintConstraint,
  HintPredicate,
  HintSpec,
  MigrateOptions,
  MigrationChange,
  Question,
  SavedMigration,
  Stringency,
} from './migration.js';
export type { CandidateOptions, CoerceProposal, Overlap, Proposal, ProposedStep, Proposals } from './proposals.js';
export { Lens } from './lens.js';
export type {
  ConvertOptions,
  FusedLens,
  Got,
  LawCheckResult,
  LensSpec,
  Obstruction,
  PutNote,
  PutOptions,
  RecordOptions,
  Statement,
  StreamOptions,
  ConvertBytesOptions,
} from './lens.js';
export { Chain, Chains } from './chain.js';
export type {
  Applicability,
  ChainElement,
  ChainSpec,
  DocumentOptions,
  Fleet,
  FoundChain,
  LensDocument,
  OpticKind,
  StepSummary,
} from './chain.js';
export { StepMaker } from './steps.js';
export type { Coercion, ComputeOptions, DefaultOption, InnerSteps, Shape, Step } from './steps.js';
export { Expression } from './expr.js';
export type { CheckOptions, ExprTree, TypeCheck } from './expr.js';
export { Theories } from './theories.js';
export type { MorphismRename, NaturalEnds, NaturalTransformation, RefinedSort, Refinement } from './theories.js';
export { Theory } from './theory.js';
export type {
  Check,
  Glued,
  ModelCheck,
  ModelViolation,
  MorphismCheck,
  Proof,
  Square,
  TermCheck,
  TermResult,
  TermSource,
  TheoryChange,
  TheoryCheck,
  TheoryModel,
  TheorySource,
} from './theory.js';
export { Instance, IoRegistry } from './instance.js';
export type {
  Along,
  InstanceCheck,
  InstanceIssue,
  InstanceShape,
  InstanceValidationResult,
  MappingAlong,
  Query,
  QueryMatch,
  QueryResult,
  Restricted,
} from './instance.js';
export type { Coverage, CoverageFailure, CoverageRecords, CoverageReport, PartialFailure, PartialReason } from './coverage.js';
export type { DeclarationOptions, DeclaredField, MigrationDeclaration } from './declaration.js';
export type { Edit, PathEdit } from './edit.js';
export { EditLens } from './edit-lens.js';
export type { EditTransform, LensAlong, TranslatedEdit } from './edit-lens.js';
export { SymmetricLens } from './symmetric.js';
export type { SyncOptions, Synced } from './symmetric.js';
export { Versions } from './graph.js';
export type { Conversion, Route } from './graph.js';
export type { GotLines, LinesOptions, OnError } from './lines.js';
export type { Framing } from './feed.js';
export type { BytesSource } from './sources.js';
export type { Bytes } from './realm.js';
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
export {
  MigrationAnalysis,
  distance,
  executeQuery,
  fiberAt,
  fiberDecomposition,
  polyHom,
  preferredPath,
} from './legacy/analysis.js';
export { PipelineBuilder, ProtolensChainHandle, SymmetricLensHandle } from './legacy/chain.js';
export { CompatReport, FullDiffReport } from './legacy/check.js';
export {
  ATPROTO_SPEC,
  BUILTIN_PROTOCOLS,
  GRAPHQL_SPEC,
  JSON_SCHEMA_SPEC,
  PROTOBUF_SPEC,
  PROTOCOL_CATEGORIES,
  SQL_SPEC,
} from './legacy/constants.js';
export { SchemaEnrichment } from './legacy/enrichment.js';
export { ExprBuilder, evalExpr, formatExpr, parseExpr } from './legacy/expr.js';
export { DataSetHandle, Repository } from './legacy/missing.js';
export type { WasmExports, WasmGlueModule, WasmModule } from './legacy/module.js';
export { TheoryBuilder, TheoryHandle, checkMorphism, colimit, createTheory, factorizeMorphism, migrateModel } from './legacy/theory.js';
export type * from './legacy/types-chain.js';
export type * from './legacy/types-expr.js';
export type * from './legacy/types-missing.js';
export type * from './legacy/types-theory.js';
export { CompiledMigration, LensHandle, MigrationBuilder } from './legacy/migration.js';
export { Protocol, getBuiltinProtocol, getProtocolNames } from './legacy/protocol.js';
export { SchemaBuilder } from './legacy/builder.js';
export { BuiltSchema, ValidationResult } from './legacy/schema.js';
export type * from './legacy/types.js';
