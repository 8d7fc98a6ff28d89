//! Running provisioner commands, and explaining failures. The format of requests and answers is
//! elsewhere.

use std::sync::Arc;

use score_spec::{Code, Diagnostic, Hint, Kind, Span, Value, diagnostic::any_error};
use serde_json::Map;

use super::protocol::{RunRequest, RunResponse, has_reference};
use super::{Commands, Resolution};
use crate::graph::unknown::check_declared;
use crate::graph::{Params, Resource};
use crate::input::outside::{Answered, Outside};
use crate::input::world::{Call, RunError};
use crate::ir::{Ref, Secret, SecretSource, Text, Tree};
use crate::provisioner::command::Command;
use crate::provisioner::expression::{Scope, to_text};
use crate::resolve::functions;
use crate::resolve::state::{ProvisionerId, kept};

impl Resolution<'_> {
    /// The answer of a command. Absent if it is not allowed to run or fails, which is reported.
    pub(super) fn ask(
        &mut self,
        command: &Command,
        request: &RunRequest,
        scope: &Scope,
    ) -> Option<RunResponse> {
        let resource = self.resource;
        let words = self.words(command, scope);
        let complete = self.takes_params(request);
        self.check_asked();
        match self.options.commands {
            // Effects of commands cannot be undone, so none runs if the input has errors.
            Commands::Run if !complete => return None,
            Commands::Run if any_error(self.diagnostics) && !self.outside.is_repeated() => {
                return None;
            }
            Commands::Run => {}
            Commands::Skip => return None,
            Commands::Recall => return self.recall(command, request),
            Commands::Refuse => {
                self.diagnostics.push(refused(resource));
                return None;
            }
        }
        let call = Call {
            resource: resource.uid.clone(),
            provisioner: command.file.clone(),
            in_project: false,
            command: words?,
            environment: command.environment.clone(),
            timeout: command.timeout,
            input: request.to_bytes(),
        };
        let problems = match self.outside.run(&call) {
            Answered::Bytes(bytes) => match RunResponse::read(&bytes, command.span, self.sources) {
                Ok(response) => return Some(response),
                Err(problems) => problems,
            },
            Answered::Hidden => return None,
            Answered::Failed(error) => vec![failed(&error, command, &call)],
        };
        for problem in problems {
            self.diagnostics.push(resource.mark(problem));
        }
        None
    }

    /// The answer of a command in the state.
    fn recall(&mut self, command: &Command, request: &RunRequest) -> Option<RunResponse> {
        let resource = self.resource;
        let entry = self.options.state.get(&resource.uid);
        let current = ProvisionerId::of(&resource.provisioner);
        let entry = entry.filter(|entry| entry.provisioner == current);
        let known = entry.and_then(|entry| entry.answers.get(request.target()));
        let digest = request.digest(command, self.outside.world);
        if let Some(response) = known.and_then(|it| it.response(&digest)) {
            return self
                .outside
                .recall(&command.environment)
                .then_some(response);
        }
        let what = match known {
            None => "it has not been run yet",
            Some(known) if known.is_about(&digest) => {
                "its secrets are sealed with another project key"
            }
            Some(_) => "the last request, or the program, was different",
        };
        let program = command.program();
        self.diagnostics.push(
            Diagnostic::new(
                Code::StateUnknownAnswer,
                format!(
                    "the answer of the command {program}for `{}` is not known: {what}",
                    resource.uid
                ),
            )
            .at(resource.span, "")
            .at(
                command.span,
                "the command, which is not started in this run",
            )
            .help(Hint::RememberAnswers),
        );
        None
    }

    /// The state of a command for a resource. The state of another provisioner would be misleading.
    pub(super) fn remembered(&mut self) -> Map<String, serde_json::Value> {
        let resource = self.resource;
        let uid = &resource.uid;
        let state = self.options.state;
        let current = ProvisionerId::of(&resource.provisioner);
        if let Some(known) = state.get(uid)
            && known.provisioner != current
            && self.options.commands == Commands::Run
        {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::StateProvisionerChanged,
                    format!(
                        "the state of `{uid}` belongs to another provisioner ({}), and is not \
                         passed to its current provisioner ({current})",
                        known.provisioner
                    ),
                )
                .at(resource.span, "")
                .help(Hint::KeptState {
                    entry: kept(uid, &known.provisioner),
                }),
            );
        }
        let known = state.of(uid, &current);
        known.map(|known| known.value.clone()).unwrap_or_default()
    }

    /// The program and its arguments.
    fn words(&mut self, command: &Command, scope: &Scope) -> Option<Vec<String>> {
        let mut words = Vec::with_capacity(command.words.len());
        for pattern in &command.words {
            let word = match pattern.evaluate(scope) {
                Ok(value) => to_text(&value),
                Err(problem) => {
                    self.report(problem);
                    return None;
                }
            };
            let Some(plain) = word.as_plain() else {
                let message = format!("the input of the command contains {}", describe(&word));
                let problem = Diagnostic::new(Code::ProvisionerCommandInput, message);
                let problem = self.resource.mark(problem.at(command.span, ""));
                self.diagnostics.push(problem.help(ONLY_LATER));
                return None;
            };
            words.push(plain.to_owned());
        }
        Some(words)
    }

    /// Whether the params can be passed to a command. Those that cannot are reported.
    fn takes_params(&mut self, request: &RunRequest) -> bool {
        let resource = self.resource;
        let Tree::Map(params) = &request.arguments.params else {
            return true;
        };
        let mut complete = true;
        for (name, value) in params.iter().filter(|(_, value)| has_reference(value)) {
            complete = false;
            let mut first = Text::new();
            value.each_text(&mut |text| {
                if first.as_plain().is_some() {
                    first = text.clone();
                }
            });
            self.diagnostics.push(
                Diagnostic::new(
                    Code::ProvisionerCommandInput,
                    format!(
                        "the param `{name}` contains {}, but the resource is handled by a command",
                        describe(&first)
                    ),
                )
                .at(place(resource, name), "")
                .help(ONLY_LATER),
            );
        }
        complete
    }

    /// Reports placeholders for outputs that the provisioner does not declare, which is known
    /// without the command.
    fn check_asked(&mut self) {
        let Resource { provisioner, .. } = self.resource;
        let name = self.resource.name();
        for (output, span) in &self.resource.asked {
            check_declared(provisioner, name, output, *span, self.diagnostics);
        }
    }
}

