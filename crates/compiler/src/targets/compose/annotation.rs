//! The annotations that configure Compose, and their effect on a service. Annotations that are passed
//! through, and those of resources, are elsewhere.

use score_spec::{Code, Diagnostic, Kind, Map, Node, Value};

use super::fields::{Nulls, mistakes};
use super::group::Network;
use super::value::PublicTree;
use crate::ir::AnnotationValues::{self, Any, OneOf, Pattern};
use crate::ir::annotation::{
    Setting, ValueProblem, command, invalid_value, names, scalar, seconds, settings as parts, yaml,
};
use crate::ir::field::Field;
use crate::ir::{Annotation, Component, Text};

/// The prefix of their names.
const PREFIX: &str = "compose.score.dev/";

/// The annotation for HTTP probes.
pub(super) const HTTP_PROBE: &str = "compose.score.dev/http-probe";

/// The annotation for the timing of health checks.
pub(super) const HEALTHCHECK: &str = "compose.score.dev/healthcheck";

/// Names, separated by commas.
const NAMES: AnnotationValues =
    Pattern("^[A-Za-z0-9][A-Za-z0-9_.-]*( *, *[A-Za-z0-9][A-Za-z0-9_.-]*)*$");

/// The annotations.
pub(super) const ALL: [Annotation; 12] = [
    Annotation {
        name: "compose.score.dev/restart",
        about: "Restart policy; for a container that runs before others, it must be set with the name of that container",
        form: "`no`, `always`, `on-failure`, `on-failure:N` or `unless-stopped`",
        values: Pattern("^(no|always|on-failure(:[0-9]+)?|unless-stopped)$"),
        each_container: true,
    },
    Annotation {
        name: "compose.score.dev/profiles",
        about: "Profiles that start the service",
        form: "names separated by commas",
        values: NAMES,
        each_container: true,
    },
    Annotation {
        name: "compose.score.dev/pull-policy",
        about: "Pull policy of the image",
        form: "`always`, `never`, `missing`, `build`, `daily`, `weekly` or `every_` with a duration such as `12h`",
        values: Pattern("^(always|never|missing|build|daily|weekly|every_([0-9]+[wdhms])+)$"),
        each_container: true,
    },
    Annotation {
        name: "compose.score.dev/platform",
        about: "Platform of the image",
        form: "a platform such as `linux/amd64`",
        values: Pattern("^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,2}$"),
        each_container: true,
    },
    Annotation {
        name: "compose.score.dev/networks",
        about: "Networks of the service in addition to `default`, the network of all services; networks that are not declared by the project file or a provisioner are created",
        form: "names separated by commas",
        values: NAMES,
        each_container: true,
    },
    Annotation {
        name: "compose.score.dev/labels",
        about: "Labels of the container",
        form: "a YAML map of strings, numbers and booleans",
        values: Any,
        each_container: true,
    },
    Annotation {
        name: "compose.score.dev/develop-watch",
        about: "Actions of `docker compose watch` when files change (`develop.watch`), with paths relative to the working folder, which cannot lead out of it; for a container that runs before others, it must be set with the name of that container",
        form: "a YAML list of maps with `action`, `path` (a relative path without `..`) and, to synchronize, `target`",
        values: Any,
        each_container: true,
    },
    Annotation {
        name: HTTP_PROBE,
        about: "Program of the image that makes the request of an HTTP probe; `none` omits the probe without a warning",
        form: "`wget`, `curl` or `none`",
        values: OneOf(&["wget", "curl", "none"]),
        each_container: true,
    },
    Annotation {
        name: HEALTHCHECK,
        about: "Timing of the health check, and the number of consecutive failures after which the container is unhealthy",
        form: "settings separated by spaces: `interval=5s`, `timeout=5s`, `retries=3` and `start-period=120s`",
        values: Pattern("^( *((interval|timeout|start-period)=[0-9]+[sm]|retries=[0-9]+))+$"),
        each_container: true,
    },
    Annotation {
        name: "compose.score.dev/stop-grace-period",
        about: "Time for the container to stop before it is killed; ten seconds by default",
        form: "seconds or minutes, such as `30s`",
        values: Pattern("^[0-9]+[sm]$"),
        each_container: true,
    },
    Annotation {
        name: "compose.score.dev/pre-stop",
        about: "Command that Docker Compose 2.30 or later runs in the container before it stops it; for a container that runs before others, it must be set with the name of that container",
        form: "a command as a YAML list, such as `[nginx, -s, quit]`",
        values: Any,
        each_container: true,
    },
    Annotation {
        name: "compose.score.dev/x-NAME",
        about: "Extension `x-NAME` of the service",
        form: "YAML",
        values: Any,
        each_container: true,
    },
];

