//! The choice of a provisioner among all candidates, for workloads that agree in it.

use std::sync::Arc;

use score_compiler::Rendered;
use score_compiler::catalogue::{Audience, Candidate, Provisioner, Verdict, Wanted};
use score_compiler::project::{Identity, ResourceUser};
use score_spec::{Sources, diagnostic::listed};
use serde_json::{Value, json};

use super::{location, position};
use crate::commands::provisioners::{audience, audience_json, platforms};
use crate::report::table::table;

/// All candidates of a resource, with the workloads for which they have these verdicts.
pub(super) struct Choice<'a> {
    pub(super) workloads: Vec<&'a str>,
    candidates: Vec<Candidate>,
    sources: &'a Sources,
}

impl<'a> Choice<'a> {
    /// The choices for a resource, at least one. Workloads with the same verdicts share one.
    pub(super) fn all(uid: &str, identity: &Identity, compiled: &'a Rendered) -> Vec<Self> {
        let mut users = compiled.project.users(uid);
        // Without one, such as for a resource of a part with errors, candidates for all workloads remain.
        if users.is_empty() {
            users.push(ResourceUser::default());
        }
        let mut choices: Vec<Self> = Vec::new();
        for user in users {
            let candidates = compiled.catalogue.candidates(&Wanted {
                kind: &identity.kind,
                class: identity.class(),
                id: &identity.id,
                workload: user.workload,
                is_declared: user.is_declared,
            });
            let known = choices.iter_mut();
            let equal = |choice: &&mut Self| verdicts(&choice.candidates).eq(verdicts(&candidates));
            match known.into_iter().find(equal) {
                Some(choice) => choice.workloads.push(user.workload),
                None => choices.push(Self {
                    workloads: vec![user.workload],
                    candidates,
                    sources: &compiled.sources,
                }),
            }
        }
        choices
    }

    /// The number of provisioners with equal rank, none of which takes precedence.
    fn ties(&self) -> usize {
        let candidates = self.candidates.iter();
        candidates.filter(|it| it.verdict == Verdict::Tie).count()
    }

    /// The provisioner that handles the resource, if there is exactly one.
    pub(super) fn handler(&self) -> Option<&Provisioner> {
        let first = self.candidates.first()?;
        let handles = matches!(first.verdict, Verdict::Answers | Verdict::Internal);
        handles.then_some(&*first.provisioner)
    }

    /// The location of the provisioner that handles the resource, in words.
    pub(super) fn outcome(&self) -> String {
        match (self.handler(), self.ties()) {
            (Some(provisioner), _) => location(self.sources, provisioner.span),
            (None, 0) => "none".to_owned(),
            (None, ties) => format!("none: {ties} provisioners tie"),
        }
    }

    /// The locations of the provisioners from which the one that handles the resource inherits, nearest first.
    pub(super) fn bases(&self) -> Vec<String> {
        let spans = self.handler().map_or(&[][..], |it| it.bases.as_slice());
        let spans = spans.iter();
        spans.map(|span| location(self.sources, *span)).collect()
    }

    /// The workloads, and the project itself, as a list in a sentence.
    pub(super) fn users(&self) -> String {
        match self.workloads.split_first() {
            Some((&"", [])) => "the project".to_owned(),
            Some((&"", workloads)) => {
                format!("the project and {}", listed(workloads.iter().copied()))
            }
            _ => listed(self.workloads.iter().copied()),
        }
    }

    /// The table of candidates; empty without any.
    pub(super) fn rows(&self) -> String {
        if self.candidates.is_empty() {
            return String::new();
        }
        let any = |word: &Option<String>| word.clone().unwrap_or_else(|| "*".to_owned());
        let is_for_some = |it: &Candidate| !it.provisioner.audiences.is_empty();
        let has_audiences = self.candidates.iter().any(is_for_some);
        let row = |candidate: &Candidate| {
            let provisioner = &candidate.provisioner;
            let mut row = vec![
                location(self.sources, provisioner.span),
                candidate.rank.to_string(),
                (provisioner.entry + 1).to_string(),
                any(&provisioner.class),
                any(&provisioner.id),
            ];
            row.extend(has_audiences.then(|| audience(provisioner)));
            row.extend([platforms(provisioner), self.reason(candidate)]);
            row
        };
        let rows: Vec<Vec<String>> = self.candidates.iter().map(row).collect();
        let mut header = vec!["CANDIDATE", "RANK", "ENTRY", "CLASS", "ID"];
        header.extend(has_audiences.then_some("FOR"));
        header.extend(["PLATFORMS", "VERDICT"]);
        table(&header, &rows, None)
    }

