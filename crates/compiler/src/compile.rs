//! [`compile`]: what it takes, what it gives, and the passes in their order.

mod test;
mod veil;

use std::collections::BTreeSet;

use score_spec::{
    Code, Diagnostic, FileContent, Grammar, Overlay, Severity, SourceId, Sources, Span, Spanned,
    Template, Valid, Workload,
    diagnostic::{any_error, listed, nearest, sort},
    load, unknown,
};

use crate::graph::{Project, check_drafts, plan};
use crate::input::options::{BuildOption, ImageOption, PublishOption};
use crate::input::outside::Outside;
use crate::input::{FileError, NamePattern, Pass, Settings, World};
use crate::ir::App;
use crate::lower::address::Addresses;
use crate::lower::{Options, lower};
use crate::provisioner::Catalogue;
use crate::resolve::{
    Commands, Provisioned, Resolved, State, Surroundings, plain_secret, resolve_in,
};
use crate::support::parallel;
use crate::targets::{OutputFile, RenderOptions, Target, known_annotations};

/// What to compile, and how. All texts are in `sources`.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The texts.
    pub sources: Sources,
    /// What to render; nothing to find out only whether anything is wrong.
    pub target: Option<&'static Target>,
    /// Score files.
    pub specs: Vec<SourceId>,
    /// Overrides files, with the workload that each is for; without one it is for each.
    pub overrides: Vec<(Option<String>, SourceId)>,
    /// Override properties: `[WORKLOAD:]PATH=VALUE`.
    pub properties: Vec<SourceId>,
    /// Provisioner files, by entries in order of precedence; the files of an entry have the same.
    pub provisioners: Vec<Vec<SourceId>>,
    /// Images: `[[WORKLOAD/]CONTAINER=]IMAGE`.
    pub images: Vec<SourceId>,
    /// Builds: `[WORKLOAD/]CONTAINER=FOLDER`, or a JSON object for the folder.
    pub builds: Vec<SourceId>,
    /// Published ports: `[ADDRESS:]HOST:WORKLOAD:CONTAINER[/PROTOCOL]`, or the same with `UID.OUTPUT` in
    /// place of `WORKLOAD`.
    pub published: Vec<SourceId>,
    /// The project file's content.
    pub settings: Settings,
    /// Variables of the process that may be read, beside those that the project file allows.
    pub environment: Vec<NamePattern>,
    /// What becomes of the commands of provisioners.
    pub commands: Commands,
    /// What they have remembered.
    pub state: State,
    /// The way from the working folder to that of the project file, such as `..`; nothing where both
    /// are the same.
    pub project_folder: Option<String>,
    /// What the target needs to know.
    pub render: RenderOptions,
}

/// What came out. The diagnostics point into the sources.
#[derive(Debug)]
pub struct Compiled {
    /// The texts, with the files that Score files named added.
    pub sources: Sources,
    /// What was found, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The rendered files, the main one first. None if there is any error.
    pub files: Vec<OutputFile>,
    /// The provisioners that were read: those of the project, and the built-in ones of the types
    /// that it uses.
    pub catalogue: Catalogue,
    /// The workloads and resources.
    pub project: Project,
    /// What the resources gave.
    pub resolved: Resolved,
    /// Both in one vocabulary, as targets see them.
    pub app: App,
    /// What commands want to remember. Whoever lets them run keeps it for the next time.
    pub state: State,
    /// The uids in the state that no command of the project answers for any more, sorted.
    pub vanished: Vec<String>,
}

impl Request {
    /// A request for nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what to render.
    #[must_use]
    pub fn with_target(mut self, target: &'static Target) -> Self {
        self.target = Some(target);
        self
    }

    /// Says what becomes of the commands of provisioners, and what they have remembered.
    #[must_use]
    pub fn with_commands(mut self, commands: Commands, state: State) -> Self {
        (self.commands, self.state) = (commands, state);
        self
    }

    /// Whether any provisioner file has a command, so that state matters.
    pub fn has_commands(&self) -> bool {
        let mut files = self.provisioners.iter().flatten();
        // Reading the text is quick, and most files do not even have the word.
        files.any(|id| self.sources.get(*id).text.contains("run"))
            && Catalogue::new(&self.sources, &self.provisioners, None, &mut Vec::new())
                .provisioners()
                .any(|provisioner| provisioner.run.is_some())
    }

    /// Adds a Score file.
    #[must_use]
    pub fn with_spec(mut self, name: &str, text: impl Into<Vec<u8>>) -> Self {
        self.specs.push(self.sources.add(name, text));
        self
    }

    /// Adds an entry of one provisioner file, behind those that were added before.
    #[must_use]
    pub fn with_provisioners(mut self, name: &str, text: impl Into<Vec<u8>>) -> Self {
        self.provisioners.push(vec![self.sources.add(name, text)]);
        self
    }
}