/// The settings of a service from annotations.
#[derive(Debug, Default)]
pub(super) struct ServiceSettings {
    pub(super) restart: Option<String>,
    pub(super) profiles: Vec<String>,
    pub(super) pull_policy: Option<String>,
    pub(super) platform: Option<String>,
    pub(super) networks: Vec<String>,
    pub(super) labels: Map<String>,
    /// The list under `develop.watch`.
    pub(super) watch: Vec<PublicTree>,
    pub(super) http_probe: Option<HttpProbe>,
    pub(super) health: HealthTiming,
    pub(super) stop_grace_period: Option<String>,
    /// The command before the container is stopped; empty for none.
    pub(super) pre_stop: Vec<String>,
    /// Extensions by full name.
    pub(super) extensions: Map<PublicTree>,
}

/// The timing of a health check; defaults are in `health`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HealthTiming {
    pub(super) interval: Option<String>,
    pub(super) timeout: Option<String>,
    pub(super) start_period: Option<String>,
    pub(super) retries: Option<u32>,
}

/// The program that makes the request of an HTTP probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HttpProbe {
    Wget,
    Curl,
    /// No program; the probe is omitted intentionally.
    None,
}

/// The settings of the service of a container: annotations for all containers of the component, then those
/// for this one.
pub(super) fn settings(
    component: &Component,
    container: &str,
    network: Network,
    diagnostics: &mut Vec<Diagnostic>,
) -> ServiceSettings {
    let mut settings = ServiceSettings::default();
    let mine = format!("{container}.");
    let (mut all, mut own) = (Vec::new(), Vec::new());
    for (name, value) in &component.annotations {
        let Some(word) = name.strip_prefix(PREFIX) else {
            continue;
        };
        match word.strip_prefix(&mine) {
            Some(word) => own.push((name, word, value)),
            None => all.push((name, word, value)),
        }
    }
    for (name, word, value) in all {
        let elsewhere = match word {
            // Older versions of Compose fail to stop a container with a hook that has already ended.
            "restart" | "develop-watch" | "pre-stop" => network == Network::Apart,
            "networks" => network == Network::Shared,
            _ => false,
        };
        if !elsewhere && let Err(refused) = settings.set(word, value) {
            diagnostics.push(report(component, name, word, refused));
        }
    }
    for (name, word, value) in own {
        if word == "networks" && network == Network::Shared {
            diagnostics.push(shared(component, name, container));
        } else if let Err(refused) = settings.set(word, value) {
            diagnostics.push(report(component, name, word, refused));
        }
    }
    settings
}

/// An error about the value of the annotation `name`, which is `word` for all containers.
fn report(component: &Component, name: &str, word: &str, refused: Refused) -> Diagnostic {
    match refused {
        Refused::Part(problem) => problem.report(component, name),
        Refused::Whole => {
            let general = format!("{PREFIX}{word}");
            invalid_value(component, name, &ALL, &general)
        }
    }
}

/// The part of a value that is invalid.
enum Refused {
    Whole,
    Part(ValueProblem),
}

impl ServiceSettings {
    /// Sets a value, unless it is invalid. Unknown annotations are ignored here.
    fn set(&mut self, word: &str, value: &str) -> Result<(), Refused> {
        if word == "healthcheck" {
            self.health = HealthTiming::read(value).map_err(Refused::Part)?;
            return Ok(());
        }
        self.set_whole(word, value).ok_or(Refused::Whole)
    }

    fn set_whole(&mut self, word: &str, value: &str) -> Option<()> {
        match word {
            "restart" => self.restart = Some(fitting(value, is_restart)?),
            "profiles" => self.profiles = names(value, is_name)?,
            "pull-policy" => self.pull_policy = Some(fitting(value, is_pull)?),
            "platform" => self.platform = Some(fitting(value, is_platform)?),
            "networks" => self.networks = names(value, is_name)?,
            "labels" => self.labels = labels(value)?,
            "develop-watch" => self.watch = watch(value)?,
            "stop-grace-period" => {
                seconds(value)?;
                self.stop_grace_period = Some(value.to_owned());
            }
            "pre-stop" => self.pre_stop = command(value)?,
            "http-probe" => self.http_probe = Some(http_probe(value)?),
            _ if word.starts_with("x-") => {
                self.extensions
                    .insert(word.to_owned(), plain(&yaml(value)?));
            }
            _ => {}
        }
        Some(())
    }
}

