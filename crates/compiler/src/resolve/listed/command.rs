//! Commands of lists, with the input and output that they have in score-compose and score-k8s.

use std::fmt::Write;
use std::time::Duration;

use score_compat::command::{CommandAnswer, input, read};
use score_compat::list::Tool;
use score_compat::session::{Answer, Project as Known, Request};
use score_spec::{Code, Diagnostic, Hint, Severity, diagnostic::any_error};
use serde_json::{Map, Value as Json};

use super::super::command::failed;
use super::super::{Commands, RecordedAnswer, Resolution};
use super::Listing;
use crate::input::outside::Answered;
use crate::input::world::Call;
use crate::ir::{ProjectKey, SecretValue};
use crate::provisioner::command::Command;
use crate::resolve::state::{CommandResult, ProvisionerId, RecordedSecret};

/// The time limit of a command.
const TIMEOUT: Duration = Duration::from_mins(5);

/// The variables that commands of lists receive, in addition to those that the project allows by name: without them,
/// most scripts would not find their programs.
const VARIABLES: [&str; 2] = ["PATH", "HOME"];

/// The key of a recorded answer.
const ANSWER: &str = "answer";

impl Listing<'_> {
    /// The answer of a command, and its result for the state. Absent if it is not allowed to run or fails, which is
    /// reported.
    pub(super) fn command(
        &mut self,
        (program, arguments): (&str, &[String]),
        request: &Request<'_>,
        resolution: &mut Resolution<'_>,
    ) -> Option<(Answer, Option<CommandResult>)> {
        let resource = resolution.resource;
        // A change of the provisioner is reported.
        resolution.remembered();
        let known = match earlier(resolution) {
            Some(Earlier::Open(answer)) => answer["resource_state"].as_object().cloned(),
            Some(Earlier::Sealed) => {
                resolution.diagnostics.push(sealed(resolution));
                return None;
            }
            None => None,
        };
        let state = known.as_ref().unwrap_or(request.state);
        let request = Request { state, ..*request };
        let project = Known {
            tool: self.tool,
            services: &self.known.services,
            compose_project: &self.known.project,
            mounts: &self.known.mounts,
            namespace: &self.known.namespace,
        };
        let shared = self.session.shared().unwrap_or_default();
        let input = input(&project, &request, &shared);
        let file = resolution.outside.world.command_file(None, program);
        let digest = digest(&self.key, &input, (program, arguments, file));
        let target = resolution.options.target.unwrap_or_default().to_owned();
        let call = Call {
            resource: resource.uid.clone(),
            provisioner: resource.provisioner.file.clone(),
            in_project: true,
            command: self.words(program, arguments),
            environment: resolution.outside.allowed_names(&VARIABLES),
            timeout: TIMEOUT,
            input: input.to_string().into_bytes(),
        };
        let bytes = bytes(&call, (&target, &digest), resolution)?;
        let runs = resolution.options.commands == Commands::Run;
        let answer = read(self.tool, &bytes).map_err(|reason| {
            let message = format!("the output of the command is not an answer: {reason}");
            let found = Diagnostic::new(Code::ProvisionerCommandAnswer, message);
            resolution.report(Some(Box::new(found.at(resource.provisioner.span, ""))));
        });
        let CommandAnswer { answer, shared } = answer.ok()?;
        self.session.merge_shared(&shared);
        let result = runs.then(|| CommandResult {
            // It can have secrets, so it is only in the answer, which is sealed.
            value: Map::new(),
            target,
            answer: recorded(digest, &bytes),
            request: None,
        });
        Some((answer, result))
    }

    fn words(&self, program: &str, arguments: &[String]) -> Vec<String> {
        let mode = |word: &String| match (self.tool, word.as_str()) {
            (Tool::Kubernetes, "<mode>") => "provision".to_owned(),
            _ => word.clone(),
        };
        let program = std::iter::once(program.to_owned());
        program.chain(arguments.iter().map(mode)).collect()
    }
}

/// The output of a command, or its last one in a run that does not start commands.
fn bytes(
    call: &Call,
    (target, digest): (&str, &str),
    resolution: &mut Resolution<'_>,
) -> Option<Vec<u8>> {
    let resource = resolution.resource;
    let outside = resolution.outside;
    match resolution.options.commands {
        // Effects of commands cannot be undone, so none runs if the input has errors.
        Commands::Run if any_error(resolution.diagnostics) && !outside.is_repeated() => None,
        Commands::Run => match outside.run(call) {
            Answered::Bytes(bytes) => Some(bytes),
            Answered::Hidden => None,
            Answered::Failed(error) => {
                let span = resource.provisioner.span;
                let command = Command::of_list(span, &resource.provisioner.file, TIMEOUT);
                let found = failed(&error, &command, call);
                resolution.diagnostics.push(resource.mark(found));
                None
            }
        },
        Commands::Skip => None,
        Commands::Recall => recall(target, digest, resolution),
        Commands::Refuse => {
            resolution.diagnostics.push(refused(resolution));
            None
        }
    }
}