/// Compiles a request. Everything that is wrong is reported; files come out only if nothing is.
pub fn compile(world: &dyn World, mut request: Request) -> Compiled {
    let mut sources = std::mem::take(&mut request.sources);
    let mut diagnostics = Vec::new();
    let options = options(&request, &sources, &mut diagnostics);
    world.begin(Pass::Check, request.specs.len());
    let read = workloads(world, &request, &mut sources, &mut diagnostics);

    for found in &mut diagnostics {
        if request
            .target
            .is_some_and(|target| target.raises.contains(&found.code))
        {
            found.severity = Severity::Error;
        }
    }
    let platform = request.target.map(|target| target.platform);
    let mut catalogue = Catalogue::new(&sources, &request.provisioners, platform, &mut diagnostics);
    world.begin(Pass::Plan, read.workloads.len());
    let project = plan(
        read.workloads,
        read.missing,
        &mut catalogue,
        &mut sources,
        &mut diagnostics,
    );
    check_drafts(&read.drafts, &mut catalogue, &mut sources, &mut diagnostics);
    request.render.compose = std::mem::take(&mut request.settings.compose);
    let allowed = request.settings.environment.iter();
    let allowed: Vec<NamePattern> = allowed.chain(&request.environment).cloned().collect();
    let making = Making {
        request: &request,
        options: &options,
        project: &project,
        sources: &sources,
    };
    let outside = Outside::new(world, &allowed);
    let before = diagnostics.len();
    let mut made = making.pass(&outside, &mut diagnostics);
    let notes = || made.resolved.values().any(|it| it.notes.is_some());
    // A main file and one of secrets are not named after what they hold.
    let has_names = made.files.len() > 2;
    if outside.is_used() && (diagnostics.len() > before || notes() || has_names) {
        // Nobody sees what comes of this.
        let again = outside.with_stand_ins();
        let mut found = diagnostics[..before].to_vec();
        let other = making.pass(&again, &mut found);
        let findings = diagnostics.split_off(before);
        diagnostics.extend(veil::veiled(findings, found.split_off(before)));
        let shown = (&other.resolved, &other.app);
        veil::veil_notes(&mut made.resolved, shown, request.target);
        for file in &mut made.files {
            let path = file.path.as_ref();
            file.is_path_hidden = path.is_some_and(|path| !other.paths.contains(path));
        }
    }
    sort(&mut diagnostics);
    let (state, vanished) = request.state.next(&project, &made.resolved);
    Compiled {
        sources,
        diagnostics,
        files: made.files,
        catalogue,
        project,
        resolved: made.resolved,
        app: made.app,
        state,
        vanished,
    }
}

/// The passes that depend on what comes from outside, and what they are about.
struct Making<'a> {
    request: &'a Request,
    options: &'a Options,
    project: &'a Project,
    sources: &'a Sources,
}

/// What those passes make.
struct Made {
    resolved: Resolved,
    app: App,
    files: Vec<OutputFile>,
    /// The paths of the files, for comparison with those of a pass with stand-ins.
    paths: BTreeSet<String>,
}

impl Making<'_> {
    /// Does the passes, and adds what they find.
    fn pass(&self, outside: &Outside<'_>, diagnostics: &mut Vec<Diagnostic>) -> Made {
        let Self {
            request,
            project,
            sources,
            ..
        } = self;
        outside.begin(Pass::Resolve, project.resources.len());
        let surroundings = surroundings(outside, request);
        let mut resolved = resolve_in(outside, project, surroundings, sources, diagnostics);
        outside.begin(Pass::Lower, project.resources.len());
        let settings = &request.settings;
        let app = lower(project, &resolved, self.options, settings, diagnostics);
        let addresses = Addresses {
            project,
            resolved: &resolved,
            app: &app,
            sources,
            platform: request.target.map(|target| target.platform),
        };
        addresses.check(diagnostics);
        if request
            .target
            .is_some_and(|target| target.reads_environment)
        {
            plain_secret::check(project, &resolved, diagnostics);
        }
        resolved.values_mut().for_each(Provisioned::forget_parts);
        let mut files = Vec::new();
        // What a stand-in does not fit must not hide what the target finds about all else.
        let wanted = |_: &&Target| outside.is_repeated() || !any_error(diagnostics);
        if let Some(target) = request.target.filter(wanted) {
            outside.begin(Pass::Render, app.components.len());
            files = (target.render)(&app, &request.render, diagnostics);
        }
        let paths = files.iter().filter_map(|it| it.path.clone());
        let paths = paths.filter(|_| outside.is_repeated()).collect();
        if any_error(diagnostics) {
            files.clear();
        }
        Made {
            resolved,
            app,
            files,
            paths,
        }
    }
}

/// What resolving depends on beside the project.
fn surroundings<'a>(outside: &Outside<'a>, request: &'a Request) -> Surroundings<'a> {
    let name = request.render.project.as_ref();
    let target = request.target;
    Surroundings {
        world: outside.world,
        environment: outside.allowed,
        platform: request.target.map(|target| target.platform),
        reads_environment: target.is_some_and(|target| target.reads_environment),
        routes_port: target.and_then(|target| target.routes_port),
        open_settings: target.is_some_and(|target| target.open_settings),
        rotations: &request.settings.rotations,
        commands: request.commands,
        state: &request.state,
        project: name.or(request.settings.name.as_ref()).map(String::as_str),
    }
}

