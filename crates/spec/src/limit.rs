//! Limits on the contents of documents, so that the results of processing them are bounded too. Out
//! of scope: the size and depth of the text, which are limited while reading it.

use crate::{Code, Diagnostic, Entry, Kind, Node};

/// The maximum number of containers or resources of a workload.
const MOST_PARTS: usize = 10_000;

/// The maximum number of `$` in strings. Each can be a placeholder, or cause a diagnostic, which
/// takes a hundred times the memory of the text.
const MOST_DOLLARS: usize = 100_000;

/// The remaining budget for the documents of one text.
#[derive(Debug)]
pub(crate) struct Allowance {
    dollars: usize,
}

impl Allowance {
    pub(crate) fn new() -> Self {
        Self {
            dollars: MOST_DOLLARS,
        }
    }

    /// Counts a document. If it exceeds the budget, returns the diagnostic, and the document should
    /// not be processed further.
    pub(crate) fn take(&mut self, document: &Node) -> Option<Diagnostic> {
        for field in ["containers", "resources"] {
            let Some(entry) = document.entry(field) else {
                continue;
            };
            let count = entry.value.entries().len();
            if count > MOST_PARTS {
                let message =
                    format!("the workload has {count} {field}, but the limit is {MOST_PARTS}");
                let help = "split it into several workloads";
                return Some(refusal(message, help, entry.key_span));
            }
        }
        let dollars = dollars(document);
        if dollars > self.dollars {
            self.dollars = 0;
            let message = format!(
                "the string contains more than {MOST_DOLLARS} `$`, which could be placeholders"
            );
            let help = "put large contents into a separate file, with `noExpand: true`";
            return Some(refusal(message, help, document.span));
        }
        self.dollars -= dollars;
        None
    }
}

fn refusal(message: String, help: &str, span: crate::Span) -> Diagnostic {
    Diagnostic::new(Code::YamlLimit, message)
        .at(span, "")
        .help(help)
}

/// The number of `$` in a tree, except in contents that are not expanded.
fn dollars(node: &Node) -> usize {
    match &node.kind {
        Kind::Text(text) => text.bytes().filter(|byte| *byte == b'$').count(),
        Kind::List(items) => items.iter().map(dollars).sum(),
        Kind::Map(entries) => {
            let verbatim = entries
                .iter()
                .any(|it| it.key == "noExpand" && it.value.kind == Kind::Bool(true));
            let counts = |it: &&Entry| !(verbatim && it.key == "content");
            let entries = entries.iter().filter(counts);
            entries.map(|it| dollars(&it.value)).sum()
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => 0,
    }
}
