//! The volumes of a workload, which a patch can change but not turn into volumes of the platform: a container of the
//! Score file that mounts one of its own would get what the platform has meant for another container.

use std::collections::BTreeMap;

use score_spec::{Code, Diagnostic};

use super::super::objects::Object;
use super::super::reference::OpenTree;
use super::check::at;
use super::plain_name;
use crate::ir::{Component, Raw, Tree};

/// The field with the name of a volume. All others are its source.
const NAME: &str = "name";

/// The fields of sources that say which object or folder is mounted.
const MOUNTED: [&str; 4] = ["claimName", "name", "path", "secretName"];

/// The volumes of the pods of a workload before any patch, by name: in the pod template, or only claimed.
pub(super) struct OwnVolumes(BTreeMap<String, OpenTree>);

impl OwnVolumes {
    /// The volumes of a controller, in which the path leads to the pod template.
    pub(super) fn of(controller: &Object, template: &[&str]) -> Self {
        let items = |path: &[&str]| match at(&controller.tree, path) {
            Some(Tree::List(items)) => items.clone(),
            _ => Vec::new(),
        };
        let claims = items(&["spec", "volumeClaimTemplates"]).into_iter();
        let claimed = claims.filter_map(|claim| {
            let name = claim.get("metadata").and_then(plain_name)?.to_owned();
            Some((name, Tree::Null))
        });
        let volumes = items(&[template, &["spec", "volumes"]].concat()).into_iter();
        let volumes = volumes.filter_map(|volume| Some((plain_name(&volume)?.to_owned(), volume)));
        Self(claimed.chain(volumes).collect())
    }

    /// Removes the items of a patch that have the name of a volume and another source, and reports them. The path
    /// leads to the list in the patch.
    pub(super) fn check(
        &self,
        component: &Component,
        raw: &Raw,
        (path, items): (&[&str], &mut Vec<OpenTree>),
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let mut index = 0;
        items.retain(|item| {
            let step = index.to_string();
            index += 1;
            let own = plain_name(item).and_then(|name| Some((name, self.0.get(name)?)));
            let own = own.filter(|(_, own)| is_other(own, item));
            let Some((name, _)) = own else {
                return true;
            };
            let message = format!(
                "the resource `{}` adds the volume `{name}` to `{}`, which has another volume with this name",
                raw.resource, component.name
            );
            let place = raw.place(&[path, &[&step, NAME]].concat());
            let found = Diagnostic::new(Code::ProjectNameCollision, message).at(place, "");
            let help = "rename one of them; a patch can change the volume of the Score file, but not its source";
            diagnostics.push(found.help(help));
            false
        });
    }
}

/// Whether an item has a source that is not that of a volume.
fn is_other(own: &OpenTree, item: &OpenTree) -> bool {
    let Tree::Map(fields) = item else {
        return false;
    };
    let mut sources = fields.iter().filter(|(field, _)| *field != NAME);
    sources.any(|(field, source)| {
        let Some(known) = own.get(field) else {
            return *source != Tree::Null;
        };
        let is_changed = |field: &&str| {
            source
                .get(field)
                .is_some_and(|it| known.get(field) != Some(it))
        };
        *source == Tree::Null || MOUNTED.iter().any(is_changed)
    })
}
