//! What a schema language allows; the registry of built-in ones.
