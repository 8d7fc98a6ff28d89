//! Reads Score files: applies overrides, and reads the files that they refer to. Out of scope: the graph of
//! their resources.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_spec::{
    Code, Diagnostic, Hint, Kind, Map, Node, Overlay, Overlays, SourceId, Sources, Span, Spanned,
    Valid, Workload,
    diagnostic::{listed, misspelled, nearest},
    load,
    load::{Loaded, layered},
    overlay::{Defaults, Layer, Lock, Locks, Slots},
    references::unknown,
    template::{Grammar, Template},
    workload::FileContent,
};

use super::inputs::Identified;
use crate::graph::Project;
use crate::input::options::ImageOption;
use crate::input::{FileError, Settings, World};
use crate::ir::App;
use crate::support::parallel;
use crate::targets::{Target, targets};

/// The contents of the Score files.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) workloads: Vec<Arc<Valid<Workload>>>,
    /// The workloads with errors, without the parts that are wrong.
    pub(super) drafts: Vec<Arc<Workload>>,
    /// The Score files of which parts could not be checked.
    pub(super) incomplete: Vec<SourceId>,
    /// The names of the workloads with errors.
    pub(super) missing: BTreeSet<String>,
    /// The names of the workloads that a layer leaves out.
    pub(super) left_out: BTreeSet<String>,
}

