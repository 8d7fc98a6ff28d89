//! Runs programs with limits on their time and output. Provisioner commands receive only the
//! environment variables that they are allowed to read.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use score_compiler::world::{Call, RunError};

use super::descendants::Descendants;
use crate::report::failure::reason;

/// The maximum size of the answer of a command.
const MOST: usize = 8 << 20;

/// The number of bytes that are kept from the end of standard error.
const TAIL: usize = 2 << 10;

/// How long to wait for the rest of standard error after a command has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// A lock that is held while a program runs.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs a command in a folder, and returns its standard output.
pub(crate) fn run(folder: &Path, call: &Call) -> Result<Vec<u8>, RunError> {
    let deadline = Instant::now() + call.timeout;
    let Finished {
        end,
        output,
        stderr,
    } = command(folder, call)
        .and_then(|mut it| bounded(&mut it, call.input.clone(), deadline, &mut || false))
        .map_err(|error| RunError::NotStarted(reason(&error)))?;
    match end {
        End::Status(status) if status.success() => Ok(output),
        End::Status(status) => Err(RunError::Failed {
            status: describe(status),
            stderr,
        }),
        End::Late => Err(RunError::TimedOut { stderr }),
        End::TooLarge => Err(RunError::TooLarge(MOST)),
    }
}

/// The reason why a program ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It exited with this status.
    Status(ExitStatus),
    /// It was stopped after its deadline.
    Late,
    /// It was stopped because its output was too large.
    TooLarge,
}

/// The result of a program.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) end: End,
    /// The complete standard output.
    pub(crate) output: Vec<u8>,
    /// The end of standard error.
    pub(crate) stderr: String,
}

/// Runs a program until it ends. It is stopped after its deadline, or when `is_too_much` returns
/// true. It has access to the terminal, so that it can prompt the user.
pub(crate) fn bounded(
    command: &mut Command,
    input: Vec<u8>,
    deadline: Instant,
    is_too_much: &mut dyn FnMut() -> bool,
) -> io::Result<Finished> {
    bounded_to(command, input, (deadline, MOST), is_too_much)
}

/// The same with another maximum size of the output.
pub(crate) fn bounded_to(
    command: &mut Command,
    input: Vec<u8>,
    (deadline, most): (Instant, usize),
    is_too_much: &mut dyn FnMut() -> bool,
) -> io::Result<Finished> {
    let mut running = Running::start(command, input, most)?;
    let end = running.wait(deadline, is_too_much);
    if !matches!(end, End::Status(_)) {
        running.stop();
    }
    Ok(Finished {
        end,
        stderr: running.tail(),
        output: running.output,
    })
}

/// Creates the command of a provisioner.
fn command(folder: &Path, call: &Call) -> io::Result<Command> {
    let (program, arguments) = call.command.split_first().ok_or(io::ErrorKind::NotFound)?;
    let variables = call.environment.iter();
    let variables = variables.filter_map(|name| Some((name, std::env::var_os(name)?)));
    let mut command = Command::new(path(folder, program));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(variables);
    // With a separate process group, a command can be stopped together with its child processes.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok(command)
}

/// Takes the lock, so that programs started by a test are not mistaken for descendants of another
/// program.
#[cfg(test)]
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running program. Threads serve its streams, so that none of them can fill up and block the
/// program while another one is waited for.
struct Running {
    /// Programs run one at a time, so that their descendants can be told apart.
    _alone: MutexGuard<'static, ()>,
    child: Child,
    descendants: Descendants,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    output: Vec<u8>,
    /// The maximum size of the output.
    most: usize,
}

