//! External values of a pass: variables and answers of commands. All access to them goes through this
//! module, which can repeat the pass with a placeholder for each value. Files are not included, because
//! only the project writes them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use score_spec::{Map, Spanned};

use crate::input::{Call, NamePattern, Pass, RunError, World};
use crate::ir::ProjectKey;
use crate::ir::name::is_own_variable;

/// The minimum length of the value of a variable that is searched for in the output of a command.
const SHORTEST: usize = 3;

/// The world of one pass, and the values that the pass has used.
pub(crate) struct Outside<'a> {
    pub(crate) world: &'a dyn World,
    /// The environment variables that may be read.
    pub(crate) allowed: &'a [NamePattern],
    /// The values in the settings, which messages may show.
    variables: &'a Map<Spanned<String>>,
    /// The names of the variables that provisioners have asked for.
    asked: Mutex<BTreeSet<String>>,
    /// The answers of commands in all passes of a compilation.
    answers: &'a Answers,
    /// The pass that this one repeats with placeholder values, if any.
    before: Option<&'a Outside<'a>>,
    /// Whether the environment and the project key are not read.
    is_check: bool,
    /// Whether any external value has been used that no message may show.
    is_used: AtomicBool,
    /// The secrets that templates have had in clear text, with a placeholder for each.
    secrets: Mutex<Arc<BTreeMap<String, String>>>,
    /// The commands that have run, by the uid of the resource.
    ran: Mutex<BTreeMap<String, Ran>>,
}

/// The answers of all commands of a compilation, by the uid of the resource. Requests are not repeated,
/// however many targets are rendered.
#[derive(Debug, Default)]
pub(crate) struct Answers(Mutex<BTreeMap<String, Vec<Reply>>>);

/// A request with its answer.
type Reply = (Call, Result<Vec<u8>, RunError>);

impl Answers {
    /// Runs a command, unless the same request has been made before. Other threads wait meanwhile,
    /// because they may make the same request.
    fn run(&self, world: &dyn World, call: &Call) -> Result<Vec<u8>, RunError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(call.resource.clone()).or_default();
        if let Some((_, answer)) = known.iter().find(|(other, _)| other == call) {
            return answer.clone();
        }
        let answer = world.run(call);
        known.push((call.clone(), answer.clone()));
        answer
    }
}

/// A command that has run.
struct Ran {
    call: Call,
    answer: Result<Vec<u8>, RunError>,
    /// Whether the answer contains the value of a variable that was passed to the command.
    holds_variable: bool,
}

/// The state of a variable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    /// Its value.
    Value(String),
    /// Access is allowed, but it is not set.
    Unset,
    /// Access is allowed, but a check does not read it.
    Unread,
    /// Access is not allowed by the run or the project.
    Closed,
    /// It is a variable of score-rs itself, which cannot be read.
    Own,
}

/// The answer of a command.
pub(crate) enum Answered {
    /// Its standard output.
    Bytes(Vec<u8>),
    /// A failure with its reason.
    Failed(RunError),
    /// A failure that depends on external values.
    Hidden,
}

impl<'a> Outside<'a> {
    /// The world of a pass. Variables that match the patterns may be read, if they are not in the
    /// settings.
    pub(crate) fn new(
        world: &'a dyn World,
        (allowed, variables): (&'a [NamePattern], &'a Map<Spanned<String>>),
        answers: &'a Answers,
    ) -> Self {
        Self {
            world,
            allowed,
            variables,
            asked: Mutex::default(),
            answers,
            before: None,
            is_check: false,
            is_used: AtomicBool::new(false),
            secrets: Mutex::default(),
            ran: Mutex::default(),
        }
    }

    /// The same for a check, which reads neither the environment nor the project key.
    #[must_use]
    pub(crate) fn for_check(self) -> Self {
        Self {
            is_check: true,
            ..self
        }
    }

    /// Whether the pass belongs to a check.
    pub(crate) fn is_check(&self) -> bool {
        self.is_check
    }

