//! A template of the scaffolder of Backstage, which asks for the params of a template and writes its files.
//!
//! Backstage fills in the files with Nunjucks. A file that it renders ends with `.jinja`, so that no file that is copied
//! has to be escaped: score-rs itself renders all files with this ending.

mod form;
mod pattern;
mod private;

use std::collections::BTreeSet;

use score_compiler::templates::{OutlineFile, OutlinePart, Template};
use score_spec::{Diagnostic, Value};

use self::form::Form;
use crate::file::ExportFile;
use crate::findings::Findings;
use crate::nunjucks;
use crate::settings::Portal;
use crate::tree::{list, map, text};

/// The folder of the files in the folder of the template.
pub const SKELETON: &str = "skeleton";

/// The end of the names of files that Backstage renders.
const RENDERED: &str = ".jinja";

/// The description of the workload for the catalog.
const CATALOG: &str = "catalog-info.yaml";

/// The param with the place of the new repository.
const REPOSITORY: &str = "repoUrl";

/// A template with the files to export.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "callers create it")]
pub struct TemplateView<'a> {
    /// Its name in the catalog.
    pub name: &'a str,
    /// The template.
    pub template: &'a Template,
    /// Its [outline](Template::outline).
    pub files: &'a [OutlineFile],
    /// The settings of portals.
    pub portal: &'a Portal,
}

/// The files of a template for Backstage, and the findings about it. The files are not complete if there are errors.
pub fn backstage_template(view: TemplateView<'_>) -> (Vec<ExportFile>, Vec<Diagnostic>) {
    let mut findings = Findings::new(1);
    let form = Form::of(view.template.params_schema(), &mut findings);
    if !is_name(view.name) {
        let message = format!("`{}` is not a name in Backstage", view.name.escape_debug());
        let finding = findings.incomplete(0, message);
        let span = view.files.first().map(|file| file.span);
        finding.add(
            span,
            "rename the folder: up to 63 letters and digits, separated by `-`, `_` or `.`",
        );
    }
    let document = document(view, &form);
    let mut files = vec![ExportFile::new("template.yaml", vec![document])];
    for file in view.files {
        files.extend(form.skeleton(file, &mut findings));
    }
    let mut found: Vec<Diagnostic> = findings.into_inner().into_iter().flatten().collect();
    let mut seen = BTreeSet::new();
    found.retain(|it| seen.insert((it.span(), it.message.clone())));
    (files, found)
}

/// Whether a name is one of an entity.
fn is_name(name: &str) -> bool {
    let mut parts = name.split(['-', '_', '.']);
    name.len() <= 63
        && parts.all(|it| !it.is_empty() && it.bytes().all(|c| c.is_ascii_alphanumeric()))
}

/// The template: the form and the steps.
fn document(view: TemplateView<'_>, form: &Form) -> Value {
    let described = view
        .files
        .iter()
        .any(|file| matches!(file.path.as_slice(), [OutlinePart::Text(path)] if path == CATALOG));
    map([
        ("apiVersion", text("scaffolder.backstage.io/v1beta3")),
        ("kind", text("Template")),
        (
            "metadata",
            map([
                ("name", text(view.name)),
                ("description", text(view.template.description())),
            ]),
        ),
        (
            "spec",
            map([
                ("type", text("service")),
                (
                    "parameters",
                    list(form.page().into_iter().chain([repository()])),
                ),
                (
                    "steps",
                    steps(form, view.portal.publish.as_deref(), described),
                ),
                ("output", output(described)),
            ]),
        ),
    ])
}

/// The page of the form for the new repository.
fn repository() -> Value {
    let field = map([
        ("title", text("Repository")),
        ("description", text("The new repository for the files")),
        ("type", text("string")),
        ("ui:field", text("RepoUrlPicker")),
    ]);
    map([
        ("title", text("Repository")),
        ("required", list([text(REPOSITORY)])),
        ("properties", map([(REPOSITORY, field)])),
    ])
}

fn steps(form: &Form, host: Option<&str>, described: bool) -> Value {
    let values = form.fields.iter();
    let values = values.map(|it| (it.name.clone(), text(nunjucks::parameter(&it.name))));
    let fetch = map([
        ("url", text(format!("./{SKELETON}"))),
        ("templateFileExtension", text(RENDERED)),
        ("values", values.collect()),
    ]);
    let publish = map([("repoUrl", text(nunjucks::parameter(REPOSITORY)))]);
    let contents = "${{ steps.publish.output.repoContentsUrl }}";
    let register = map([
        ("repoContentsUrl", text(contents)),
        ("catalogInfoPath", text(format!("/{CATALOG}"))),
        (
            "optional",
            if described {
                Value::Null
            } else {
                Value::Bool(true)
            },
        ),
    ]);
    let host = host.unwrap_or("github");
    list([
        step("fetch", "Write the files", "fetch:template", fetch),
        step(
            "publish",
            "Create the repository",
            &format!("publish:{host}"),
            publish,
        ),
        step(
            "register",
            "Add it to the catalog",
            "catalog:register",
            register,
        ),
    ])
}

fn step(id: &str, name: &str, action: &str, input: Value) -> Value {
    map([
        ("id", text(id)),
        ("name", text(name)),
        ("action", text(action)),
        ("input", input),
    ])
}

fn output(described: bool) -> Value {
    let repository = map([
        ("title", text("Repository")),
        ("url", text("${{ steps.publish.output.remoteUrl }}")),
    ]);
    let entity = map([
        ("title", text("Catalog")),
        ("icon", text("catalog")),
        ("entityRef", text("${{ steps.register.output.entityRef }}")),
    ]);
    let links = std::iter::once(repository).chain(described.then_some(entity));
    map([("links", list(links))])
}
