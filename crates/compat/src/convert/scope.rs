//! The names that the templates of a provisioner can use, and what they are in native expressions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use score_gotemplate::outline::Expression;

use super::pattern::{Form, Level, Origin, Pattern, Reason, Segment, Term, is_identifier, quoted};
use crate::list::{Part, Tool};

/// How a param is used.
#[derive(Debug, Default, Clone)]
pub(super) struct Param {
    /// Whether it can be a list or a map.
    pub(super) is_structured: bool,
    /// Whether an expression uses it as a number.
    pub(super) is_number: bool,
    /// Whether an expression needs it.
    pub(super) is_needed: bool,
}

/// The values that the templates of a provisioner have given so far.
pub(super) struct Scope {
    pub(super) tool: Option<Tool>,
    /// The part whose template is converted.
    pub(super) part: Part,
    /// The key whose value is converted, for the names of secrets.
    pub(super) key: String,
    pub(super) params: BTreeMap<String, Param>,
    /// The values of `init` and `state`, by path. A failure is a value that was not converted.
    pub(super) values: BTreeMap<(Part, Vec<String>), Result<Pattern, Reason>>,
    /// The values of variables that are set once.
    pub(super) variables: BTreeMap<u32, Option<Expression>>,
    /// Whether the value is that of the last run, if there was one.
    pub(super) keeps: bool,
    /// Whether the value is a message, which does not have to be exact.
    is_message: bool,
    /// The names of native values that hide functions and other names.
    pub(super) hidden: BTreeSet<String>,
    /// The depth of the expression that is converted.
    pub(super) depth: usize,
    /// Labels of names, by the string that they replace.
    names: BTreeMap<String, String>,
    /// The number of calls that can still be converted.
    pub(super) work: usize,
    /// The labels of names.
    labels: BTreeSet<String>,
    /// The number of actions that can still be converted.
    pub(super) budget: usize,
    /// Labels of secrets that are taken.
    secrets: BTreeSet<String>,
}

/// The maximum number of actions of a provisioner.
const MAX_ACTIONS: usize = 2_000;

/// The maximum number of expressions and arguments of a provisioner.
const MAX_CALLS: usize = 100_000;

/// The names that native values would hide.
pub(super) const RESERVED: [&str; 17] = [
    "chart",
    "class",
    "environment",
    "id",
    "index",
    "item",
    "metadata",
    "namespace",
    "output",
    "params",
    "project",
    "resources",
    "resource_name",
    "run",
    "type",
    "uid",
    "workload_name",
];

impl Scope {
    pub(super) fn new(tool: Option<Tool>) -> Self {
        Self {
            tool,
            part: Part::Init,
            key: String::new(),
            params: BTreeMap::new(),
            values: BTreeMap::new(),
            variables: BTreeMap::new(),
            keeps: false,
            is_message: false,
            hidden: BTreeSet::new(),
            depth: 0,
            names: BTreeMap::new(),
            labels: BTreeSet::new(),
            budget: MAX_ACTIONS,
            work: MAX_CALLS,
            secrets: BTreeSet::new(),
        }
    }

    /// A field of the data.
    pub(super) fn field(&mut self, path: &[String]) -> Result<Pattern, Reason> {
        let Some((first, rest)) = path.split_first() else {
            return Err("the data as a whole has no equivalent".to_owned());
        };
        let plain = |name: &str, form: Form| -> Result<Pattern, Reason> {
            if rest.is_empty() {
                Ok(Term::atom(name, form).into())
            } else {
                Err(format!("`.{first}` is not a map"))
            }
        };
        let name = match first.as_str() {
            "Params" => return self.param(rest),
            "Init" => return self.value(Part::Init, rest),
            "State" if self.is_before() => {
                return Err("the state of the last run is not kept".to_owned());
            }
            "State" => return self.value(Part::State, rest),
            "Shared" => return Err(shared()),
            "Metadata" => return metadata(rest, None),
            "WorkloadMetadata" => return workload_metadata(rest, None),
            "Guid" if rest.is_empty() => {
                let mut term = Term::atom("uid", Form::Text);
                term.origin = Origin::Guid;
                return Ok(term.into());
            }
            "Id" => "id",
            "Uid" => "uid",
            "Type" => "type",
            "Class" => "class",
            "SourceWorkload" => "workload_name",
            "Namespace" => "namespace",
            "ComposeProjectName" => "project",
            "MountsDirectory" => {
                return Err(
                    "mounted files have no equivalent here: use `files` of a component".to_owned(),
                );
            }
            other => return Err(format!("`.{other}` has no equivalent as a whole")),
        };
        if self.hidden.contains(name) {
            return Err(format!("the output `{name}` hides the name `{name}`"));
        }
        plain(name, Form::Text)
    }

