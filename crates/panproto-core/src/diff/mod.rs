//! Structural difference of two schemas.
