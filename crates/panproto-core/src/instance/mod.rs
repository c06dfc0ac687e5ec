//! Records over a schema; validation.
