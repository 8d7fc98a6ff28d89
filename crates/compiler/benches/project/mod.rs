//! A project of so many workloads with five resources each, the one that `docs/performance.md` is
//! about. `benches/generate.py` writes the same one to the disk.

/// A workload. `NAME` is its own name, `OTHER` that of the workload it calls.
const WORKLOAD: &str = include_str!("workload.yaml");

/// The texts of a project, by the names of their files.
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
