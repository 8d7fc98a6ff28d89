//! A plan as JSON that matches `schemas/plan.json`.

use score_impact::{Change, Keep, Rename, Subject};
use score_spec::Severity;
use serde_json::{Value, json};

use super::classes;
use super::section::{Entry, Section, advice};
use crate::report::findings::Findings;
use crate::report::format;

/// The plans of all environments, with the diagnostics.
pub(super) fn text(sections: &[Section], findings: &Findings) -> String {
    let totals = classes(sections).into_iter();
    let totals = totals.map(|(class, number)| (class.name().to_owned(), number.into()));
    let document = json!({
        "version": "score-rs/plan/v1",
        "environments": sections.iter().map(of_section).collect::<Value>(),
        "diagnostics": format::diagnostics(findings),
        "summary": {
            "errors": findings.count(Severity::Error),
            "warnings": findings.count(Severity::Warning),
            "changes": Value::Object(totals.collect()),
        },
    });
    format!("{document:#}\n")
}

fn of_section(section: &Section) -> Value {
    let changes = section.changes.changes.iter().zip(&section.entries);
    json!({
        "environment": section.environment,
        "target": section.target,
        "against": section.against,
        "former": section.former,
        "class": section.changes.class().name(),
        "new": section.is_new,
        "renames": section.changes.renames.iter().map(rename).collect::<Value>(),
        "changes": changes.map(|(change, entry)| of_change(change, entry)).collect::<Value>(),
        "notCompared": section.gaps,
    })
}

fn of_change(change: &Change, entry: &Entry) -> Value {
    let place = entry.place.as_ref().map(|place| {
        json!({
            "file": place.file,
            "line": place.position.map(|(line, _)| line),
            "column": place.position.map(|(_, column)| column),
        })
    });
    json!({
        "class": change.class.name(),
        "action": change.action.name(),
        "object": match &change.subject {
            Subject::Object(id) => json!({
                "group": id.group,
                "kind": id.kind,
                "namespace": id.namespace,
                "name": id.name,
            }),
            Subject::Resource(_) => Value::Null,
        },
        "workload": change.owner.workload,
        "resource": match &change.subject {
            Subject::Resource(uid) => Some(uid),
            Subject::Object(_) => change.owner.resource.as_ref(),
        },
        "path": change.path.to_string(),
        "before": change.before,
        "after": change.after,
        "reason": change.reason,
        "help": advice(change),
        "place": place,
        "level": entry.level.map(|level| level.to_string()),
        "waiver": entry.waiver,
    })
}

fn rename(rename: &Rename) -> Value {
    let keep = |keep: &Keep| {
        json!({
            "resource": keep.resource,
            "from": keep.from,
            "to": keep.to,
            "id": keep.id,
        })
    };
    json!({
        "from": rename.from,
        "to": rename.to,
        "share": rename.share,
        "keeps": rename.keeps.iter().map(keep).collect::<Value>(),
    })
}
