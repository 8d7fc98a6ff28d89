//! Limits and the source of random values of an execution.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::error::{Failure, Outcome};

/// The limits of an execution.
///
/// The defaults let a template do far more than any real one does, but every execution ends within
/// a second and with less than 200 MB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The maximum work. An action or a call is a step; functions that read or write much take
    /// more, in proportion to the size of the values.
    pub steps: u64,
    /// The maximum size of the output in bytes.
    pub output: usize,
    /// The maximum size of all values that are created, in bytes. Values that are no longer used
    /// count too.
    pub memory: usize,
    /// The maximum depth of templates, blocks and parentheses inside each other, and of lists and
    /// maps that are printed, converted or compared.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 2_000_000,
            output: 8 << 20,
            memory: 64 << 20,
            depth: 250,
        }
    }
}

/// The bytes that a string, list or map takes in addition to its contents.
pub(crate) const OVERHEAD: usize = 100;

/// The names of the functions of sprig with random results, which are derived from the seed.
pub const RANDOM_FUNCTIONS: [&str; 12] = [
    "bcrypt",
    "encryptAES",
    "genPrivateKey",
    "htpasswd",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "shuffle",
    "uuidv4",
];

/// The seed and the limits of an execution, and the random values that it has created.
///
/// Random functions are deterministic. Their values are derived from the seed, the name of the
/// function, and how often this function was called before, so that another function that is
/// called first changes nothing.
#[derive(Debug)]
pub struct Context {
    limits: Limits,
    seed: [u8; 32],
    steps: u64,
    memory: usize,
    calls: BTreeMap<&'static str, u64>,
    patterns: BTreeSet<Vec<u8>>,
    random_values: Vec<String>,
    /// Values instead of random ones.
    stand_ins: Arc<BTreeMap<String, String>>,
    prints_missing: bool,
}

impl Context {
    /// A context with the default limits.
    ///
    /// A seed must not be used for two executions whose random values should differ.
    pub fn new(seed: [u8; 32]) -> Self {
        Self::with_limits(seed, Limits::default())
    }

    /// A context with other limits. They apply to all executions with this context together.
    pub fn with_limits(seed: [u8; 32], limits: Limits) -> Self {
        let (calls, patterns) = (BTreeMap::new(), BTreeSet::new());
        let random_values = Vec::new();
        Self {
            limits,
            seed,
            steps: limits.steps,
            memory: limits.memory,
            calls,
            patterns,
            random_values,
            stand_ins: Arc::default(),
            prints_missing: true,
        }
    }

    /// The same context, with other values instead of some random ones.
    #[must_use]
    pub fn with_stand_ins(self, stand_ins: Arc<BTreeMap<String, String>>) -> Self {
        Self { stand_ins, ..self }
    }

    /// The same context, but a value that does not exist or is null is an error where it would be printed as
    /// `<no value>`. Functions such as `default` can still have it.
    #[must_use]
    pub fn without_missing_values(mut self) -> Self {
        self.prints_missing = false;
        self
    }

    /// The values of random functions, in the order of the calls and as they are printed. Empty
    /// values and those of failed executions are included.
    pub fn random_values(&self) -> &[String] {
        &self.random_values
    }

    /// The text of a value that does not exist.
    pub(crate) fn missing(&self) -> Outcome<&'static str> {
        if self.prints_missing {
            Ok("<no value>")
        } else {
            Err(Failure::missing())
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Counts work.
    pub(crate) fn step(&mut self, steps: usize) -> Outcome<()> {
        match self.steps.checked_sub(steps as u64) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(Failure::limit(format!(
                "more than {} steps",
                self.limits.steps
            ))),
        }
    }

    /// The steps that are left.
    pub(crate) fn steps_left(&self) -> u64 {
        self.steps
    }

    /// Counts a value that is about to be created. Its creation is work, too.
    pub(crate) fn allocate(&mut self, bytes: usize) -> Outcome<()> {
        let bytes = bytes.saturating_add(OVERHEAD);
        match self.memory.checked_sub(bytes) {
            Some(left) => self.memory = left,
            None => {
                return Err(Failure::limit(format!(
                    "values of more than {} bytes",
                    self.limits.memory
                )));
            }
        }
        self.step(bytes / 64)
    }

    /// The number of bytes that may still be created.
    pub(crate) fn memory_left(&self) -> usize {
        self.memory
    }

    /// Whether a regular expression has not been used yet in this context.
    pub(crate) fn is_new_pattern(&mut self, pattern: &[u8]) -> bool {
        !self.patterns.contains(pattern) && self.patterns.insert(pattern.to_owned())
    }

    /// The random bytes of the next call of a function.
    pub(crate) fn random(&mut self, function: &'static str) -> Random {
        debug_assert!(RANDOM_FUNCTIONS.contains(&function), "{function}");
        let call = self.calls.entry(function).or_default();
        let start = Sha256::new()
            .chain_update(self.seed)
            .chain_update((function.len() as u64).to_be_bytes())
            .chain_update(function)
            .chain_update(call.to_be_bytes());
        *call += 1;
        Random {
            start,
            block: [0; 32],
            used: 32,
            blocks: 0,
        }
    }

    /// Records a random value, and returns the value to use instead, if there is one.
    pub(crate) fn record(&mut self, value: String) -> Option<String> {
        let other = self.stand_ins.get(&value).cloned();
        self.random_values.push(other.clone().unwrap_or(value));
        other
    }
}

/// The random bytes of one call: SHA-256 digests of what identifies the call and a counter.
pub(crate) struct Random {
    start: Sha256,
    block: [u8; 32],
    used: usize,
    blocks: u64,
}

impl Random {
    fn byte(&mut self) -> u8 {
        if self.used == self.block.len() {
            self.block = self
                .start
                .clone()
                .chain_update(self.blocks.to_be_bytes())
                .finalize()
                .into();
            (self.used, self.blocks) = (0, self.blocks + 1);
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.byte();
        }
    }

    /// A number below `end`, which is not zero, all with the same probability.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let bytes = (64 - (end - 1).leading_zeros()).div_ceil(8);
        let range = 1u128 << (8 * bytes);
        // A drawn number at or after the last multiple of `end` would favour small results.
        let fair = range - range % u128::from(end);
        loop {
            let drawn = (0..bytes).fold(0u64, |number, _| number << 8 | u64::from(self.byte()));
            if u128::from(drawn) < fair {
                return drawn % end;
            }
        }
    }
}
