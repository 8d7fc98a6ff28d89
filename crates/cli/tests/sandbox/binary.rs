//! The binary that the tests run.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

/// The path of the binary: `SCORE_RS_BIN`, or by default the binary that Cargo built with the
/// tests.
///
/// # Panics Panics if `SCORE_RS_SHA256` is set and is not the hexadecimal hash of the binary.
/// `tests/run` sets it, so that tests cannot run another binary than the one that it has installed.
pub(crate) fn binary() -> &'static str {
    static BINARY: OnceLock<String> = OnceLock::new();
    BINARY.get_or_init(|| {
        let named = std::env::var("SCORE_RS_BIN").ok();
        let path = named.unwrap_or_else(|| env!("CARGO_BIN_EXE_score-rs").to_owned());
        assert!(
            Path::new(&path).is_absolute(),
            "`SCORE_RS_BIN` must be an absolute path"
        );
        if let Ok(expected) = std::env::var("SCORE_RS_SHA256") {
            let hash = Sha256::digest(fs::read(&path).unwrap());
            let hash: Vec<_> = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            let hash = hash.concat();
            assert_eq!(hash, expected, "{path} is not the binary to test");
        }
        path
    })
}
