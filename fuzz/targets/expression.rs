//! Runs `expression` on the input of the fuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| score_fuzz::expression(bytes));
