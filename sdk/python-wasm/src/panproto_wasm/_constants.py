"""Facts about protocols that published releases had as constants.

They are kept as they were; `Protocol.load(name).spec` tells what this version's engine allows.
"""

from __future__ import annotations

from ._types import ProtocolSpec

ATPROTO_SPEC: ProtocolSpec = {
    "name": "atproto",
    "schema_theory": "ThATProtoSchema",
    "instance_theory": "ThATProtoInstance",
    "edge_rules": [
        {
            "edge_kind": "record-schema",
            "src_kinds": ["record"],
            "tgt_kinds": ["object"],
        },
        {
            "edge_kind": "prop",
            "src_kinds": ["object", "query", "procedure", "subscription"],
            "tgt_kinds": [],
        },
        {
            "edge_kind": "items",
            "src_kinds": ["array"],
            "tgt_kinds": [],
        },
        {
            "edge_kind": "variant",
            "src_kinds": ["union"],
            "tgt_kinds": [],
        },
        {
            "edge_kind": "ref",
            "src_kinds": [],
            "tgt_kinds": [],
        },
        {
            "edge_kind": "self-ref",
            "src_kinds": [],
            "tgt_kinds": [],
        },
    ],
    "obj_kinds": [
        "record",
        "object",
        "array",
        "union",
        "string",
        "integer",
        "boolean",
        "bytes",
        "cid-link",
        "blob",
        "unknown",
        "token",
        "query",
        "procedure",
        "subscription",
        "ref",
    ],
    "constraint_sorts": [
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "maxGraphemes",
        "enum",
        "const",
        "default",
        "closed",
    ],
}

SQL_SPEC: ProtocolSpec = {
    "name": "sql",
    "schema_theory": "ThConstrainedHypergraph",
    "instance_theory": "ThFunctor",
    "edge_rules": [
        {
            "edge_kind": "column",
            "src_kinds": ["table"],
            "tgt_kinds": ["type"],
        },
        {
            "edge_kind": "fk",
            "src_kinds": ["table"],
            "tgt_kinds": ["table"],
        },
        {
            "edge_kind": "pk",
            "src_kinds": ["table"],
            "tgt_kinds": ["column"],
        },
    ],
    "obj_kinds": ["table"],
    "constraint_sorts": ["nullable", "unique", "check", "default"],
}

PROTOBUF_SPEC: ProtocolSpec = {
    "name": "protobuf",
    "schema_theory": "ThConstrainedGraph",
    "instance_theory": "ThWType",
    "edge_rules": [
        {
            "edge_kind": "field",
            "src_kinds": ["message"],
            "tgt_kinds": [],
        },
        {
            "edge_kind": "nested",
            "src_kinds": ["message"],
            "tgt_kinds": ["message", "enum"],
        },
        {
            "edge_kind": "value",
            "src_kinds": ["enum"],
            "tgt_kinds": ["enum-value"],
        },
    ],
    "obj_kinds": ["message"],
    "constraint_sorts": ["field-number", "repeated", "optional", "map-key", "map-value"],
}

GRAPHQL_SPEC: ProtocolSpec = {
    "name": "graphql",
    "schema_theory": "ThConstrainedGraph",
    "instance_theory": "ThWType",
    "edge_rules": [
        {
            "edge_kind": "field",
            "src_kinds": ["type", "input"],
            "tgt_kinds": [],
        },
        {
            "edge_kind": "implements",
            "src_kinds": ["type"],
            "tgt_kinds": ["interface"],
        },
        {
            "edge_kind": "member",
            "src_kinds": ["union"],
            "tgt_kinds": ["type"],
        },
        {
            "edge_kind": "value",
            "src_kinds": ["enum"],
            "tgt_kinds": ["enum-value"],
        },
    ],
    "obj_kinds": ["type", "input"],
    "constraint_sorts": ["non-null", "list", "deprecated"],
}

JSON_SCHEMA_SPEC: ProtocolSpec = {
    "name": "json-schema",
    "schema_theory": "ThConstrainedGraph",
    "instance_theory": "ThWType",
    "edge_rules": [
        {
            "edge_kind": "property",
            "src_kinds": ["object"],
            "tgt_kinds": [],
        },
        {
            "edge_kind": "item",
            "src_kinds": ["array"],
            "tgt_kinds": [],
        },
        {
            "edge_kind": "variant",
            "src_kinds": ["oneOf", "anyOf"],
            "tgt_kinds": [],
        },
    ],
    "obj_kinds": ["object"],
    "constraint_sorts": ["minLength", "maxLength", "minimum", "maximum", "pattern", "format", "required"],
}

BUILTIN_PROTOCOLS: dict[str, ProtocolSpec] = {
    "atproto": ATPROTO_SPEC,
    "sql": SQL_SPEC,
    "protobuf": PROTOBUF_SPEC,
    "graphql": GRAPHQL_SPEC,
    "json-schema": JSON_SCHEMA_SPEC,
}

PROTOCOL_CATEGORIES: dict[str, list[str]] = {
    "annotation": [
        "brat",
        "conllu",
        "naf",
        "uima",
        "folia",
        "tei",
        "timeml",
        "elan",
        "iso_space",
        "paula",
        "laf_graf",
        "decomp",
        "ucca",
        "fovea",
        "bead",
        "web_annotation",
        "amr",
        "concrete",
        "nif",
    ],
    "api": ["graphql", "openapi", "asyncapi", "jsonapi", "raml"],
    "config": ["cloudformation", "ansible", "k8s_crd", "hcl"],
    "data_schema": ["json_schema", "yaml_schema", "toml_schema", "cddl", "bson", "csv_table", "ini_schema"],
    "data_science": ["dataframe", "parquet", "arrow"],
    "database": ["mongodb", "dynamodb", "cassandra", "neo4j", "sql", "redis"],
    "domain": ["geojson", "fhir", "rss_atom", "vcard_ical", "swift_mt", "edi_x12"],
    "serialization": ["protobuf", "avro", "thrift", "capnproto", "flatbuffers", "asn1", "bond", "msgpack_schema"],
    "type_system": ["typescript", "python", "rust_serde", "java", "go_struct", "kotlin", "csharp", "swift"],
    "web_document": ["atproto", "jsx", "vue", "svelte", "css", "html", "markdown", "xml_xsd", "docx", "odf"],
}
