//! Vertex and edge maps between two schemas, and what goes with them.
