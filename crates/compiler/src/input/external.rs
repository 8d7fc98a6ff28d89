//! Workloads outside of the project, which its workloads can use like those inside.

use score_spec::{Kind, Map, Node, Span};

/// A workload that another team or another environment runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalWorkload {
    /// The host name, at which all workloads of this project can reach it.
    pub host: String,
    /// The numbers of its ports, by name.
    pub ports: Map<u16>,
    /// The location of its name.
    pub span: Span,
}

impl ExternalWorkload {
    /// The workloads under `externals` of a validated document.
    pub(crate) fn read_all(document: &Node) -> Map<Self> {
        let entries = document.entries_at("externals").iter();
        let external = entries.filter_map(|entry| {
            let workload = Self {
                host: entry.value.get("host")?.text()?.to_owned(),
                ports: entry.value.map_at("ports", port),
                span: entry.key_span,
            };
            Some((entry.key.clone(), workload))
        });
        external.collect()
    }
}

fn port(node: &Node) -> Option<u16> {
    let Kind::Number(number) = &node.kind else {
        return None;
    };
    u16::try_from(number.as_u64()?).ok()
}
