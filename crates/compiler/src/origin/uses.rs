//! Entries of a Compose file, such as configs, and the fields of services that use them.

use crate::ir::{Sealed, Tree};
use crate::targets::OutputObject;
use crate::targets::compose::SECTIONS;

/// The section of an object of Compose.
pub(super) fn section(object: &OutputObject) -> Option<&'static str> {
    if !object.api_version.is_empty() {
        return None;
    }
    let mut sections = SECTIONS.into_iter();
    let found = sections.find(|(_, kind)| *kind == object.kind);
    found.map(|(section, _)| section)
}

/// Whether an object is an entry that services use.
pub(crate) fn is_entry(object: &OutputObject) -> bool {
    object.kind != "service" && section(object).is_some()
}

/// The paths of the fields of a service that name an entry.
pub(crate) fn uses(service: &OutputObject, entry: &OutputObject) -> Vec<Vec<String>> {
    let Some(section) = section(entry) else {
        return Vec::new();
    };
    let path = |step: &str| vec![section.to_owned(), step.to_owned()];
    match service.tree.get(section) {
        Some(Tree::Map(used)) => {
            let used = used.keys().filter(|name| **name == entry.name);
            used.map(|name| path(name)).collect()
        }
        Some(Tree::List(items)) => {
            let items = items.iter().enumerate();
            let used = items.filter(|(_, item)| source(item) == Some(&entry.name));
            used.map(|(index, _)| path(&index.to_string())).collect()
        }
        _ => Vec::new(),
    }
}

/// The entry that an item of a service names.
fn source(item: &Tree<Sealed>) -> Option<&str> {
    let text = match item {
        Tree::Text(text) => text.as_plain()?,
        item => match item.get("source")? {
            Tree::Text(text) => text.as_plain()?,
            _ => return None,
        },
    };
    Some(text.split(':').next().unwrap_or(text))
}