/// The maximum number of bytes of a command's standard error in a message.
const LONGEST_END: usize = 1_600;

/// The help about references in the input of a command.
const ONLY_LATER: &str = "secrets, hosts, ports and environment variables are known only when the \
 project runs; use them in `values`, together with the answer of the command";

/// The answer for expressions.
pub(super) fn values(response: &RunResponse, resource: &Resource, outside: &Outside<'_>) -> Tree {
    let values = response.values.iter().map(|(name, value)| {
        let value = Value::from_json(value.clone());
        (
            name.clone(),
            value.map_text(&mut |text| text.as_str().into()),
        )
    });
    let object = functions::name_of(resource, "");
    let key = (!response.secrets.is_empty())
        .then(|| outside.key())
        .flatten();
    let secrets = response.secrets.iter().map(|(name, value)| {
        let secret = Ref::Secret(Arc::new(Secret {
            resource: resource.uid.clone(),
            object: object.clone(),
            name: name.clone(),
            source: SecretSource::External(value.clone().fingerprinted(key.as_ref())),
        }));
        (name.clone(), Tree::Text(secret.into()))
    });
    values.chain(secrets).collect()
}

/// A description of the first reference in a string, with its article.
fn describe(text: &Text) -> &'static str {
    match text.references().next() {
        Some(Ref::Secret(_)) => "a secret",
        Some(Ref::Env { .. } | Ref::Variable(_)) => "an environment variable",
        Some(Ref::Host(_)) => "a host name",
        Some(Ref::Port { .. }) => "a port",
        Some(Ref::KeyRef(_)) => "a value that the platform provides",
        Some(Ref::Parameter(_)) => "a chart value",
        None => "a reference",
    }
}