/// The options, behind what the project file says.
fn options(request: &Request, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Options {
    let settings = &request.settings;
    let builds = settings.builds.iter().cloned();
    let builds = builds.map(|build| match &request.project_folder {
        Some(way) => build.moved(way),
        None => build,
    });
    let given = request.builds.iter();
    let given: Vec<_> = given
        .filter_map(|&id| BuildOption::read(sources, id, diagnostics))
        .collect();
    let builds = builds.chain(given);
    let given = request.published.iter();
    let given = given.filter_map(|&id| PublishOption::read(sources, id, diagnostics));
    let published = settings.published.iter().cloned().chain(given);
    Options {
        images: request
            .images
            .iter()
            .map(|&id| ImageOption::read(sources, id))
            .collect(),
        builds: builds.collect(),
        published: published.collect(),
        annotations: known_annotations().collect(),
        container_lists: request.target.map_or(&[], |target| target.container_lists),
    }
}

/// What the Score files hold.
struct Read {
    workloads: Vec<Valid<Workload>>,
    drafts: Vec<Workload>,
    /// The names of workloads that have errors.
    missing: BTreeSet<String>,
}

/// The workloads of all Score files, overrides applied and the files that they name read.
fn workloads(
    world: &dyn World,
    request: &Request,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Read {
    let mut overlays = Vec::new();
    for (workload, id) in &request.overrides {
        overlays.extend(Overlay::file(workload.clone(), sources, *id, diagnostics));
    }
    for &id in &request.properties {
        overlays.extend(Overlay::property(sources, id, diagnostics));
    }
    let mut names = BTreeSet::new();
    let mut workloads = Vec::new();
    let mut drafts = Vec::new();
    let loaded = parallel::map(parallel::ENOUGH, &request.specs, |&id| {
        let mut found = Vec::new();
        let loaded = load(sources, id, &overlays, &mut found);
        world.advance();
        (loaded, found)
    });
    for (loaded, found) in loaded {
        diagnostics.extend(found);
        names.extend(loaded.names);
        workloads.extend(loaded.workloads);
        drafts.extend(loaded.drafts);
    }
    for overlay in &overlays {
        if let Some(wanted) = &overlay.workload
            && !names.contains(wanted)
        {
            diagnostics.push(unknown_workload(wanted, overlay.span, &names));
        }
    }
    let mut room = MOST_CONTENT;
    let mut read = |workload: &Workload, path: &Spanned<String>, expand: bool| {
        read_file(
            world,
            workload,
            path,
            expand,
            &mut room,
            sources,
            diagnostics,
        )
    };
    let workloads: Vec<_> = workloads
        .into_iter()
        .map(|workload| workload.with_sources(&mut read))
        .collect();
    for workload in &workloads {
        names.remove(&workload.name.value);
    }
    Read {
        workloads,
        drafts,
        missing: names,
    }
}

fn unknown_workload(wanted: &str, span: Span, names: &BTreeSet<String>) -> Diagnostic {
    let known = || names.iter().map(String::as_str);
    let help = match nearest(wanted, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.len() <= 12 => format!("the Score files have {}", listed(known())),
        None => "name a workload of the Score files".to_owned(),
    };
    Diagnostic::new(
        Code::OverrideUnknownWorkload,
        format!("an override for the unknown workload `{wanted}`"),
    )
    .at(span, "")
    .help(help)
}

/// How many bytes the files that Score files name may have together. A large file may be named many
/// times.
const MOST_CONTENT: usize = 30_000_000;

/// How many `$` such a file may have if placeholders in it are expanded.
const MOST_DOLLARS: usize = 100_000;

/// The content of a file that a Score file names. What is not UTF-8 or has a NUL is binary, and not
/// expanded.
fn read_file(
    world: &dyn World,
    workload: &Workload,
    path: &Spanned<String>,
    expand: bool,
    room: &mut usize,
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
    let Some(left) = room.checked_sub(bytes.len()) else {
        let message = format!("with `{path}` the files have more than {MOST_CONTENT} bytes");
        diagnostics.push(
            Diagnostic::new(Code::FileUnreadable, message)
                .at(path.span, "")
                .help("put large data into a volume or into the image"),
        );
        return None;
    };
    *room = left;
    // A NUL is in no text that a program could be meant to read.
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
            "the file `{path}` has more than {MOST_DOLLARS} `$`, each perhaps a placeholder"
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
            format!("the file `{path}` cannot be found"),
            "the path is relative to the folder of the Score file",
        ),
        FileError::Outside => (
            Code::FileOutside,
            format!("the file `{path}` lies outside the project"),
            "copy it into the project; links are followed before this is decided. Or allow it by `--allow-outside-files`",
        ),
        FileError::Unreadable(problem) => (
            Code::FileUnreadable,
            format!("the file `{path}` cannot be read: {problem}"),
            "check that it is a file and that it may be read",
        ),
    };
    Diagnostic::new(code, message).at(path.span, "").help(help)
}