    /// A value with variables replaced by theirs.
    pub(super) fn replaced(&self, expression: &Expression) -> Expression {
        let Expression::Variable(number, path) = expression else {
            return expression.clone();
        };
        match (number, self.variables.get(number)) {
            (0, _) => Expression::Field(path.clone()),
            (_, Some(Some(value))) => match (self.replaced(value), path.is_empty()) {
                (value, true) => value,
                (Expression::Field(fields), false) => {
                    Expression::Field([fields, path.clone()].concat())
                }
                (value, false) => Expression::Of(Box::new(value), path.clone()),
            },
            _ => expression.clone(),
        }
    }

    /// Whether a value is the service of a workload or one of its ports.
    pub(super) fn is_service(&self, expression: &Expression) -> bool {
        let Expression::Call(name, arguments) = self.replaced(expression) else {
            return false;
        };
        let (true, Some(map)) = (name == "index" && arguments.len() == 2, arguments.first()) else {
            return false;
        };
        match self.replaced(map) {
            Expression::Field(path) => path == ["WorkloadServices"],
            Expression::Of(inner, path) => path == ["Ports"] && self.is_service(&inner),
            _ => false,
        }
    }

    /// Whether a condition holds if a workload or port does not exist.
    pub(super) fn is_missing_service(&mut self, condition: &Expression) -> bool {
        let Expression::Call(name, arguments) = condition else {
            return false;
        };
        let [value] = arguments.as_slice() else {
            return false;
        };
        let is_host = |it: &Pattern| it.has(Form::Reference);
        name == "not" && (self.is_service(value) || self.pattern(value).as_ref().is_ok_and(is_host))
    }

    /// Whether a value is the one of the last run under the same key, if there was one.
    pub(super) fn is_kept(&self, expression: &Expression) -> bool {
        let Expression::Call(name, arguments) = expression else {
            return false;
        };
        let is_own = |key: &Expression| matches!(key, Expression::String(key) if *key == self.key);
        match (name.as_str(), arguments.as_slice()) {
            ("quote" | "squote" | "toString", [inner]) => self.is_kept(inner),
            ("dig", [.., key, _, Expression::Field(path)]) => path[..] == ["State"] && is_own(key),
            ("default", [_, Expression::Field(path)]) => match path.as_slice() {
                [first, .., last] => first == "State" && *last == self.key,
                _ => false,
            },
            _ => false,
        }
    }

    /// A message, which does not have to be exact.
    pub(super) fn message(&mut self, expression: &Expression) -> Result<Term, Reason> {
        self.is_message = true;
        let message = self.term(expression);
        self.is_message = false;
        message
    }

    pub(super) fn is_message(&self) -> bool {
        self.is_message
    }

    /// Whether `.State` is that of the last run.
    pub(super) fn is_before(&self) -> bool {
        matches!(self.part, Part::Init | Part::State)
    }

    fn param(&mut self, path: &[String]) -> Result<Pattern, Reason> {
        let Some((name, rest)) = path.split_first() else {
            return Err("all params as a map have no equivalent".to_owned());
        };
        let param = self.params.entry(name.clone()).or_default();
        param.is_needed = true;
        param.is_structured |= !rest.is_empty();
        Ok(chain("params", path, Form::Param).into())
    }