/// The location of a param.
fn place(resource: &Resource, name: &str) -> Span {
    match &resource.params {
        Params::Declared { params, .. } => match &params.node.kind {
            Kind::Map(_) => params
                .node
                .get(name)
                .map_or(params.node.span, |node| node.span),
            _ => params.node.span,
        },
        _ => resource.span,
    }
}

fn refused(resource: &Resource) -> Diagnostic {
    Diagnostic::new(
        Code::ProvisionerCommandRefused,
        format!(
            "`{}` needs a command, but commands are disabled",
            resource.uid
        ),
    )
    .at(resource.span, "")
    .at(
        resource.provisioner.span,
        "its provisioner has a command under `run`",
    )
    .help(Hint::AllowCommands)
}

pub(super) fn failed(error: &RunError, command: &Command, call: &Call) -> Diagnostic {
    let program = call.command.first().map_or("", String::as_str);
    let (what, stderr) = match error {
        RunError::NotStarted(reason) => (format!("cannot be started: {reason}"), ""),
        RunError::Failed { status, stderr } => (format!("ended with {status}"), stderr.as_str()),
        RunError::TimedOut { stderr } => (
            format!("was stopped after {} s", command.timeout.as_secs()),
            stderr.as_str(),
        ),
        RunError::TooLarge(limit) => (format!("wrote more than {limit} bytes"), ""),
        RunError::NotVerified(reason) => (format!("is not started: {reason}"), ""),
    };
    let mut message = format!("the command `{program}` {what}");
    let stderr = end(stderr);
    if !stderr.is_empty() {
        message.push_str(", and wrote to standard error:\n");
        message.push_str(&stderr);
    }
    Diagnostic::new(Code::ProvisionerCommandFailed, message)
        .at(command.span, "")
        .help(match error {
            RunError::NotStarted(_) if call.in_project => {
                "the program and the interpreter in its `#!` line must be executable files; a path is relative to the \
                 project folder"
            }
            RunError::Failed { .. } if call.in_project => {
                "the command receives only the variables `PATH` and `HOME`, and those that the project allows by name"
            }
            RunError::TimedOut { .. } if call.in_project => "let the command do less",
            RunError::NotStarted(_) if !program.contains('/') && !passes_path(command) => {
                "list `PATH` under `run.environment` to search for the program there, or write \
                 `./program` for a file beside the provisioner"
            }
            RunError::NotStarted(_) => {
                "the program and the interpreter in its `#!` line must be executable files; a path \
                 is relative to the folder of the provisioner file"
            }
            RunError::Failed { .. } if !passes_path(command) => {
                "the command receives only the variables listed under `run.environment`, so not even `PATH`"
            }
            RunError::Failed { .. } => {
                "the command receives only the variables listed under `run.environment`"
            }
            RunError::TimedOut { .. } => "increase `run.timeout`, in seconds",
            RunError::NotVerified(_) => {
                "install the locked packages again; if another command of the run has changed the file, remove that \
                 command"
            }
            RunError::TooLarge(_) => "return only what workloads need; store large data elsewhere",
        })
}

/// The end of the output of a command, without control characters.
fn end(stderr: &str) -> String {
    let mut clean = String::with_capacity(stderr.len());
    let mut chars = stderr.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A control sequence such as a colour: `ESC [` and everything up to the first letter
            // (ECMA-48, 5.4).
            '\u{1b}' if chars.next_if_eq(&'[').is_some() => {
                chars.find(|c| matches!(c, '@'..='~'));
            }
            '\n' | '\t' => clean.push(c),
            c if !c.is_control() => clean.push(c),
            _ => {}
        }
    }
    let clean = clean.trim();
    match clean.len().checked_sub(LONGEST_END) {
        Some(over) if over > 0 => format!("…{}", &clean[clean.ceil_char_boundary(over)..]),
        _ => clean.to_owned(),
    }
}

fn passes_path(command: &Command) -> bool {
    command.environment.iter().any(|name| name == "PATH")
}
