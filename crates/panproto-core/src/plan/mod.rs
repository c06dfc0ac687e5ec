//! A lens compiled to a flat program, and the executor that runs it over bytes.