    /// The project key, for checksums of external secrets.
    pub(crate) fn key(&self) -> Option<ProjectKey> {
        if self.is_check {
            None
        } else {
            self.world.key()
        }
    }

    /// The world for repeating the same pass with a placeholder for each value. No command runs a
    /// second time.
    pub(crate) fn with_stand_ins(&'a self) -> Self {
        Self {
            before: Some(self),
            is_check: self.is_check,
            ..Self::new(self.world, (self.allowed, self.variables), self.answers)
        }
    }

    /// Whether this repeats a pass with placeholder values.
    pub(crate) fn is_repeated(&self) -> bool {
        self.before.is_some()
    }

    /// Whether any external value has been used that no message may show.
    pub(crate) fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    /// Records secrets that templates have had in clear text, and could have transformed in messages. A check has no
    /// project key, and therefore no secrets.
    pub(crate) fn hide<'b>(&self, secrets: impl Iterator<Item = &'b str>) {
        if self.is_check || self.is_repeated() {
            return;
        }
        let secrets = secrets.map(|secret| (secret.to_owned(), stand_in_of_secret(secret)));
        let mut hidden = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        *hidden = Arc::new(secrets.collect());
    }

    /// The placeholders for secrets in a repeated pass; empty in the first one.
    pub(crate) fn stand_ins(&self) -> Arc<BTreeMap<String, String>> {
        let Some(before) = self.before else {
            return Arc::default();
        };
        let hidden = before.secrets.lock();
        Arc::clone(&hidden.unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether templates have had secrets in clear text.
    pub(crate) fn has_secrets(&self) -> bool {
        let hidden = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        !hidden.is_empty()
    }

    /// Records that a provisioner asks for a variable.
    pub(crate) fn ask(&self, name: &str) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !asked.contains(name) {
            asked.insert(name.to_owned());
        }
    }

    /// The names of the variables that provisioners have asked for.
    pub(crate) fn asked(&self) -> BTreeSet<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }

    /// The value of a variable in the settings, unless the run sets another one.
    pub(crate) fn setting(&self, name: &str) -> Option<&'a str> {
        let setting = self.variables.get(name)?;
        let is_set = self.world.variable(name).is_some();
        (!is_set).then_some(setting.value.as_str())
    }

    /// The state of a variable.
    pub(crate) fn variable(&self, name: &str) -> Variable {
        if is_own_variable(name) {
            return Variable::Own;
        }
        if let Some(value) = self.setting(name) {
            return Variable::Value(value.to_owned());
        }
        let mut patterns = self.allowed.iter();
        let value = match self.world.variable(name) {
            Some(value) => value,
            None if !patterns.any(|pattern| pattern.allows(name)) => return Variable::Closed,
            None if self.is_check => return Variable::Unread,
            None => match self.world.environment(name) {
                Some(value) => value,
                None => return Variable::Unset,
            },
        };
        self.is_used.store(true, Ordering::Relaxed);
        Variable::Value(match self.before {
            Some(_) => stand_in(name),
            None => value,
        })
    }

    /// These names, and all others that are allowed by their name.
    pub(crate) fn allowed_names(&self, names: &[&str]) -> Vec<String> {
        let allowed = self.allowed.iter().filter_map(NamePattern::name);
        let mut names: Vec<String> = names.iter().copied().map(str::to_owned).collect();
        names.extend(allowed.map(str::to_owned));
        names.sort();
        names.dedup();
        names
    }

    /// The answer of a command.
    pub(crate) fn run(&self, call: &Call) -> Answered {
        if let Some(before) = self.before {
            return before.answer_again(call);
        }
        let mut answer = self.answers.run(self.world, call);
        let variables = self.passed_variables(call);
        let mut holds_variable = false;
        match &mut answer {
            Ok(bytes) => holds_variable = holds(bytes, &variables),
            Err(RunError::Failed { stderr, .. } | RunError::TimedOut { stderr }) => {
                for (name, value) in &variables {
                    if stderr.contains(value) {
                        *stderr = stderr.replace(value, &format!("[{}]", stand_in(name)));
                    }
                }
            }
            Err(RunError::NotStarted(_) | RunError::NotVerified(_) | RunError::TooLarge(_)) => {}
        }
        if holds_variable {
            self.is_used.store(true, Ordering::Relaxed);
        }
        let ran = Ran {
            call: call.clone(),
            answer: answer.clone(),
            holds_variable,
        };
        let mut all = self.ran.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(call.resource.clone(), ran);
        match answer {
            Ok(bytes) => Answered::Bytes(bytes),
            Err(error) => Answered::Failed(error),
        }
    }

    /// Whether the answer of a command in an earlier run may be used. A command with variables may
    /// have returned their values.
    pub(crate) fn recall(&self, environment: &[String]) -> bool {
        if environment.is_empty() {
            return true;
        }
        self.is_used.store(true, Ordering::Relaxed);
        self.before.is_none()
    }

    /// The previous answer of a command, if it shows no external value. A command whose request
    /// contains placeholder values may have returned the actual values.
    fn answer_again(&self, call: &Call) -> Answered {
        let all = self.ran.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ran) = all.get(&call.resource) else {
            return Answered::Hidden;
        };
        let is_same = ran.call == *call;
        match &ran.answer {
            Ok(bytes) if is_same && !ran.holds_variable => Answered::Bytes(bytes.clone()),
            Ok(_) => Answered::Hidden,
            Err(error) if is_same => Answered::Failed(error.clone()),
            Err(error) => Answered::Failed(without_output(error)),
        }
    }

    /// The variables that are passed to a command, the longest values first, in case one contains
    /// another.
    fn passed_variables<'b>(&self, call: &'b Call) -> Vec<(&'b str, String)> {
        let names = call.environment.iter().map(String::as_str);
        let mut variables: Vec<_> = names
            .filter_map(|name| Some((name, self.world.environment(name)?)))
            .filter(|(_, value)| value.len() >= SHORTEST)
            .collect();
        variables.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        variables
    }

    /// Records the start of a pass.
    pub(crate) fn begin(&self, pass: Pass, things: usize) {
        if self.before.is_none() {
            self.world.begin(pass, things);
        }
    }

    /// Records progress of a pass.
    pub(crate) fn advance(&self) {
        if self.before.is_none() {
            self.world.advance();
        }
    }
}

