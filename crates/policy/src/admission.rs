//! Rules as objects with which the API server of Kubernetes judges what is applied to a cluster.

use std::sync::Arc;

use score_spec::{Map, Value};

use crate::condition::Condition;
use crate::expression::{Expression, Guarded, quoted};
use crate::rule::{Check, Level, Rule};
use crate::rule_set::{Judged, RuleSet};
use crate::subject::{On, PARAMS, Variable};

#[cfg(test)]
mod tests;

const API_VERSION: &str = "admissionregistration.k8s.io/v1";

/// The pod template of an object that has one, or the object.
const POD: &str = "object.kind == 'Pod' ? object : object.kind == 'CronJob' ? \
                   object.spec.jobTemplate.spec.template : object.spec.template";

/// The kinds with pod templates, as groups with their resources.
const PODS: [(&str, &[&str]); 3] = [
    ("", &["pods", "pods/ephemeralcontainers"]),
    (
        "apps",
        &["daemonsets", "deployments", "replicasets", "statefulsets"],
    ),
    ("batch", &["cronjobs", "jobs"]),
];

/// Kinds with the names of their resources. Groups are left out, because the same kind can exist in several: a rule on
/// `Gateway` is about those of the Gateway API as well as about those of Istio.
const KINDS: [(&str, &str); 25] = [
    ("ClusterRole", "clusterroles"),
    ("ClusterRoleBinding", "clusterrolebindings"),
    ("ConfigMap", "configmaps"),
    ("CronJob", "cronjobs"),
    ("DaemonSet", "daemonsets"),
    ("Deployment", "deployments"),
    ("GRPCRoute", "grpcroutes"),
    ("Gateway", "gateways"),
    ("HTTPRoute", "httproutes"),
    ("HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    ("Ingress", "ingresses"),
    ("Job", "jobs"),
    ("Namespace", "namespaces"),
    ("NetworkPolicy", "networkpolicies"),
    ("PersistentVolumeClaim", "persistentvolumeclaims"),
    ("Pod", "pods"),
    ("PodDisruptionBudget", "poddisruptionbudgets"),
    ("Role", "roles"),
    ("RoleBinding", "rolebindings"),
    ("Secret", "secrets"),
    ("Service", "services"),
    ("ServiceAccount", "serviceaccounts"),
    ("StatefulSet", "statefulsets"),
    ("TCPRoute", "tcproutes"),
    ("TLSRoute", "tlsroutes"),
];

/// Resources that the cluster itself writes all the time, and requests that are not stored.
const NOT_APPLIED: [(&str, &[&str]); 6] = [
    ("", &["endpoints", "events"]),
    ("authentication.k8s.io", &["*"]),
    ("authorization.k8s.io", &["*"]),
    ("coordination.k8s.io", &["leases"]),
    ("discovery.k8s.io", &["endpointslices"]),
    ("events.k8s.io", &["events"]),
];

/// The place for which policies are exported.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cluster<'a> {
    /// The environment: its name and its type.
    pub environment: Option<(&'a str, Option<&'a str>)>,
    /// The namespace to which the policies are limited.
    pub namespace: Option<&'a str>,
}

/// A rule that the API server cannot judge as score-rs does.
#[derive(Debug)]
#[non_exhaustive]
pub struct Loss {
    /// The rule.
    pub rule: Arc<Rule>,
    /// The reason.
    pub reason: String,
    /// Whether the rule is exported nevertheless.
    pub is_exported: bool,
}

