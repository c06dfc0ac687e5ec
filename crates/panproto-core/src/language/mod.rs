//! Schema languages: text to schema, schema to text.