/// The replacement of the value of a variable in messages.
fn stand_in(name: &str) -> String {
    format!("value of {name}")
}

/// The replacement of a secret in messages: of the same length, because templates cut and compare strings.
fn stand_in_of_secret(secret: &str) -> String {
    let is_number = secret.bytes().all(|byte| byte.is_ascii_digit());
    let filler = if is_number { "0" } else { "x" };
    filler.repeat(secret.chars().count())
}

/// The same error without the output of the command.
fn without_output(error: &RunError) -> RunError {
    match error {
        RunError::Failed { status, .. } => RunError::Failed {
            status: status.clone(),
            stderr: String::new(),
        },
        RunError::TimedOut { .. } => RunError::TimedOut {
            stderr: String::new(),
        },
        RunError::NotStarted(_) | RunError::NotVerified(_) | RunError::TooLarge(_) => error.clone(),
    }
}

/// Whether an answer contains one of the values, unchanged or as JSON.
fn holds(answer: &[u8], variables: &[(&str, String)]) -> bool {
    let answer = String::from_utf8_lossy(answer);
    variables.iter().any(|(_, value)| {
        let quoted = serde_json::Value::from(value.as_str()).to_string();
        answer.contains(value) || answer.contains(&quoted[1..quoted.len() - 1])
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use score_spec::{Map, SourceId, Sources, Span, Spanned};

    use super::{Answered, Answers, Outside, Variable};
    use crate::input::{Call, Memory, NamePattern};

    fn settings(values: &[(&str, &str)]) -> Map<Spanned<String>> {
        let id: SourceId = Sources::new().add("score-rs.yaml", "");
        let values = values.iter();
        let values = values.map(|&(name, value)| {
            let value = Spanned::new(value.to_owned(), Span::new(id, 0, 0));
            (name.to_owned(), value)
        });
        values.collect()
    }

    #[test]
    fn variables_are_read_where_that_is_allowed() {
        let world = Memory::new()
            .with_variable("GIVEN", "given")
            .with_variable("SCORE_RS_KEY", "key")
            .with_environment("GIVEN", "of the process")
            .with_environment("OPEN_A", "a")
            .with_environment("OPEN_C", "of the process")
            .with_environment("CLOSED", "c")
            .with_environment("SCORE_RS_KEY", "key")
            .with_environment("score_rs_key", "key");
        let allowed: [NamePattern; 2] = ["OPEN_*", "S*"].map(|name| name.parse().unwrap());
        let answers = Answers::default();
        let variables = settings(&[("GIVEN", "overridden"), ("SET", "s"), ("OPEN_C", "c")]);
        let outside = Outside::new(&world, (&allowed, &variables), &answers);
        for (name, expected) in [
            ("CLOSED", Variable::Closed),
            ("OPEN_B", Variable::Unset),
            ("SCORE_RS_KEY", Variable::Own),
            ("score_rs_key", Variable::Own),
        ] {
            assert_eq!(outside.variable(name), expected, "{name}");
        }
        let value = |text: &str| Variable::Value(text.to_owned());
        // Settings take precedence over the environment, and are no external values.
        assert_eq!(outside.variable("SET"), value("s"));
        assert_eq!(outside.variable("OPEN_C"), value("c"));
        assert_eq!(outside.with_stand_ins().variable("SET"), value("s"));
        assert!(!outside.is_used());
        assert_eq!(outside.variable("GIVEN"), value("given"));
        assert!(outside.is_used());
        assert_eq!(outside.variable("OPEN_A"), value("a"));
        let again = outside.with_stand_ins();
        assert_eq!(again.variable("GIVEN"), value("value of GIVEN"));
        assert_eq!(again.variable("OPEN_A"), value("value of OPEN_A"));
        assert_eq!(again.variable("CLOSED"), Variable::Closed);
        let check = Outside::new(&world, (&allowed, &variables), &answers).for_check();
        assert_eq!(check.variable("GIVEN"), value("given"));
        assert_eq!(check.variable("OPEN_A"), Variable::Unread);
        assert_eq!(check.variable("CLOSED"), Variable::Closed);
    }

    #[test]
    fn answers_are_used_again_unless_they_depend_on_values() {
        let world = Memory::new()
            .with_command(&["tool"], "fine")
            .with_command(&["tool", "secret"], "secret")
            .with_command(&["print"], r#"{"a": "x \"token\" y"}"#)
            .with_environment("TOKEN", "\"token\"");
        let answers = Answers::default();
        let variables = Map::default();
        let outside = Outside::new(&world, (&[], &variables), &answers);
        let call = |resource: &str, words: &[&str]| Call {
            resource: resource.to_owned(),
            provisioner: String::new(),
            command: words.iter().map(|&word| word.to_owned()).collect(),
            in_project: false,
            environment: vec!["TOKEN".to_owned()],
            timeout: Duration::from_secs(1),
            input: Vec::new(),
        };
        for (resource, words) in [
            ("a", &["tool"][..]),
            ("b", &["tool", "secret"]),
            ("c", &["print"]),
        ] {
            let answered = outside.run(&call(resource, words));
            assert!(matches!(answered, Answered::Bytes(_)), "{resource}");
        }
        let again = outside.with_stand_ins();
        for (resource, words, is_shown) in [
            ("a", &["tool"][..], true),
            // Its request is different, it prints a variable, and it has never run.
            ("b", &["tool", "value of TOKEN"], false),
            ("c", &["print"], false),
            ("d", &["tool"], false),
        ] {
            let shown = match again.run(&call(resource, words)) {
                Answered::Bytes(_) => true,
                Answered::Hidden => false,
                Answered::Failed(error) => panic!("{resource}: {error:?}"),
            };
            assert_eq!(shown, is_shown, "{resource}");
        }
    }
}