impl HealthTiming {
    /// Parses settings such as `interval=10s retries=5`.
    fn read(text: &str) -> Result<Self, ValueProblem> {
        const SETTINGS: [&str; 4] = ["interval", "timeout", "retries", "start-period"];
        let mut timing = Self::default();
        let example = "settings such as `interval=10s retries=5`";
        parts(text, &SETTINGS, example, |name, value| {
            timing.set(name, value)
        })?;
        Ok(timing)
    }

    fn set(&mut self, name: &str, value: &str) -> Setting {
        let refused = |help: String| Err((format!("`{name}` cannot be `{value}`"), help));
        if name == "retries" {
            let count = value.parse::<u32>().ok();
            self.retries = count.filter(|count| *count > 0 && !value.starts_with('+'));
            return match self.retries {
                Some(_) => Ok(()),
                None => refused("write a number from 1, such as `retries=3`".to_owned()),
            };
        }
        if seconds(value).is_none_or(|seconds| seconds == 0) {
            return refused(format!("write seconds or minutes, such as `{name}=10s`"));
        }
        let slot = match name {
            "interval" => &mut self.interval,
            "timeout" => &mut self.timeout,
            _ => &mut self.start_period,
        };
        *slot = Some(value.to_owned());
        Ok(())
    }
}

fn fitting(value: &str, fits: fn(&str) -> bool) -> Option<String> {
    Some(value.to_owned()).filter(|value| fits(value))
}

fn shared(component: &Component, name: &str, container: &str) -> Diagnostic {
    let message =
        format!("`{name}` sets networks, but container `{container}` shares those of its workload");
    component
        .finding(Code::TargetInvalid, Field::Annotation(name), message)
        .help(format!("set `{PREFIX}networks` for the whole workload"))
}

fn is_restart(value: &str) -> bool {
    let count = value.strip_prefix("on-failure:");
    matches!(value, "no" | "always" | "on-failure" | "unless-stopped")
        || count.is_some_and(|count| count.parse::<u32>().is_ok())
}

fn is_pull(value: &str) -> bool {
    let is_amount = |text: &str| {
        let number = text.strip_suffix(['w', 'd', 'h', 'm', 's']);
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    let duration = value.strip_prefix("every_").filter(|it| !it.is_empty());
    let words = ["always", "never", "missing", "build", "daily", "weekly"];
    words.contains(&value)
        || duration.is_some_and(|it| it.split_inclusive(char::is_alphabetic).all(is_amount))
}

fn is_platform(value: &str) -> bool {
    let part = |part: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        !part.is_empty() && part.chars().all(inner)
    };
    value.split('/').count() <= 3 && value.split('/').all(part)
}

fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(inner)
}

fn http_probe(value: &str) -> Option<HttpProbe> {
    match value {
        "wget" => Some(HttpProbe::Wget),
        "curl" => Some(HttpProbe::Curl),
        "none" => Some(HttpProbe::None),
        _ => None,
    }
}

fn labels(value: &str) -> Option<Map<String>> {
    let node = yaml(value)?;
    let Kind::Map(entries) = &node.kind else {
        return None;
    };
    let labels = entries.iter();
    labels
        .map(|entry| Some((entry.key.clone(), scalar(&entry.value)?)))
        .collect()
}

fn watch(value: &str) -> Option<Vec<PublicTree>> {
    let node = yaml(value)?;
    let fits = |item: &Node| {
        let text = |name| item.get(name).and_then(Node::text);
        text("path").is_some_and(is_inside)
            && match text("action") {
                Some("rebuild" | "restart") => true,
                Some("sync" | "sync+restart" | "sync+exec") => text("target").is_some(),
                _ => false,
            }
            && mistakes(&item.to_value(), "watch", Nulls::Values).is_empty()
    };
    let items = node.items();
    let fit = !items.is_empty() && items.iter().all(fits);
    fit.then(|| items.iter().map(plain).collect())
}

/// Whether a path stays in its folder. Compose replaces `~` at the beginning with the home folder.
fn is_inside(path: &str) -> bool {
    let leaves = path.starts_with(['/', '\\', '~']) || path.chars().nth(1) == Some(':');
    !leaves && path.split(['/', '\\']).all(|part| part != "..")
}

/// A value in which `$` is literal.
fn plain(node: &Node) -> PublicTree {
    let value: Value = node.to_value();
    value.map_text(&mut |text| Text::from(text.as_str()))
}

/// Whether an annotation is for score-rs and must not be passed through.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX)
}
