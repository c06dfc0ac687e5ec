//! The schema graph: builder, validation, canonical form, digests.