/// The answer in the state.
fn recall(target: &str, digest: &str, resolution: &mut Resolution<'_>) -> Option<Vec<u8>> {
    let resource = resolution.resource;
    let id = ProvisionerId::of(&resource.provisioner);
    let entry = resolution.options.state.of(&resource.uid, &id);
    let known = entry.and_then(|entry| entry.answers.get(target));
    if let Some(known) = known.filter(|it| it.is_about(digest))
        && let Earlier::Open(answer) = Earlier::of(known)?
    {
        return Some(answer.to_string().into_bytes());
    }
    let message = format!(
        "the answer of the command for `{}` is not known: it has not been run yet, or the last request, or the program, was different",
        resource.uid
    );
    let found = Diagnostic::new(Code::StateUnknownAnswer, message)
        .at(resource.span, "")
        .at(
            resource.provisioner.span,
            "the command, which is not started in this run",
        )
        .help(Hint::RememberAnswers);
    resolution.diagnostics.push(found);
    None
}

/// The answer of an earlier run.
pub(super) enum Earlier {
    /// In clear text.
    Open(Json),
    /// Sealed with another project key.
    Sealed,
}

impl Earlier {
    /// The answer in the state; absent if it is not one of a list.
    pub(super) fn of(recorded: &RecordedAnswer) -> Option<Self> {
        Some(match recorded.secrets.get(ANSWER)? {
            RecordedSecret::Open(value) => {
                Self::Open(serde_json::from_str(value.reveal()).unwrap_or_default())
            }
            RecordedSecret::Sealed(_) => Self::Sealed,
        })
    }
}

/// The answer of an earlier run for a resource and the target.
fn earlier(resolution: &Resolution<'_>) -> Option<Earlier> {
    let options = &resolution.options;
    let id = ProvisionerId::of(&resolution.resource.provisioner);
    let entry = options.state.of(&resolution.resource.uid, &id)?;
    Earlier::of(entry.answers.get(options.target?)?)
}

fn sealed(resolution: &Resolution<'_>) -> Diagnostic {
    let resource = resolution.resource;
    let message = format!(
        "the state of the command for `{}` is sealed with another project key",
        resource.uid
    );
    let mut found = Diagnostic::new(Code::StateUnknownAnswer, message).at(resource.span, "");
    found.severity = Severity::Error;
    found.help("use the key with which it was written; without its state, the command could create everything again")
}

/// The answer as it is kept in the state. Everything in it can be a secret, so all of it is sealed.
fn recorded(request: String, bytes: &[u8]) -> RecordedAnswer {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Json>();
    let answer = values.next().and_then(Result::ok).unwrap_or_default();
    RecordedAnswer {
        request,
        values: Map::new(),
        secrets: [(
            ANSWER.to_owned(),
            RecordedSecret::Open(SecretValue::new(answer.to_string())),
        )]
        .into(),
    }
}

/// The change of the shared state in a recorded answer.
pub(super) fn shared(recorded: &RecordedAnswer) -> Option<Map<String, Json>> {
    match Earlier::of(recorded)? {
        Earlier::Open(answer) => answer["shared_state"].as_object().cloned(),
        Earlier::Sealed => None,
    }
}

/// The digest of a request without the state, with that of the program if it is a file of the project. It depends on the key, because requests can have secrets that are easy to
/// guess.
fn digest(
    key: &ProjectKey,
    input: &Json,
    (program, arguments, file): (&str, &[String], Option<String>),
) -> String {
    let mut input = input.clone();
    if let Json::Object(fields) = &mut input {
        fields.shift_remove("resource_state");
        fields.shift_remove("shared_state");
    }
    let command = format!("{:?}", (program, arguments));
    let input = input.to_string();
    let mut parts = vec!["request", &command, &input];
    parts.extend(file.as_deref());
    let digest = key.seed(&parts);
    let mut text = String::with_capacity(64);
    for byte in digest {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn refused(resolution: &Resolution<'_>) -> Diagnostic {
    let resource = resolution.resource;
    let message = format!(
        "`{}` needs a command, but commands are disabled",
        resource.uid
    );
    Diagnostic::new(Code::ProvisionerCommandRefused, message)
        .at(resource.span, "")
        .at(resource.provisioner.span, "its provisioner is a command")
        .help(Hint::AllowCommands)
}
