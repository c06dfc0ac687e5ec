//! Lenses: get, put, create, complement; the clear engine.
