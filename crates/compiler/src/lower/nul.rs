//! Strings of containers with a NUL character. The operating system ends a string at its first NUL, so no
//! container can start with one, on any target.

use score_spec::{Code, Diagnostic};

use crate::ir::field::Field;
use crate::ir::{App, AsSecret, Component, Container, FileContent, Probe, Segment, Text};

/// The maximum length of a key in bytes. YAML readers, including ours, rarely accept longer ones.
pub(crate) fn check(app: &App, diagnostics: &mut Vec<Diagnostic>) {
    for component in app.components.values() {
        for (name, container) in &component.containers {
            check_container(component, name, container, diagnostics);
        }
    }
}

fn check_container(
    component: &Component,
    name: &str,
    container: &Container,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut report = |field: Field, what: &str| {
        let message = format!("{what} of container `{name}` contains a NUL character");
        let help = match field {
            Field::File(..) => "use `binaryContent` for binary data, or remove the NUL character",
            _ => "remove it: programs cannot receive strings with a NUL character (`\\0`)",
        };
        let diagnostic = component.finding(Code::TargetInvalid, field, message);
        diagnostics.push(diagnostic.help(help));
    };
    for (at, _) in nuls(container.command.iter().flatten()) {
        report(Field::Command(name, at), "the command");
    }
    for (at, _) in nuls(container.args.iter().flatten()) {
        report(Field::Argument(name, at), "an argument");
    }
    for (variable, text) in &container.variables {
        if variable.contains('\0') || has_nul(text) {
            let what = format!("the variable `{}`", variable.escape_debug());
            report(Field::Variable(name, variable), &what);
        }
    }
    for (target, file) in &container.files {
        if matches!(&file.content, FileContent::Text(text) if has_nul(text)) {
            report(Field::File(name, target), &format!("the file `{target}`"));
        }
    }
    for (field, probe) in [
        (Field::LivenessProbe(name), &container.liveness_probe),
        (Field::ReadinessProbe(name), &container.readiness_probe),
    ] {
        if probe.as_ref().is_some_and(probe_has_nul) {
            report(field, "a probe");
        }
    }
}

fn nuls<'a>(texts: impl Iterator<Item = &'a Text>) -> impl Iterator<Item = (usize, &'a Text)> {
    texts.enumerate().filter(|(_, text)| has_nul(text))
}

fn has_nul(text: &Text) -> bool {
    text.segments().iter().any(|segment| match segment {
        Segment::Plain(plain) => plain.contains('\0'),
        Segment::Ref(reference) => {
            let external = reference.as_secret().and_then(|secret| secret.external());
            external.is_some_and(|value| value.contains('\0'))
        }
    })
}

fn probe_has_nul(probe: &Probe) -> bool {
    let get = probe.http_get.iter().flat_map(|get| {
        let headers = get.headers.iter().flat_map(|(name, value)| [name, value]);
        headers.chain([&get.path]).chain(&get.host)
    });
    let mut command = probe.exec.iter().flatten();
    command.any(has_nul) || get.into_iter().any(|text| text.contains('\0'))
}
