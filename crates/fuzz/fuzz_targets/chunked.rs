//! Chunked bodies and their trailers. The checks are in `src/checks.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lanner_fuzz::chunked(data));
