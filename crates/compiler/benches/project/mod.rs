//! The generated project of `docs/performance.md`: workloads with five resources each.
//! `benches/generate.py` writes the same project to disk.

/// A workload. `NAME` is replaced with its name, and `OTHER` with that of the workload that it
/// calls.
const WORKLOAD: &str = include_str!("workload.yaml");

/// The Score files of a project, with their names.
pub(crate) fn project(workloads: usize) -> Vec<(String, String)> {
    (0..workloads)
        .map(|number| {
            let other = (number * 7 + 3) % workloads;
            let text = WORKLOAD.replace("NAME", &format!("svc-{number:05}"));
            let text = text.replace("OTHER", &format!("svc-{other:05}"));
            (format!("w{number:05}.score.yaml"), text)
        })
        .collect()
}
