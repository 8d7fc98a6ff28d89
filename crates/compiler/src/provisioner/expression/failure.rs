//! The diagnostics about expressions that cannot be evaluated.

use minijinja::value::ValueKind;
use minijinja::{ErrorKind, Expression};
use score_spec::diagnostic::nearest;
use score_spec::{Code, Diagnostic, Span};

use super::fragment::{INDEX, ITEM};
use super::{Blame, CALLED, Failure, Scope};

/// The maximum number of keys of a map that are compared with a wrong one.
const MOST_KEYS: usize = 100;

/// The name of the workload that uses a resource, and the help where it is not available.
const WORKLOAD: &str = "workload";
const ONLY_FOR_PLATFORMS: &str = "`workload` can be used in `patches`, `kubernetes` and `compose`, and in `values` that only these use; \
 `workload(name)` is a workload by its name";

/// The names that expressions can use in addition to the values above them. Not every scope has all
/// of them.
const NAMES: [&str; 18] = [
    WORKLOAD,
    "item",
    "index",
    "params",
    "resources",
    "metadata",
    "uid",
    "type",
    "class",
    "id",
    "workload_name",
    "resource_name",
    "environment",
    "project",
    "namespace",
    "routes_port",
    "run",
    "chart",
];

/// The names that an expression can use, for help texts.
fn known_names(scope: &Scope) -> String {
    let quoted = |names: Vec<&str>| {
        let names = names.into_iter().map(|name| format!("`{name}`"));
        names.collect::<Vec<_>>().join(", ")
    };
    let names = NAMES.into_iter();
    let names = names
        .filter(|name| scope.names.get(name).is_some())
        .collect();
    let functions = scope.names.all().into_iter();
    let functions: Vec<&str> = functions
        .filter_map(|name| name.strip_prefix(CALLED))
        .collect();
    let mut help = format!("available names: {}, the values above it", quoted(names));
    if !functions.is_empty() {
        help.push_str(", and the functions ");
        help.push_str(&quoted(functions));
    }
    help
}

/// A name in an expression that is neither a value nor a function, if that is the only one and can be
/// the reason for the problem.
fn unknown_name(
    error: &minijinja::Error,
    expression: &Expression<'static, 'static>,
    scope: &Scope,
) -> Option<String> {
    let is_name = matches!(
        error.kind(),
        ErrorKind::UndefinedError | ErrorKind::UnknownFunction
    );
    let mut names = expression.undeclared_variables(false).into_iter();
    let mut unknown = names
        .by_ref()
        .filter(|name| scope.names.get(name).is_none());
    let name = unknown.next().filter(|_| is_name)?;
    unknown.next().is_none().then_some(name)
}

/// The help for a name that is not defined, or for a path such as `params.siz`.
pub(super) fn similar_name(path: &str, scope: &Scope) -> Option<String> {
    let root = path.split('.').next().unwrap_or_default();
    if [ITEM, INDEX].contains(&root) && scope.names.get(root).is_none() {
        return Some(format!("`{root}` is known only in a map with `$each`"));
    }
    let Some((parent, name)) = path.rsplit_once('.') else {
        let known = scope.names.all().into_iter();
        let known = known.map(|known| known.strip_prefix(CALLED).unwrap_or(known));
        return nearest(path, known).map(|meant| format!("did you mean `{meant}`?"));
    };
    let mut steps = parent.split('.');
    let mut map = scope.names.get(steps.next()?)?.clone();
    for step in steps {
        map = map.get_attr(step).ok()?;
    }
    let keys = map
        .try_iter()
        .ok()
        .filter(|_| map.kind() == ValueKind::Map)?;
    let keys: Vec<String> = keys.take(MOST_KEYS).map(|key| key.to_string()).collect();
    let meant = nearest(name, keys.iter().map(String::as_str))?;
    Some(format!("did you mean `{parent}.{meant}`?"))
}

/// The problem of an evaluation.
pub(super) fn evaluation(
    error: &minijinja::Error,
    expression: &Expression<'static, 'static>,
    span: Span,
    scope: &Scope,
) -> Failure {
    let Some(name) = unknown_name(error, expression, scope) else {
        return failure(error, span, Some(scope));
    };
    let function = name.strip_prefix(CALLED);
    let message = match function {
        Some(function) => format!("the function `{function}` is not available here"),
        None => format!("the expression uses the unknown name `{name}`"),
    };
    let found = Diagnostic::new(Code::ProvisionerExpression, message).at(span, "");
    if name == WORKLOAD {
        return Some(Box::new(found.help(ONLY_FOR_PLATFORMS)));
    }
    let help = similar_name(function.unwrap_or(&name), scope).unwrap_or_else(|| known_names(scope));
    Some(Box::new(found.help(help)))
}

/// The problem, without the values that an expression has used.
pub(super) fn failure(error: &minijinja::Error, span: Span, scope: Option<&Scope>) -> Failure {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(blame) = cause.downcast_ref::<Blame>() {
            let found = blame.0.clone()?;
            return Some(match found.code {
                Code::ProvisionerExpression => Box::new(found.at(span, "")),
                _ => found,
            });
        }
        source = cause.source();
    }
    let detail = match error.detail() {
        // After this, the engine writes both numbers.
        Some(detail) if detail.starts_with("unable to calculate") => {
            ": a calculation without a result".to_owned()
        }
        Some(detail) => format!(": {}", detail.replace(CALLED, "")),
        None => String::new(),
    };
    let message = format!(
        "the expression cannot be evaluated: {}{detail}",
        error.kind()
    );
    let diagnostic = Diagnostic::new(Code::ProvisionerExpression, message).at(span, "");
    Some(Box::new(match scope {
        Some(scope) => diagnostic.help(known_names(scope)),
        None => diagnostic
            .help("write a Jinja expression, such as `{{ params.size | default('1Gi') }}`"),
    }))
}
