//! Requests and answers: the one host-neutral API.