impl Running {
    fn start(command: &mut Command, input: Vec<u8>, most: usize) -> io::Result<Self> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let descendants = Descendants::note();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // Writing fails if the program closes its input without reading all of it, which is not
            // an error.
            thread::spawn(move || drop(stdin.write_all(&input)));
        }
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        Ok(Self {
            _alone: alone,
            child,
            descendants,
            stdout: stdout.map(|stream| thread::spawn(move || head(stream, most))),
            stderr: stderr.map(|stream| thread::spawn(move || tail(stream))),
            output: Vec::new(),
            most,
        })
    }

    /// Waits until the program has ended and all writers of its standard output have closed it, or
    /// until the program must be stopped.
    fn wait(&mut self, deadline: Instant, is_too_much: &mut dyn FnMut() -> bool) -> End {
        let mut status = None;
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(done) = self.stdout.take_if(|thread| thread.is_finished()) {
                self.output = done.join().unwrap_or_default();
            }
            if self.output.len() > self.most || is_too_much() {
                return End::TooLarge;
            }
            status = status.or_else(|| self.child.try_wait().ok().flatten());
            match status {
                Some(status) if self.stdout.is_none() => return End::Status(status),
                _ if Instant::now() >= deadline => return End::Late,
                _ => {}
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Stops the program and its descendants.
    fn stop(&mut self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            // The group does not exist if all of its processes have just ended, or if the program
            // was started in the group of another one.
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        // The program may have left its group.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.descendants.stop();
    }

    /// The end of standard error. Its wait is limited, because a process that has left the group
    /// may keep the stream open.
    fn tail(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        while self
            .stderr
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
        {
            if Instant::now() >= deadline {
                return String::new();
            }
            thread::sleep(Duration::from_millis(1));
        }
        let bytes = self.stderr.take().and_then(|thread| thread.join().ok());
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    }
}

/// The program to execute: a path is relative to the folder, a plain name is looked up in `PATH`.
fn path(folder: &Path, program: &str) -> PathBuf {
    let is_path = program.contains('/') || (cfg!(windows) && program.contains('\\'));
    if is_path {
        folder.join(program)
    } else {
        PathBuf::from(program)
    }
}

/// The contents of a stream, up to one byte more than the limit.
fn head(stream: impl Read, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // After an error, the incomplete output fails validation later.
    let _ = stream.take(most as u64 + 1).read_to_end(&mut bytes);
    bytes
}

/// The end of the contents of a stream.
fn tail(mut stream: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut some = [0; TAIL];
    loop {
        match stream.read(&mut some) {
            Ok(0) => return bytes,
            Ok(count) => bytes.extend_from_slice(&some[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return bytes,
        }
        bytes.drain(..bytes.len().saturating_sub(TAIL));
    }
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => "no exit code".to_owned(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use score_compiler::world::{Call, RunError};

    use super::{MOST, run};

    fn sh(script: &str, input: Vec<u8>, milliseconds: u64) -> Result<Vec<u8>, RunError> {
        let call = Call {
            resource: "bucket.default#a".to_owned(),
            provisioner: String::new(),
            command: ["/bin/sh", "-c", script].map(str::to_owned).into(),
            environment: vec!["HOME".to_owned(), "NO_SUCH_VARIABLE".to_owned()],
            timeout: Duration::from_millis(milliseconds),
            input,
            in_project: false,
        };
        run(Path::new("/"), &call)
    }

    #[test]
    fn input_and_output_of_any_size_pass() {
        let input = vec![b'x'; 4 << 20];
        let loud = "head -c 1000000 /dev/zero >&2; cat";
        assert_eq!(sh(loud, input.clone(), 60_000), Ok(input.clone()));
        assert_eq!(sh("echo done", input, 60_000), Ok(b"done\n".to_vec()));
        let large = format!("head -c {} /dev/zero", MOST + 1);
        assert_eq!(sh(&large, vec![], 60_000), Err(RunError::TooLarge(MOST)));
        assert_eq!(sh("yes", vec![], 60_000), Err(RunError::TooLarge(MOST)));
    }

    #[test]
    fn only_listed_variables_are_passed_on() {
        let found = sh("env | cut -d= -f1 | sort", vec![], 60_000);
        let found = String::from_utf8(found.unwrap()).unwrap();
        let own = ["HOME", "OLDPWD", "PWD", "SHLVL", "_"];
        assert!(found.contains("HOME"));
        assert!(found.lines().all(|name| own.contains(&name)), "{found}");
    }

    #[test]
    fn what_fails_says_how() {
        for (script, status) in [
            ("echo no >&2; exit 3", "exit code 3"),
            ("echo no >&2; kill -9 $$", "signal 9"),
        ] {
            let stderr = "no\n".to_owned();
            let status = status.to_owned();
            assert_eq!(
                sh(script, vec![], 60_000),
                Err(RunError::Failed { status, stderr })
            );
        }
        let Err(RunError::Failed { stderr, .. }) = sh(
            "i=0; while [ $i -lt 9999 ]; do echo $i; i=$((i+1)); done >&2; exit 1",
            vec![],
            60_000,
        ) else {
            panic!("it failed");
        };
        assert!(
            stderr.len() <= 2048 && stderr.ends_with("\n9998\n"),
            "{stderr}"
        );
    }

    /// Processes that leave the group, the session and their parent are found by the pids that they
    /// record.
    #[test]
    #[cfg(target_os = "linux")]
    fn what_has_left_the_group_is_stopped_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("numbers");
        let note = format!("echo $$ >>{}; echo a >&2; exec sleep 60", file.display());
        let script = format!(
            "setsid sh -c '{note}' & (setsid sh -c '{note}' &) & setsid setsid sh -c '{note}' & sleep 60"
        );
        let start = Instant::now();
        assert!(sh(&script, vec![], 1_000).is_err());
        assert!(start.elapsed() < Duration::from_secs(20));
        let numbers = std::fs::read_to_string(file).unwrap();
        assert_eq!(numbers.lines().count(), 3);
        for number in numbers.lines() {
            let about = std::fs::read_to_string(format!("/proc/{number}/stat"));
            let about = about.unwrap_or_default();
            assert!(about.is_empty() || about.contains(") Z "), "{about}");
        }
    }

    #[test]
    fn what_takes_too_long_is_stopped_with_all_that_it_has_started() {
        let start = Instant::now();
        for script in [
            "echo a >&2; sleep 60",
            "echo a >&2; sleep 60 & sleep 60",
            "echo a >&2; sleep 60 &",
        ] {
            let stderr = "a\n".to_owned();
            assert_eq!(
                sh(script, vec![], 2_000),
                Err(RunError::TimedOut { stderr })
            );
        }
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
