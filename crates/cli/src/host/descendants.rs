//! Finds and stops all processes that a program has started, including those that left its process
//! group or session, or whose parent has ended. This works only on Linux; elsewhere no processes
//! are found.

/// A snapshot of the descendants of this process, taken before a program is started.
#[derive(Debug)]
pub(crate) struct Descendants {
    #[cfg(target_os = "linux")]
    before: linux::Processes,
}

impl Descendants {
    /// Takes the snapshot. Programs must run one at a time, or their processes cannot be told
    /// apart.
    pub(crate) fn note() -> Self {
        #[cfg(target_os = "linux")]
        linux::adopt();
        Self {
            #[cfg(target_os = "linux")]
            before: linux::descendants(),
        }
    }

    /// Stops all processes that were started since the snapshot.
    pub(crate) fn stop(&self) {
        #[cfg(target_os = "linux")]
        linux::stop(&self.before);
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::thread;
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, getpid, kill_process, set_child_subreaper};

    /// How long to keep stopping processes, each of which may start others.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// The pid and start time of a process. The pid alone is not unique, because pids are reused.
    type Process = (i32, u64);

    /// Processes that have not ended.
    pub(super) type Processes = BTreeSet<Process>;

    /// Makes this process the parent of orphaned descendants.
    pub(super) fn adopt() {
        // If this fails, orphaned processes are not found, as on other systems.
        let _ = set_child_subreaper(Some(getpid()));
    }

    /// Stops all descendants except `spared`.
    pub(super) fn stop(spared: &Processes) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = descendants();
            let mut left = found.difference(spared).peekable();
            if left.peek().is_none() || Instant::now() >= deadline {
                return;
            }
            for (number, _) in left {
                if let Some(process) = Pid::from_raw(*number) {
                    let _ = kill_process(process, Signal::KILL);
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// All descendants of this process.
    pub(super) fn descendants() -> Processes {
        let mut children: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(number) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let stat = fs::read_to_string(entry.path().join("stat"));
            if let Some((parent, started)) = stat.ok().as_deref().and_then(read) {
                children.entry(parent).or_default().push((number, started));
            }
        }
        let mut found = Processes::new();
        let mut open = vec![getpid().as_raw_nonzero().get()];
        while let Some(parent) = open.pop() {
            for process in children.remove(&parent).unwrap_or_default() {
                found.insert(process);
                open.push(process.0);
            }
        }
        found
    }

    /// Parses the parent and start time of a process from `/proc/PID/stat`, as documented in
    /// `proc_pid_stat(5)`. Returns `None` for a process that has ended.
    fn read(stat: &str) -> Option<(i32, u64)> {
        // The preceding program name can contain any character, including spaces and parentheses.
        let (_, rest) = stat.rsplit_once(')')?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let (state, parent, started) = (words.first()?, words.get(1)?, words.get(19)?);
        if ["Z", "X"].contains(state) {
            return None;
        }
        Some((parent.parse().ok()?, started.parse().ok()?))
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn processes_are_read() {
            let rest = "5 6 7 0 -1 4194304 95 0 0 0 0 0 0 0 20 0 1 0 2913 2646016 200";
            for (stat, expected) in [
                (format!("8 (a) Z 1) S {rest}"), Some((5, 2913))),
                (format!("8 (a) Z {rest}"), None),
                ("8 (a".to_owned(), None),
            ] {
                assert_eq!(super::read(&stat), expected);
            }
        }
    }
}
