//! Platform-specific output of provisioners: resolves its references, and merges patches into the
//! output of a target.

use score_spec::{Code, Diagnostic};

use crate::ir::{Raw, Ref, Text, Tree};

/// Resolves a reference for a platform. A secret is always resolved; whether it is allowed is checked
/// separately.
pub(crate) type Resolve<'a, S> = dyn Fn(&Ref) -> Result<Text<S>, Unresolved> + 'a;

/// The reason why a platform has no string for a reference.
pub(crate) struct Unresolved {
    /// The problem.
    pub(crate) problem: String,
    /// How to fix it.
    pub(crate) help: &'static str,
}

impl Unresolved {
    /// A value that the platform does not know.
    pub(crate) fn unknown(value: &str) -> Self {
        Self {
            problem: format!("{value} is not known here"),
            help: "use a reference of the platform instead",
        }
    }
}

/// Resolves the references in the output of a provisioner. A string that consists of a port becomes
/// a number. Secrets are allowed only at paths for which `holds_secrets` returns true. Secrets at
/// other paths and unknown values are reported.
pub(crate) fn settle<S>(
    raw: &Raw,
    resolve: &Resolve<S>,
    holds_secrets: &dyn Fn(&[&str]) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Tree<S> {
    let mut settling = Settling {
        raw,
        resolve,
        holds_secrets,
        diagnostics,
    };
    settling.tree(&raw.tree, &[])
}

struct Settling<'a, S> {
    raw: &'a Raw,
    resolve: &'a Resolve<'a, S>,
    holds_secrets: &'a dyn Fn(&[&str]) -> bool,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<S> Settling<'_, S> {
    fn tree(&mut self, tree: &Tree, path: &[&str]) -> Tree<S> {
        match tree {
            Tree::Map(entries) => {
                let entries = entries.iter();
                let entries = entries
                    .map(|(key, value)| (key.clone(), self.tree(value, &[path, &[key]].concat())));
                entries.collect()
            }
            Tree::List(items) => {
                let items = items.iter().enumerate();
                let items = items
                    .map(|(index, item)| self.tree(item, &[path, &[&index.to_string()]].concat()));
                Tree::List(items.collect())
            }
            Tree::Text(text) => self.text(text, path),
            Tree::Null => Tree::Null,
            Tree::Bool(value) => Tree::Bool(*value),
            Tree::Number(number) => Tree::Number(number.clone()),
        }
    }

    fn text(&mut self, text: &Text, path: &[&str]) -> Tree<S> {
        if text.is_secret() && !(self.holds_secrets)(path) {
            self.report(
                Code::ProvisionerExposedSecret,
                "a secret would be readable here",
                "put it into a `Secret` or into a variable of a component, and refer to it",
                path,
            );
        }
        let mut unresolved = None;
        let resolved = text.map(|reference| match (self.resolve)(reference) {
            Ok(text) => text,
            Err(reason) => {
                unresolved.get_or_insert(reason);
                Text::new()
            }
        });
        if let Some(Unresolved { problem, help }) = unresolved {
            self.report(Code::ProvisionerInvalid, &problem, help, path);
        }
        match (text.as_reference(), resolved.as_plain()) {
            (Some(Ref::Port { .. }), Some(port)) => match port.parse::<u16>() {
                Ok(port) => Tree::Number(port.into()),
                Err(_) => Tree::Text(resolved),
            },
            _ => Tree::Text(resolved),
        }
    }

    fn report(&mut self, code: Code, message: &str, help: &str, path: &[&str]) {
        let uid = &self.raw.resource;
        self.diagnostics.push(
            Diagnostic::new(code, format!("{message}, for the resource `{uid}`"))
                .at(self.raw.place(path), "")
                .help(help),
        );
    }
}
