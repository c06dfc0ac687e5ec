/**
 * Expressions as plain values, as published releases have them.
 */

/** A literal; an integer beyond 2^53 is a `bigint`. */
export type Literal =
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: number | bigint }
  | { readonly type: 'float'; readonly value: number }
  /** A JSON number that neither is. */
  | { readonly type: 'number'; readonly value: string }
  | { readonly type: 'str'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'null' }
  | { readonly type: 'record'; readonly fields: readonly [string, Literal][] }
  | { readonly type: 'list'; readonly items: readonly Literal[] }
  /** A function that was computed. */
  | { readonly type: 'closure'; readonly param: string; readonly body: Expr; readonly env: readonly [string, Literal][] };

/** A pattern of a match. */
export type Pattern =
  | { readonly type: 'wildcard' }
  | { readonly type: 'var'; readonly name: string }
  | { readonly type: 'lit'; readonly value: Literal }
  | { readonly type: 'record'; readonly fields: readonly [string, Pattern][] }
  | { readonly type: 'list'; readonly items: readonly Pattern[] }
  | { readonly type: 'constructor'; readonly tag: string; readonly args: readonly Pattern[] };

/** An expression. */
export type Expr =
  | { readonly type: 'var'; readonly name: string }
  | { readonly type: 'lam'; readonly param: string; readonly body: Expr }
  | { readonly type: 'app'; readonly func: Expr; readonly arg: Expr }
  | { readonly type: 'lit'; readonly value: Literal }
  | { readonly type: 'record'; readonly fields: readonly [string, Expr][] }
  | { readonly type: 'list'; readonly items: readonly Expr[] }
  | { readonly type: 'field'; readonly expr: Expr; readonly name: string }
  | { readonly type: 'index'; readonly expr: Expr; readonly index: Expr }
  | { readonly type: 'match'; readonly scrutinee: Expr; readonly arms: readonly [Pattern, Expr][] }
  | { readonly type: 'let'; readonly name: string; readonly value: Expr; readonly body: Expr }
  | { readonly type: 'builtin'; readonly op: BuiltinOp; readonly args: readonly Expr[] };

/** A built-in operation. */
export type BuiltinOp =
  | 'Add' | 'Sub' | 'Mul' | 'Div' | 'Mod' | 'Neg' | 'Abs'
  | 'Floor' | 'Ceil' | 'Round'
  | 'Eq' | 'Neq' | 'Lt' | 'Lte' | 'Gt' | 'Gte'
  | 'And' | 'Or' | 'Not'
  | 'Concat' | 'Len' | 'Slice' | 'Upper' | 'Lower' | 'Trim' | 'Split' | 'Join' | 'Replace' | 'Contains' | 'TruncateStr'
  | 'Map' | 'Filter' | 'Fold' | 'Append' | 'Head' | 'Tail' | 'Reverse' | 'FlatMap' | 'Length' | 'Range'
  | 'MergeRecords' | 'Keys' | 'Values' | 'HasField'
  | 'Default' | 'Clamp'
  | 'IntToFloat' | 'FloatToInt' | 'IntToStr' | 'FloatToStr' | 'StrToInt' | 'StrToFloat'
  | 'TypeOf' | 'IsNull' | 'IsList'
  | 'Edge' | 'Children' | 'HasEdge' | 'EdgeCount' | 'Anchor';

/** Kinds of values. */
export type ValueKind = 'bool' | 'int' | 'float' | 'str' | 'bytes' | 'token' | 'null' | 'any';

/** What a sort of a theory is for. */
export type SortKind =
  | { readonly type: 'structural' }
  | { readonly type: 'val'; readonly kind: ValueKind }
  | { readonly type: 'coercion'; readonly from: ValueKind; readonly to: ValueKind }
  | { readonly type: 'merger'; readonly kind: ValueKind };

/** Which of two values holds. */
export type ConflictStrategy =
  | { readonly type: 'keep_left' }
  | { readonly type: 'keep_right' }
  | { readonly type: 'fail' }
  | { readonly type: 'custom'; readonly expr: Expr };

/** A rule for conflicts of values of a kind. */
export interface ConflictPolicy {
  readonly name: string;
  readonly valueKind: ValueKind;
  readonly strategy: ConflictStrategy;
}

/** What a {@link SchemaEnrichment} collected. */
export interface EnrichmentSummary {
  readonly defaults: readonly { readonly vertex: string; readonly expr: Expr }[];
  readonly coercions: readonly { readonly from: string; readonly to: string; readonly expr: Expr }[];
  readonly mergers: readonly { readonly vertex: string; readonly expr: Expr }[];
  readonly policies: readonly { readonly vertex: string; readonly strategy: ConflictStrategy }[];
}
