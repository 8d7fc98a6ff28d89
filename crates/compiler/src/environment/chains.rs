//! The environments below another one, and checks of the names with which they refer to each other.

use score_spec::diagnostic::listed;
use score_spec::{Code, Diagnostic, Node, SourceId, Span};

use super::{Environment, Environments, MOST_LAYERS, package};

impl Environments {
    /// The environments of packages below the project file, starting with the lowest one.
    pub(super) fn below_project(&self) -> Vec<&Environment> {
        let extends = self.project.as_ref().and_then(|it| it.get("extends"));
        let extends = extends.and_then(Node::text);
        extends.map_or_else(Vec::new, |name| self.chain(name))
    }

    /// All environments whose settings an environment has: those below the project file, and its
    /// [chain](Self::chain).
    pub fn layers(&self, name: &str) -> Vec<&Environment> {
        let mut layers = self.below_project();
        layers.extend(self.chain(name));
        layers
    }

    pub(super) fn check_chains(&self, diagnostics: &mut Vec<Diagnostic>) {
        for environment in self.by_name.values() {
            let Some(below) = &environment.extends else {
                continue;
            };
            if let Some(name) = package::below(environment)
                && !self.by_name.contains_key(&name)
            {
                diagnostics.push(self.unknown(&name, below.span));
            } else if let Some((message, help)) = self.endless(environment) {
                let found = Diagnostic::new(Code::EnvironmentInvalid, message).at(below.span, "");
                diagnostics.push(found.help(help));
            }
        }
    }

    /// Reports the environment that the project file extends, if it does not exist.
    pub(super) fn check_project(&self, diagnostics: &mut Vec<Diagnostic>) {
        let extends = self.project.as_ref().and_then(|it| it.get("extends"));
        if let Some(extends) = extends
            && let Some(name) = extends.text()
            && !self.by_name.contains_key(name)
        {
            diagnostics.push(self.unknown(name, extends.span));
        }
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let message = format!("unknown environment `{name}`");
        let found = Diagnostic::new(Code::EnvironmentUnknown, message).at(span, "");
        found.help(self.advice(name))
    }

    /// The problem with a chain that leads back to its environment, or is too long, and what to do about it.
    fn endless(&self, environment: &Environment) -> Option<(String, &'static str)> {
        let name = &environment.name;
        let chain = self.chain(name);
        let next = package::below(chain.first()?)?;
        if next == *name {
            let others = chain.iter().rev().skip(1).map(|other| other.name.as_str());
            let through = match chain.len() {
                1 => String::new(),
                _ => format!(" through {}", listed(others)),
            };
            let message = format!("the environment `{name}` extends itself{through}");
            return Some((message, "remove `extends` from one of the environments"));
        }
        let is_cut = chain.len() == MOST_LAYERS && self.by_name.contains_key(&next);
        let message = format!("the environment `{name}` extends {MOST_LAYERS} or more others");
        is_cut.then_some((message, "merge some of these environments"))
    }

    pub(super) fn stray_images(&self, name: &str, id: SourceId) -> Diagnostic {
        let message = format!("the images are for the unknown environment `{name}`");
        let start = Span::new(id, 0, 0);
        Diagnostic::new(Code::EnvironmentUnknown, message)
            .at(start, "")
            .help(self.advice(name))
    }
}
