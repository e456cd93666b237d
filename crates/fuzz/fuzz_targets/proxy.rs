//! Headers of the PROXY protocol, cut in every way. The checks are in `src/checks.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lanner_fuzz::proxy(data));
