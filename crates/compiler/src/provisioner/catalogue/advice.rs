//! Advice about resources without a provisioner, and about their classes.

use std::fmt::Write;
use std::sync::Arc;

use score_spec::{
    Code, Diagnostic, Hint, Span, Spanned,
    diagnostic::{MOST_PROPOSALS, listed, nearest},
};

use super::Catalogue;
use crate::ir::name::DEFAULT_CLASS;
use crate::provisioner::synonyms::synonym;
use crate::provisioner::{Candidate, Provisioner, Verdict, Wanted};

/// The maximum number of types in a help text.
const MOST_TYPES: usize = 30;

/// The maximum number of provisioners for other workloads and environments in a help text.
const MOST_OTHERS: usize = 3;

impl Catalogue {
    /// Reports a probable typo in a class: provisioners of the type have classes, on any platform,
    /// but not this one. After many diagnostics there are no suggestions.
    pub(crate) fn check_class(
        &self,
        kind: &str,
        class: Option<&Spanned<String>>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let (Some(class), Some(known)) = (class, self.classes.get(kind)) else {
            return;
        };
        if class.value == DEFAULT_CLASS || known.contains(&class.value) {
            return;
        }
        let message =
            format!("no provisioner for resources of type `{kind}` has the class `{class}`");
        let mut diagnostic =
            Diagnostic::new(Code::ResourceUnknownClass, message).at(class.span, "");
        if diagnostics.len() < MOST_PROPOSALS
            && let Some(advice) = self.classes_advice(kind, &class.value)
        {
            diagnostic = diagnostic.help(advice);
        }
        diagnostics.push(diagnostic);
    }

    /// The classes of a type, and the class that was probably intended; `None` if there are no
    /// classes.
    fn classes_advice(&self, kind: &str, class: &str) -> Option<String> {
        let known = self.classes.get(kind)?;
        let known = || known.iter().map(String::as_str);
        let all = listed(known());
        Some(match nearest(class, known()) {
            Some(meant) => {
                format!("did you mean `{meant}`? known classes of the type: {all}")
            }
            None => format!("known classes of the type: {all}"),
        })
    }

    /// The diagnostic about a resource without a provisioner. `found` is the number of preceding diagnostics,
    /// after many of which it has no help.
    pub(crate) fn missing(&mut self, wanted: &Wanted<'_>, span: Span, found: usize) -> Diagnostic {
        let (kind, class) = (wanted.kind, wanted.class);
        let mut message = format!("no provisioner for resources of type `{kind}`");
        if class != DEFAULT_CLASS {
            let _ = write!(message, " and class `{class}`");
        }
        if self.is_limited(kind) {
            let _ = write!(message, " in {}", wanted.user());
        }
        let diagnostic = |message| Diagnostic::new(Code::ResourceUnknownType, message).at(span, "");
        // The help compares all types, so it is only added to the first diagnostics.
        if found >= MOST_PROPOSALS {
            return diagnostic(message);
        }
        let reasons: Vec<_> = self.candidates(wanted);
        if let Some(builtins) = &self.conditions.builtins
            && reasons.iter().any(|it| it.verdict == Verdict::NotAllowed)
        {
            return diagnostic(format!(
                "the project does not allow the built-in provisioner for resources of type `{kind}`"
            ))
            .at(builtins.span, "not in this list")
            .help(format!(
                "add `{kind}` to `builtins`, or a provisioner for it to `provisioners`"
            ));
        }
        diagnostic(message).help(match for_whom(&reasons) {
            Some(advice) => advice.into(),
            None => self.advice(kind, class),
        })
    }

    /// The help for a resource without a provisioner.
    fn advice(&mut self, kind: &str, class: &str) -> Hint {
        let is_elsewhere = |known: &&Arc<Provisioner>| !known.is_for(self.conditions.platform);
        if let Some(known) = self.of_type(kind).find(is_elsewhere) {
            let platforms = listed(known.platforms.iter().map(String::as_str));
            return format!("`{}` handles it, but only for {platforms}", known.file).into();
        }
        if let Some(advice) = self.classes_advice(kind, class) {
            return advice.into();
        }
        let mut types: Vec<&str> = self
            .provisioners
            .iter()
            .map(|known| known.kind.as_str())
            .chain(score_provisioners::BUILTIN.iter().map(|(kind, _)| *kind))
            .collect();
        let synonym = synonym(kind).filter(|meant| types.contains(meant));
        let meant = if let Some(meant) = synonym {
            return format!("did you mean `{meant}`?").into();
        } else if let Some(meant) = nearest(kind, types.iter().copied()) {
            format!("did you mean `{meant}`?")
        } else if self.has_listed_types {
            return "use one of the known types, which another finding lists".into();
        } else {
            types.sort_unstable();
            types.dedup();
            let known = listed(types.into_iter().take(MOST_TYPES));
            self.has_listed_types = true;
            format!("known types: {known};")
        };
        let searched = match self.files.as_slice() {
            [] => "the built-in catalogue".to_owned(),
            files => format!("the built-in catalogue, {}", files.join(", ")),
        };
        Hint::AddProvisioner {
            kind: kind.to_owned(),
            searched: format!("{meant} searched: {searched}"),
        }
    }
}

/// The workloads and environments for which provisioners handle a resource; `None` if no provisioner is limited
/// to others.
fn for_whom(candidates: &[Candidate]) -> Option<String> {
    let is_for_others = |it: &&Candidate| {
        matches!(
            it.verdict,
            Verdict::OtherWorkload | Verdict::OtherEnvironment
        )
    };
    let others = candidates.iter().filter(is_for_others).take(MOST_OTHERS);
    let others = others.filter_map(|it| {
        let (file, audience) = (&it.provisioner.file, it.provisioner.audience_in_words()?);
        Some(format!("`{file}` handles it, but only {audience}"))
    });
    let others: Vec<String> = others.collect();
    (!others.is_empty()).then(|| others.join("; "))
}
