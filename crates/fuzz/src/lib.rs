//! What each fuzz target checks.
//!
//! Called by the targets, which only hand over their input. The checks themselves are also part of
//! `proto`'s tests, so that every committed input is replayed by a plain `cargo test`.

#[path = "../../proto/tests/support/mod.rs"]
mod support;

mod checks;

/// Whole connections.
pub fn head(data: &[u8]) {
    checks::head(data);
}

/// Chunked bodies.
pub fn chunked(data: &[u8]) {
    checks::chunked(data);
}

/// Headers of the PROXY protocol.
pub fn proxy(data: &[u8]) {
    checks::proxy(data);
}

/// Path patterns and paths.
pub fn pattern(data: &[u8]) {
    checks::pattern(data);
}