    /// The reason why a candidate handles the resource or does not.
    fn reason(&self, candidate: &Candidate) -> String {
        let provisioner = &candidate.provisioner;
        let own = |word: &Option<String>| word.clone().unwrap_or_default();
        let first = self.candidates.first().map(|first| &*first.provisioner);
        let by = what_fits(provisioner);
        match candidate.verdict {
            Verdict::Answers => format!("handles it, by {by}"),
            Verdict::Internal => format!("matches by {by}, but only provisioners may require it"),
            Verdict::Tie => format!("matches by {by}, like another one of the same entry: a tie"),
            Verdict::LessSpecific => match first.map(what_fits) {
                Some(best) if best != by => {
                    format!("matches by {by}, which is less specific than {best}")
                }
                _ => format!("matches by {by}, but supports more platforms"),
            },
            Verdict::Later => format!("matches by {by}, but comes later"),
            Verdict::OtherPlatform => format!("only on {}", provisioner.platforms.join(", ")),
            Verdict::OtherClass => format!("only for the class `{}`", own(&provisioner.class)),
            Verdict::OtherId => format!("only for the id `{}`", own(&provisioner.id)),
            Verdict::OtherWorkload | Verdict::OtherEnvironment => {
                format!("only {}", own(&provisioner.audience_in_words()))
            }
            Verdict::NotAllowed => "built in, but `builtins` does not list its type".to_owned(),
        }
    }

    /// The provisioner that handles the resource, as JSON.
    pub(super) fn handler_json(&self) -> Value {
        let Some(handler) = self.handler() else {
            return Value::Null;
        };
        let mut value = position(self.sources, handler.span);
        if !handler.bases.is_empty() {
            let bases = handler.bases.iter();
            value["extends"] = bases.map(|span| position(self.sources, *span)).collect();
        }
        value
    }

    /// The candidates as JSON.
    pub(super) fn candidates_json(&self) -> Value {
        let candidates = self.candidates.iter().map(|candidate| {
            let provisioner = &candidate.provisioner;
            let mut value = position(self.sources, provisioner.span);
            value["rank"] = candidate.rank.into();
            value["entry"] = (provisioner.entry + 1).into();
            value["class"] = provisioner.class.clone().into();
            value["id"] = provisioner.id.clone().into();
            value["for"] = audience_json(provisioner);
            value["platforms"] = provisioner.platforms.clone().into();
            value["description"] = provisioner.description.clone().into();
            value["verdict"] = candidate.verdict.name().into();
            value["reason"] = self.reason(candidate).into();
            value
        });
        candidates.collect()
    }

    /// The choice with its workloads, as JSON.
    pub(super) fn json(&self) -> Value {
        json!({
            "workloads": self.workloads,
            "provisioner": self.handler_json(),
            "candidates": self.candidates_json(),
        })
    }
}

/// The candidates with their verdicts, which the workloads of a choice have in common.
fn verdicts(candidates: &[Candidate]) -> impl Iterator<Item = (*const Provisioner, Verdict)> {
    candidates
        .iter()
        .map(|it| (Arc::as_ptr(&it.provisioner), it.verdict))
}

/// The properties by which a provisioner matches a resource.
fn what_fits(provisioner: &Provisioner) -> String {
    let names = |names: fn(&Audience) -> bool| provisioner.audiences.iter().any(|it| names(it));
    let (class, id) = (provisioner.class.is_some(), provisioner.id.is_some());
    let aspects = [
        ("type", !class && !id),
        ("class", class),
        ("id", id),
        ("workload", names(|it| it.workloads.is_some())),
        ("environment", names(|it| it.environments.is_some())),
        (
            "type of environment",
            names(|it| it.environment_types.is_some()),
        ),
        ("platform", !provisioner.platforms.is_empty()),
    ];
    let named = aspects.into_iter().filter(|(_, is_named)| *is_named);
    let named: Vec<&str> = named.map(|(aspect, _)| aspect).collect();
    match named.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => named.concat(),
    }
}
