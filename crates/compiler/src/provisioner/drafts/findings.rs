//! Diagnostics about `extends`.

use score_spec::diagnostic::nearest;
use score_spec::{Code, Diagnostic, Span};

use super::{Draft, Extends, MOST_COMPARED};
use crate::ir::name::DEFAULT_CLASS;

/// The diagnostic about a document that extends none. `classes` are those of the type.
pub(super) fn unknown<'a>(
    draft: &Draft,
    extends: Extends<'_>,
    classes: impl Iterator<Item = &'a str>,
    drafts: &[Draft],
) -> Diagnostic {
    let Extends { span, kind, class } = extends;
    let name = with_class(kind, class);
    let is_own = |class: &str| draft.kind() == Some(kind) && draft.class() == class;
    let message = if is_own(class) {
        format!(
            "the provisioner {name} extends itself, because no other one has this type and class"
        )
    } else {
        format!("there is no provisioner {name} to extend")
    };
    let classes = classes.filter(|known| *known != class && !is_own(known));
    let known: Vec<String> = classes.map(|class| with_class(kind, class)).collect();
    let kinds = drafts.iter().filter_map(Draft::kind);
    let kinds = kinds.chain(score_provisioners::BUILTIN.iter().map(|(kind, _)| *kind));
    let help = if !known.is_empty() {
        format!("provisioners of this type: {}", known.join(", "))
    } else if let Some(meant) = nearest(kind, kinds.filter(|known| *known != kind)) {
        format!("did you mean `{meant}`?")
    } else {
        "use the type of a built-in provisioner or of another one of the project, or `TYPE.CLASS`"
            .to_owned()
    };
    found(message, span).help(help)
}

/// The diagnostic about documents that extend each other, with its location.
pub(super) fn circle(members: &[&Draft]) -> Option<(Span, Diagnostic)> {
    let (first, others) = members.split_first()?;
    let extends = first.extends()?;
    let through = others.iter().filter_map(|it| named(it));
    let through: Vec<String> = through.collect();
    let mut message = format!("the provisioner {} extends itself", named(first)?);
    if !through.is_empty() {
        message = format!("{message}, through {}", through.join(", "));
    }
    let help = "remove `extends` from one of the provisioners";
    Some((extends.span, found(message, extends.span).help(help)))
}

/// The diagnostic about a document that extends too many others, with its location.
pub(super) fn too_long(draft: &Draft, most: usize) -> Option<(Span, Diagnostic)> {
    let message = format!(
        "the provisioner {} inherits from more than {most} others",
        named(draft)?
    );
    let help = "extend one of the provisioners at the end of the chain";
    let span = draft.extends()?.span;
    Some((span, found(message, span).help(help)))
}

/// The diagnostic about too many provisioners that extend others.
pub(super) fn too_large(span: Span) -> Diagnostic {
    let message = format!(
        "provisioners that extend others need more than {MOST_COMPARED} comparisons to find them"
    );
    Diagnostic::new(Code::ProjectTooLarge, message)
        .at(span, "exceeded here")
        .help("use fewer provisioners with the same type and class, or fewer that extend them")
}

/// The type of a document with its class.
fn named(draft: &Draft) -> Option<String> {
    Some(with_class(draft.kind()?, draft.class()))
}

/// A type with its class, as `extends` names it.
fn with_class(kind: &str, class: &str) -> String {
    match class {
        DEFAULT_CLASS => format!("`{kind}`"),
        class => format!("`{kind}.{class}`"),
    }
}

fn found(message: String, span: Span) -> Diagnostic {
    Diagnostic::new(Code::ProvisionerUnknownBase, message).at(span, "")
}
