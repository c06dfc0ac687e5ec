/**
 * Tables of published releases: protocols and names of formats. What the engine has of them is what `pp.listProtocols()` and
 * `pp.io().protocols` say.
 */

import type { ProtocolSpec } from './types.js';

/** Lexicons as published releases described them. @example `ATPROTO_SPEC.objKinds.includes('record')` */
export const ATPROTO_SPEC: ProtocolSpec = {
  name: 'atproto',
  schemaTheory: 'ThATProtoSchema',
  instanceTheory: 'ThATProtoInstance',
  edgeRules: [
    { edgeKind: 'record-schema', srcKinds: ['record'], tgtKinds: ['object'] },
    { edgeKind: 'prop', srcKinds: ['object', 'query', 'procedure', 'subscription'], tgtKinds: [] },
    { edgeKind: 'items', srcKinds: ['array'], tgtKinds: [] },
    { edgeKind: 'variant', srcKinds: ['union'], tgtKinds: [] },
    { edgeKind: 'ref', srcKinds: [], tgtKinds: [] },
    { edgeKind: 'self-ref', srcKinds: [], tgtKinds: [] },
  ],
  objKinds: ['record', 'object', 'array', 'union', 'string', 'integer', 'boolean', 'bytes', 'cid-link', 'blob', 'unknown', 'token', 'query', 'procedure', 'subscription', 'ref'],
  constraintSorts: ['minLength', 'maxLength', 'minimum', 'maximum', 'maxGraphemes', 'enum', 'const', 'default', 'closed'],
};

/** SQL as published releases described it. @example `SQL_SPEC.name === 'sql'` */
export const SQL_SPEC: ProtocolSpec = {
  name: 'sql',
  schemaTheory: 'ThConstrainedHypergraph',
  instanceTheory: 'ThFunctor',
  edgeRules: [
    { edgeKind: 'column', srcKinds: ['table'], tgtKinds: ['type'] },
    { edgeKind: 'fk', srcKinds: ['table'], tgtKinds: ['table'] },
    { edgeKind: 'pk', srcKinds: ['table'], tgtKinds: ['column'] },
  ],
  objKinds: ['table'],
  constraintSorts: ['nullable', 'unique', 'check', 'default'],
};

/** Protocol Buffers as published releases described them. @example `PROTOBUF_SPEC.name === 'protobuf'` */
export const PROTOBUF_SPEC: ProtocolSpec = {
  name: 'protobuf',
  schemaTheory: 'ThConstrainedGraph',
  instanceTheory: 'ThWType',
  edgeRules: [
    { edgeKind: 'field', srcKinds: ['message'], tgtKinds: [] },
    { edgeKind: 'nested', srcKinds: ['message'], tgtKinds: ['message', 'enum'] },
    { edgeKind: 'value', srcKinds: ['enum'], tgtKinds: ['enum-value'] },
  ],
  objKinds: ['message'],
  constraintSorts: ['field-number', 'repeated', 'optional', 'map-key', 'map-value'],
};

/** GraphQL as published releases described it. @example `GRAPHQL_SPEC.name === 'graphql'` */
export const GRAPHQL_SPEC: ProtocolSpec = {
  name: 'graphql',
  schemaTheory: 'ThConstrainedGraph',
  instanceTheory: 'ThWType',
  edgeRules: [
    { edgeKind: 'field', srcKinds: ['type', 'input'], tgtKinds: [] },
    { edgeKind: 'implements', srcKinds: ['type'], tgtKinds: ['interface'] },
    { edgeKind: 'member', srcKinds: ['union'], tgtKinds: ['type'] },
    { edgeKind: 'value', srcKinds: ['enum'], tgtKinds: ['enum-value'] },
  ],
  objKinds: ['type', 'input'],
  constraintSorts: ['non-null', 'list', 'deprecated'],
};

/** JSON Schema as published releases described it. @example `JSON_SCHEMA_SPEC.constraintSorts.includes('pattern')` */
export const JSON_SCHEMA_SPEC: ProtocolSpec = {
  name: 'json-schema',
  schemaTheory: 'ThConstrainedGraph',
  instanceTheory: 'ThWType',
  edgeRules: [
    { edgeKind: 'property', srcKinds: ['object'], tgtKinds: [] },
    { edgeKind: 'item', srcKinds: ['array'], tgtKinds: [] },
    { edgeKind: 'variant', srcKinds: ['oneOf', 'anyOf'], tgtKinds: [] },
  ],
  objKinds: ['object'],
  constraintSorts: ['minLength', 'maxLength', 'minimum', 'maximum', 'pattern', 'format', 'required'],
};

/** The descriptions above, by name. @example `BUILTIN_PROTOCOLS.get('sql')?.name === 'sql'` */
export const BUILTIN_PROTOCOLS: ReadonlyMap<string, ProtocolSpec> = new Map([
  ['atproto', ATPROTO_SPEC],
  ['sql', SQL_SPEC],
  ['protobuf', PROTOBUF_SPEC],
  ['graphql', GRAPHQL_SPEC],
  ['json-schema', JSON_SCHEMA_SPEC],
]);

/** Names of formats by category, as published releases listed them. @example `PROTOCOL_CATEGORIES['database']?.includes('sql') === true` */
export const PROTOCOL_CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  annotation: ['brat', 'conllu', 'naf', 'uima', 'folia', 'tei', 'timeml', 'elan', 'iso_space', 'paula', 'laf_graf', 'decomp', 'ucca', 'fovea', 'bead', 'web_annotation', 'amr', 'concrete', 'nif'],
  api: ['graphql', 'openapi', 'asyncapi', 'jsonapi', 'raml'],
  config: ['cloudformation', 'ansible', 'k8s_crd', 'hcl'],
  data_schema: ['json_schema', 'yaml_schema', 'toml_schema', 'cddl', 'bson', 'csv_table', 'ini_schema'],
  data_science: ['dataframe', 'parquet', 'arrow'],
  database: ['mongodb', 'dynamodb', 'cassandra', 'neo4j', 'sql', 'redis'],
  domain: ['geojson', 'fhir', 'rss_atom', 'vcard_ical', 'swift_mt', 'edi_x12'],
  serialization: ['protobuf', 'avro', 'thrift', 'capnproto', 'flatbuffers', 'asn1', 'bond', 'msgpack_schema'],
  type_system: ['typescript', 'python', 'rust_serde', 'java', 'go_struct', 'kotlin', 'csharp', 'swift'],
  web_document: ['atproto', 'jsx', 'vue', 'svelte', 'css', 'html', 'markdown', 'xml_xsd', 'docx', 'odf'],
};