    /// Marks the param of an expression as one that can be a list or a map.
    pub(super) fn structured(&mut self, expression: &Expression) {
        if let Some(param) = self.param_of(expression) {
            param.is_structured = true;
        }
    }

    /// Marks the param of an expression as a number.
    pub(super) fn numeric(&mut self, expression: &Expression) {
        let expression = self.replaced(expression);
        if let Some(param) = self.param_of(&expression) {
            param.is_number = true;
        }
    }

    /// The param that an expression reads.
    fn param_of(&mut self, expression: &Expression) -> Option<&mut Param> {
        match expression {
            Expression::Field(path) => match path.as_slice() {
                [first, name, ..] if first == "Params" => {
                    Some(self.params.entry(name.clone()).or_default())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Marks the param of an expression as one that can be absent.
    pub(super) fn optional(&mut self, expression: &Expression, before: Option<bool>) {
        if let Expression::Field(path) = expression
            && let [first, name] = path.as_slice()
            && first == "Params"
        {
            let param = self.params.entry(name.clone()).or_default();
            param.is_needed = before.unwrap_or_default();
        }
    }

    pub(super) fn is_needed(&self, expression: &Expression) -> Option<bool> {
        match expression {
            Expression::Field(path) => self.params.get(path.get(1)?).map(|it| it.is_needed),
            _ => None,
        }
    }

    pub(super) fn value(&self, part: Part, path: &[String]) -> Result<Pattern, Reason> {
        match self.values.get(&(part, path.to_vec())) {
            Some(Ok(pattern)) => Ok(pattern.clone()),
            Some(Err(_)) => Err(format!(
                "it uses `{}` of `{}`, which is not converted",
                path.join("."),
                part.key()
            )),
            None => Err(format!(
                "`{}` does not set `{}` in a way that can be converted",
                part.key(),
                path.join(".")
            )),
        }
    }

    /// A secret with a label of its own.
    pub(super) fn random(&mut self, (length, known): (&str, i64), alphabet: Option<&str>) -> Term {
        let mut label = label(&self.key);
        label.retain(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if label.is_empty() {
            "secret".clone_into(&mut label);
        }
        let mut number = 1;
        let mut unique = label.clone();
        while !self.secrets.insert(unique.clone()) {
            number += 1;
            unique = format!("{label}-{number}");
        }
        let alphabet = alphabet.map_or_else(String::new, |it| format!(", alphabet='{it}'"));
        let text = format!("secret('{unique}', length={length}{alphabet})");
        let mut term = Term::atom(text, Form::Secret);
        term.origin = Origin::Random(known);
        term
    }

    /// The finished value of a scalar, in which strings with a GUID or a short random part are names.
    pub(super) fn finished(
        &mut self,
        mut pattern: Pattern,
        max: Option<i64>,
    ) -> Result<Pattern, Reason> {
        let rest = match pattern.segments.as_slice() {
            [_, .., Segment::Text(text)] if text.starts_with(['.', '-', ':', '/']) => {
                pattern.segments.pop()
            }
            _ => None,
        };
        if self.is_name(&pattern) {
            pattern = self.name(&pattern, max).into();
        } else if pattern.terms().any(|term| term.origin == Origin::Guid) {
            return Err(
                "the GUID of a resource has no equivalent: `uid` identifies it, and `name()` is unique"
                    .to_owned(),
            );
        }
        pattern.segments.extend(rest);
        Ok(pattern)
    }

    /// A name in place of a string with a part that makes it unique.
    fn name(&mut self, pattern: &Pattern, max: Option<i64>) -> Term {
        let first = match pattern.segments.first() {
            Some(Segment::Text(text)) => text.clone(),
            _ => label(&self.key),
        };
        let lower = first.to_ascii_lowercase();
        let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|it| !it.is_empty()).collect();
        let mut base = words.join("-");
        base.truncate(20);
        let base = match base.trim_matches('-') {
            "" => "name",
            base => base,
        };
        let identity = pattern.written();
        let label = if let Some(label) = self.names.get(&identity) {
            label.clone()
        } else {
            let (mut label, mut number) = (base.to_owned(), 1);
            while !self.labels.insert(label.clone()) {
                number += 1;
                label = format!("{base}-{number}");
            }
            self.names.insert(identity, label.clone());
            label
        };
        let max = max.filter(|it| (10..52).contains(it));
        let max = max.map_or_else(String::new, |max| format!(", max={max}"));
        let term = Term::atom(format!("name('{label}'{max})"), Form::Text);
        if first.contains('_') {
            return term.filtered("replace('-', '_')", Form::Text);
        }
        term
    }

    fn is_name(&self, pattern: &Pattern) -> bool {
        let key = self.key.to_ascii_lowercase();
        let is_secret = [
            "pass",
            "secret",
            "token",
            "key",
            "cookie",
            "credential",
            "root",
        ]
        .iter()
        .any(|word| key.contains(word));
        let [first, .., last] = pattern.segments.as_slice() else {
            return false;
        };
        let is_prefixed = match first {
            Segment::Text(text) => text.ends_with(['-', '_']) || pattern.segments.len() > 2,
            Segment::Value(term) => !term.form.is_reference(),
        };
        let is_unique = match last {
            Segment::Value(term) => match term.origin {
                Origin::Guid => true,
                Origin::Random(length) => length <= 10 && !is_secret,
                Origin::Plain => false,
            },
            Segment::Text(_) => false,
        };
        let rest = &pattern.segments[..pattern.segments.len() - 1];
        let is_plain = rest.iter().all(|it| match it {
            Segment::Text(text) => {
                let in_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
                text.chars().all(in_name)
            }
            Segment::Value(term) => term.origin == Origin::Plain && term.form == Form::Text,
        });
        is_prefixed && is_unique && is_plain
    }
}

/// A key without the word that says that its value is new.
fn label(key: &str) -> String {
    for prefix in ["new", "random", "rand", "fresh"] {
        let rest = key.strip_prefix(prefix);
        if let Some(rest) = rest.filter(|it| it.starts_with(|c: char| c.is_ascii_uppercase())) {
            return rest[..1].to_ascii_lowercase() + &rest[1..];
        }
    }
    key.to_owned()
}

pub(super) fn shared() -> Reason {
    "state that resources share needs a resource of its own, which others require with a fixed `id`"
        .to_owned()
}

/// An annotation of the resource.
pub(super) fn metadata(path: &[String], default: Option<&Term>) -> Result<Pattern, Reason> {
    if let [first, name] = path
        && first == "annotations"
    {
        let term = Term::atom(format!("annotation({})", quoted(name)), Form::Any);
        let default = default.map_or_else(|| "''".to_owned(), |it| it.text.clone());
        return Ok(term
            .filtered(&format!("default({default}, true)"), Form::Text)
            .into());
    }
    Err("of the metadata, only annotations have an equivalent: `annotation(NAME)`".to_owned())
}

/// An annotation of the workload.
pub(super) fn workload_metadata(
    path: &[String],
    default: Option<&Term>,
) -> Result<Pattern, Reason> {
    if let [first, name] = path
        && first == "annotations"
    {
        let term = chain(
            "workload.annotations",
            std::slice::from_ref(name),
            Form::Any,
        );
        let default = default.map_or_else(|| "''".to_owned(), |it| it.text.clone());
        return Ok(term
            .filtered(&format!("default({default})"), Form::Text)
            .into());
    }
    Err("of the metadata of workloads, only annotations have an equivalent".to_owned())
}

/// Fields of a value.
pub(super) fn chain(base: &str, path: &[String], form: Form) -> Term {
    let mut text = base.to_owned();
    for name in path {
        if is_identifier(name) {
            text.push('.');
            text += name;
        } else {
            let _ = write!(text, "[{}]", quoted(name));
        }
    }
    Term::new(text, Level::Atom, form)
}