/// The policies and bindings for the rules of a set on pods and objects, in the order of the rules, and the losses.
pub fn admission_policies(rules: &RuleSet, cluster: Cluster<'_>) -> (Vec<Value>, Vec<Loss>) {
    let (mut objects, mut losses) = (Vec::new(), Vec::new());
    for judged in &rules.judged {
        let mut lose = |reason: String, is_exported| {
            losses.push(Loss {
                rule: judged.rule.clone(),
                reason,
                is_exported,
            });
        };
        match exported(judged, cluster) {
            Ok((policy, is_complete)) => {
                if !is_complete {
                    let reason =
                        "a field that `when` reads can be missing, and then the object is rejected";
                    lose(reason.to_owned(), true);
                }
                objects.extend([policy, binding(judged, cluster)]);
            }
            Err(reason) => lose(reason, false),
        }
    }
    (objects, losses)
}

/// The policy of a rule, and whether it is exact. Otherwise why there is none.
fn exported(judged: &Judged, cluster: Cluster<'_>) -> Result<(Value, bool), String> {
    let rule = &*judged.rule;
    if !matches!(rule.on, On::Pod | On::Object) {
        let on = rule.on.name();
        return Err(format!("the API server has no subject `{on}`"));
    }
    let Check::Expression(require) = &rule.check else {
        return Err("it has a JSON Schema instead of an expression".to_owned());
    };
    if let Some(other) = other_variable(rule, require.expression()) {
        return Err(format!("the API server has no variable `{other}`"));
    }
    let when = rule.when.as_ref().map(Condition::expression);
    let names = rule.on.names();
    let read = |name: &str| {
        let all = [Some(require.expression()), when];
        let at = names.iter().position(|it| *it == name);
        at.is_some_and(|at| all.into_iter().flatten().any(|it| it.reads(at)))
    };
    let mut variables = Vec::new();
    if rule.on == On::Pod {
        variables.push(variable(On::Pod.name(), POD));
    }
    if read(Variable::Environment.name()) {
        let value = literal(&environment(cluster));
        variables.push(variable(Variable::Environment.name(), &value));
    }
    if read(PARAMS) {
        variables.push(variable(PARAMS, &literal(&judged.params)));
    }
    let renamed: Vec<String> = names.iter().map(|name| variable_path(name)).collect();
    let renamed: Vec<&str> = renamed.iter().map(String::as_str).collect();
    let guarded = |it: &Expression| -> Guarded { it.guarded(&renamed) };
    let mut expression = guarded(require.expression()).text.trim().to_owned();
    let mut is_complete = true;
    if let Some(when) = when {
        let when = guarded(when);
        is_complete = when.is_complete;
        variables.push(variable("applies", when.text.trim()));
        expression = format!("!variables.applies || ({expression})");
    }
    let spec = spec(rule, &expression, variables);
    let policy = object("ValidatingAdmissionPolicy", &name(rule, cluster), spec);
    Ok((policy, is_complete))
}

/// The specification of the policy with the translated expression of a rule.
fn spec(rule: &Rule, expression: &str, variables: Vec<Value>) -> Value {
    let message = rule
        .message
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let validation = map([
        ("expression", text(expression)),
        ("message", text(&format!("{message} ({})", rule.id))),
    ]);
    let mut spec = map([
        ("failurePolicy", text("Fail")),
        ("matchConstraints", constraints(rule)),
        ("validations", list([validation])),
    ]);
    if let (Value::Map(spec), false) = (&mut spec, variables.is_empty()) {
        spec.insert("variables".to_owned(), list(variables));
    }
    spec
}

/// The first variable that a rule reads and the API server does not have.
fn other_variable(rule: &Rule, require: &Expression) -> Option<&'static str> {
    let known = [rule.on.name(), Variable::Environment.name(), PARAMS];
    let when = rule.when.as_ref().map(Condition::expression);
    let all = [Some(require), when];
    let names = rule.on.names().into_iter().enumerate();
    let mut others = names.filter(|(_, name)| !known.contains(name));
    let (_, name) = others.find(|(at, _)| all.into_iter().flatten().any(|it| it.reads(*at)))?;
    Some(name)
}