/// Reads the workloads of all Score files, applies overrides, and reads the files that they refer
/// to.
pub(super) fn workloads(
    world: &dyn World,
    settings: &Settings,
    inputs: &Identified,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Read {
    let overlays = overlays(settings, inputs, sources, diagnostics);
    let (loaded, incomplete) = load_all(world, inputs, &overlays, sources, diagnostics);
    let mut names: BTreeSet<String> = loaded.names.into_iter().collect();
    diagnostics.extend(loaded.effects.into_diagnostics());
    let is_whole = is_whole(settings, inputs);
    diagnostics.extend(unmatched(is_whole, &overlays.layers, &names));
    diagnostics.extend(unknown_workloads(&overlays.overrides, &names));
    let mut remaining = MOST_CONTENT;
    let mut read = |workload: &Workload, path: &Spanned<String>, expand: bool| {
        read_file(
            world,
            workload,
            path,
            expand,
            &mut remaining,
            sources,
            diagnostics,
        )
    };
    let workloads = loaded.workloads.into_iter();
    let workloads: Vec<Valid<Workload>> = workloads.map(|it| it.with_sources(&mut read)).collect();
    let drafts = loaded.drafts.into_iter();
    let drafts = drafts.map(|draft| Arc::new(draft.with_sources(&mut read)));
    let drafts = drafts.collect();
    let valid = workloads.iter().map(|workload| &workload.name.value);
    valid.chain(&loaded.left_out).for_each(|name| {
        names.remove(name);
    });
    Read {
        workloads: workloads.into_iter().map(Arc::new).collect(),
        drafts,
        incomplete,
        missing: names,
        left_out: loaded.left_out.into_iter().collect(),
    }
}

/// The workloads of all Score files, and the files that could not be checked completely.
fn load_all(
    world: &dyn World,
    inputs: &Identified,
    overlays: &Overlays,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Loaded, Vec<SourceId>) {
    let each = parallel::map(parallel::ENOUGH, &inputs.specs, |&id| {
        let mut found = Vec::new();
        let loaded = load(sources, id, overlays, &mut found);
        world.advance();
        (loaded, found)
    });
    let (mut all, mut incomplete) = (Loaded::default(), Vec::new());
    for (id, (loaded, found)) in inputs.specs.iter().zip(each) {
        incomplete.extend(loaded.is_incomplete.then_some(*id));
        diagnostics.extend(found);
        all.names.extend(loaded.names);
        all.left_out.extend(loaded.left_out);
        all.effects.extend(loaded.effects);
        all.workloads.extend(loaded.workloads);
        all.drafts.extend(loaded.drafts);
    }
    (all, incomplete)
}

/// The documents of all Score files after all changes, by the name of the workload. The value is absent if a layer
/// leaves out the workload. Problems are reported by [`workloads`].
pub(super) fn documents(
    settings: &Settings,
    inputs: &Identified,
    images: &[ImageOption],
    sources: &Sources,
) -> Map<Option<Node>> {
    let overlays = overlays(settings, inputs, sources, &mut Vec::new());
    let specs = inputs.specs.iter();
    let layered = specs.flat_map(|&id| layered(sources, id, &overlays));
    let mut documents = Map::default();
    for (name, mut document) in layered {
        if let Some(document) = &mut document {
            set_images(document, &name, images);
        }
        documents.entry(name).or_insert(document);
    }
    documents
}

/// The documents of workloads as they take effect: with the defaults of the settings and the images of containers.
pub(super) fn effective_documents(
    settings: &Settings,
    project: &Project,
    app: &App,
) -> Map<Arc<Node>> {
    let defaults = settings.defaults_layer().map(Defaults::new);
    let documents = project.workloads.iter().map(|(name, workload)| {
        let mut document = Arc::clone(&workload.document);
        if let Some(defaults) = &defaults {
            defaults.add_to(Arc::make_mut(&mut document));
        }
        let containers = app.components.get(name).into_iter();
        for (container, effective) in containers.flat_map(|it| &it.containers) {
            let path = ["containers", container, "image"];
            let image = path.iter().try_fold(&*document, |at, key| at.get(key));
            if image
                .and_then(Node::text)
                .is_some_and(|it| it != effective.image)
            {
                let document = Arc::make_mut(&mut document);
                let image = path.iter().try_fold(document, |at, key| at.get_mut(key));
                if let Some(image) = image {
                    image.kind = Kind::Text(effective.image.clone());
                }
            }
        }
        (name.clone(), document)
    });
    documents.collect()
}

/// Sets the images of containers. A later option takes precedence.
fn set_images(document: &mut Node, workload: &str, images: &[ImageOption]) {
    let containers = document.get_mut("containers");
    let Some(Kind::Map(containers)) = containers.map(|containers| &mut containers.kind) else {
        return;
    };
    for container in containers {
        let mut images = images.iter().rev();
        let image = images.find(|option| {
            let selector = &option.selector;
            selector.container.is_some() && selector.fits(workload, &container.key)
        });
        if let (Some(option), Some(image)) = (image, container.value.get_mut("image")) {
            image.kind = Kind::Text(option.image.clone());
            image.span = option.selector.span;
        }
    }
}

/// Annotations that exclude each other: a layer that sets one removes the others.
const SLOTS: Slots = &[
    &["k8s.score.dev/replicas", "k8s.score.dev/autoscaling"],
    &["k8s.score.dev/gateway", "k8s.score.dev/ingress-class"],
];

/// The changes that settings, files beside Score files and options make to workloads.
fn overlays(
    settings: &Settings,
    inputs: &Identified,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Overlays {
    let layers = settings.overlays.iter();
    let read = |layer: &Arc<Node>| Layer::read(layer, SLOTS, diagnostics);
    let layers = layers.map(read).collect();
    let locks = settings.locked.iter();
    let read = |path: &Spanned<String>| Lock::read(&path.value, path.span, diagnostics);
    let locks: Vec<Lock> = locks.filter_map(read).collect();
    diagnostics.extend(locks.iter().filter(|lock| !is_field(lock)).map(no_field));
    let mut beside: BTreeMap<SourceId, Vec<Overlay>> = BTreeMap::new();
    for (at, id) in &inputs.beside {
        let Some(spec) = inputs.specs.get(*at) else {
            continue;
        };
        let overlay = Overlay::beside(sources, *id, diagnostics);
        beside.entry(*spec).or_default().extend(overlay);
    }
    let mut overrides = Vec::new();
    for (workload, id) in &inputs.overrides {
        overrides.extend(Overlay::file(workload.clone(), sources, *id, diagnostics));
    }
    for &id in &inputs.properties {
        overrides.extend(Overlay::property(sources, id, diagnostics));
    }
    Overlays {
        layers,
        beside,
        overrides,
        locks: Locks::new(locks, SLOTS),
        defaults: settings.defaults_layer(),
        slots: SLOTS,
    }
}

/// The number of elements of a path in a Score file that name fields, not keys of users or parts of a field.
const DEPTH: usize = 3;

/// Whether a locked path can lead to a value of a Score file.
fn is_field(lock: &Lock) -> bool {
    // An annotation is a string: a longer path has a dot that is not escaped.
    if lock.path.len() > DEPTH
        && lock
            .path
            .starts_with(&["metadata".into(), "annotations".into()])
    {
        return false;
    }
    let capabilities = targets().into_iter().flat_map(Target::capabilities);
    let mut fields = capabilities.map(|capability| capability.field.split('.'));
    fields.any(|field| {
        let mut pairs = field.zip(&lock.path).take(DEPTH);
        pairs.all(|(field, part)| field == "*" || part == "*" || field == part)
    })
}

fn no_field(lock: &Lock) -> Diagnostic {
    let message = format!("Score files have no field `{}`", lock.path.join("."));
    Diagnostic::new(Code::ProjectInvalid, message)
        .at(lock.span, "locks nothing")
        .help("use a path such as `containers.*.resources`; `\\.` is a dot inside a key")
}

/// Whether a run has all Score files of the project.
pub(super) fn is_whole(settings: &Settings, inputs: &Identified) -> bool {
    settings.environment_id.is_some() && !inputs.is_part
}

/// Reports names in layers that match no workload. Without an environment, a run can cover a part of the project, so
/// only a probable typo is reported.
fn unmatched(is_whole: bool, layers: &[Layer], names: &BTreeSet<String>) -> Vec<Diagnostic> {
    let unmatched = layers.iter().flat_map(|layer| layer.unmatched(names));
    let reported = unmatched.filter_map(|(name, span)| {
        let meant = misspelled(name, names.iter().map(String::as_str));
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if is_whole => "remove it, or use the name of a workload".to_owned(),
            None => return None,
        };
        let message = format!("no workload is named `{name}`");
        let found = Diagnostic::new(Code::OverrideNoEffect, message).at(span, "");
        Some(found.help(help))
    });
    reported.collect()
}

/// Reports overrides for workloads that do not exist.
fn unknown_workloads(overrides: &[Overlay], names: &BTreeSet<String>) -> Vec<Diagnostic> {
    let unknown = overrides.iter().filter_map(|overlay| {
        let wanted = overlay.workload.as_ref()?;
        (!names.contains(wanted)).then(|| unknown_workload(wanted, overlay.span, names))
    });
    unknown.collect()
}

fn unknown_workload(wanted: &str, span: Span, names: &BTreeSet<String>) -> Diagnostic {
    let known = || names.iter().map(String::as_str);
    let help = match nearest(wanted, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.len() <= 12 => format!("the Score files have {}", listed(known())),
        None => "use the name of a workload in the Score files".to_owned(),
    };
    Diagnostic::new(
        Code::OverrideUnknownWorkload,
        format!("an override for the unknown workload `{wanted}`"),
    )
    .at(span, "")
    .help(help)
}

/// The maximum total size of files that Score files refer to, in bytes. A large file may be used
/// many times.
const MOST_CONTENT: usize = 30_000_000;

/// The maximum number of `$` in such a file if its placeholders are expanded.
const MOST_DOLLARS: usize = 100_000;

/// The contents of a file that a Score file refers to. A file that is not UTF-8 or contains a NUL
/// character is binary, and is not expanded.
fn read_file(
    world: &dyn World,
    workload: &Workload,
    path: &Spanned<String>,
    expand: bool,
    remaining: &mut usize,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<FileContent> {
    let spec = sources.get(workload.source).name.clone();
    let bytes = match world.file(&spec, &path.value) {
        Ok(bytes) => bytes,
        Err(error) => {
            diagnostics.push(unreadable(path, &error));
            return None;
        }
    };
    let Some(left) = remaining.checked_sub(bytes.len()) else {
        let message = format!("with `{path}`, the files exceed {MOST_CONTENT} bytes");
        diagnostics.push(
            Diagnostic::new(Code::FileUnreadable, message)
                .at(path.span, "")
                .help("put large data into a volume or the image"),
        );
        return None;
    };
    *remaining = left;
    // No text file for a program contains a NUL character.
    if bytes.contains(&0) {
        return Some(FileContent::Binary(bytes));
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Some(FileContent::Binary(error.into_bytes())),
    };
    if !expand || !text.contains('$') {
        return Some(FileContent::Text(Template::literal(&text, path.span)));
    }
    if text.bytes().filter(|byte| *byte == b'$').count() > MOST_DOLLARS {
        let message = format!(
            "the file `{path}` contains more than {MOST_DOLLARS} `$`, which could be placeholders"
        );
        diagnostics.push(
            Diagnostic::new(Code::FileUnreadable, message)
                .at(path.span, "")
                .help("add `noExpand: true`"),
        );
        return None;
    }
    let length = text.len();
    let id = sources.add(path.value.clone(), text.clone());
    let span = Span::new(id, 0, length);
    let template = Template::parse(&text, span, Grammar::Placeholders, sources, diagnostics);
    let found = diagnostics.len();
    let missing = template
        .placeholders()
        .filter_map(|placeholder| unknown(placeholder, workload, found));
    diagnostics.extend(missing);
    Some(FileContent::Text(template))
}

fn unreadable(path: &Spanned<String>, error: &FileError) -> Diagnostic {
    let (code, message, help) = match error {
        FileError::NotFound => (
            Code::FileNotFound,
            format!("the file `{path}` does not exist"),
            "the path is relative to the folder of the Score file".into(),
        ),
        FileError::Outside => (
            Code::FileOutside,
            format!("the file `{path}` is outside the project"),
            Hint::AllowOutsideFiles,
        ),
        FileError::Unreadable(problem) => (
            Code::FileUnreadable,
            format!("the file `{path}` cannot be read: {problem}"),
            "check that it is a readable file".into(),
        ),
    };
    Diagnostic::new(code, message).at(path.span, "").help(help)
}
