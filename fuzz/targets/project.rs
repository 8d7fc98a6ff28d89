//! Runs `project` on the fuzzer's bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| score_fuzz::project(bytes));