fn binding(judged: &Judged, cluster: Cluster<'_>) -> Value {
    let action = match judged.level {
        Level::Deny => "Deny",
        Level::Warn | Level::Allow => "Warn",
    };
    let name = name(&judged.rule, cluster);
    let mut spec = map([
        ("policyName", text(&name)),
        ("validationActions", list([text(action)])),
    ]);
    if let (Value::Map(spec), Some(namespace)) = (&mut spec, cluster.namespace) {
        let labels = map([("kubernetes.io/metadata.name", text(namespace))]);
        let selector = map([("matchLabels", labels)]);
        let resources = map([("namespaceSelector", selector)]);
        spec.insert("matchResources".to_owned(), resources);
    }
    object("ValidatingAdmissionPolicyBinding", &name, spec)
}

/// The objects that a rule is about.
fn constraints(rule: &Rule) -> Value {
    if rule.on == On::Pod {
        return map([("resourceRules", list(PODS.map(resource_rule)))]);
    }
    let when = rule.when.as_ref();
    let kinds = when.and_then(|when| when.expression().literals("kind"));
    let known = |kind: &String| KINDS.iter().find(|it| it.0 == kind);
    let kinds: Option<Vec<_>> = kinds.and_then(|kinds| kinds.iter().map(known).collect());
    match kinds {
        Some(kinds) => {
            let resources: Vec<&str> = kinds.iter().map(|it| it.1).collect();
            map([("resourceRules", list([resource_rule(("*", &resources))]))])
        }
        None => map([
            ("resourceRules", list([resource_rule(("*", &["*"]))])),
            ("excludeResourceRules", list(NOT_APPLIED.map(resource_rule))),
        ]),
    }
}

fn resource_rule((group, resources): (&str, &[&str])) -> Value {
    map([
        ("apiGroups", list([text(group)])),
        ("apiVersions", list([text("*")])),
        ("operations", list(["CREATE", "UPDATE"].map(text))),
        ("resources", list(resources.iter().map(|it| text(it)))),
    ])
}

fn object(kind: &str, name: &str, spec: Value) -> Value {
    map([
        ("apiVersion", text(API_VERSION)),
        ("kind", text(kind)),
        ("metadata", map([("name", text(name))])),
        ("spec", spec),
    ])
}

/// The name of the objects of a rule. Environments can share a cluster.
fn name(rule: &Rule, cluster: Cluster<'_>) -> String {
    let environment = cluster.environment.map(|(name, _)| format!(".{name}"));
    let name = format!("{}{}", rule.id, environment.unwrap_or_default());
    let name = name.to_lowercase().replace('/', ".");
    name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-")
}

fn environment(cluster: Cluster<'_>) -> Value {
    let Some((name, kind)) = cluster.environment else {
        return Value::Map(Box::default());
    };
    let mut value: Map<Value> = Map::default();
    value.insert("name".to_owned(), text(name));
    if let Some(kind) = kind {
        value.insert("type".to_owned(), text(kind));
    }
    value.into()
}

/// How an expression of a policy reads a variable of a rule.
fn variable_path(name: &str) -> String {
    match name {
        "object" => name.to_owned(),
        name => format!("variables.{name}"),
    }
}

fn variable(name: &str, expression: &str) -> Value {
    map([("name", text(name)), ("expression", text(expression))])
}

/// A value as a literal of CEL. Items of a list or map that are not strings have the type `dyn`, since all must have
/// the same one.
fn literal(value: &Value) -> String {
    let item = |value: &Value, is_text: bool| {
        let literal = literal(value);
        if is_text {
            literal
        } else {
            format!("dyn({literal})")
        }
    };
    let is_text = |value: &Value| matches!(value, Value::Text(_));
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Text(text) => quoted(text),
        Value::List(items) => {
            let all = items.iter().all(is_text);
            let items: Vec<String> = items.iter().map(|it| item(it, all)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let all = entries.iter().all(|(_, value)| is_text(value));
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), item(value, all)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries = entries.into_iter();
    entries
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
