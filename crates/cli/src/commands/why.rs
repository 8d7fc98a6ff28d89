//! `score-rs why`.

mod chart;
mod environment;
mod line;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use score_compiler::{
    Commands, Compiled, FieldPath, Forms, OriginStep, OutputObject, Rendered, Target, UnknownField,
};
use score_spec::Sources;
use score_spec::diagnostic::{any_error, listed, nearest};
use serde_json::json;

use self::chart::ChartFile;
use self::line::{Found, LineContent};
use crate::args::{ListFormat, Subject, Why};
use crate::commands::state::external::Compilation;
use crate::commands::{Outcome, resources, validate};
use crate::input::inputs::prepare_one;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::levels::Rules;

/// The origin of a field or resource.
struct Answer {
    /// The kind and name of the object; absent for a resource.
    object: Option<(String, String)>,
    /// The path of the field, or the uid of the resource.
    name: String,
    steps: Vec<OriginStep>,
}

/// Prints the origin of a line, field or resource.
pub(crate) fn run(args: &Why, console: &Console) -> Result<Outcome, Failure> {
    let mut args = args.clone();
    // Only an object is followed by a path.
    if !matches!(args.uid, Subject::Object { .. }) {
        let file = args.path.take().map(Into::into);
        args.inputs.files.splice(0..0, file);
    }
    let found = match &args.uid {
        Subject::Line { file, line } => Some(line::find(file, *line)?),
        _ => None,
    };
    if let Subject::Line { file, .. } = &args.uid {
        environment::select(file, &mut args.inputs);
    }
    if args.target.target.is_none() {
        args.target.target = found.as_ref().map(|it| it.target().to_owned());
    }
    let mut prepared = prepare_one(&args.inputs, args.target.target.as_slice(), console)?;
    let levels = prepared.levels(Rules::default());
    if prepared.is_broken() {
        let part = validate::partial(prepared, &levels, console);
        validate::report_broken(vec![part], console);
        return Ok(Outcome::Errors);
    }
    let compiler = prepared.request.compiler;
    prepared.request.compiler = compiler.with_commands(Commands::Skip);
    let target = prepared.request.target;
    let compiled = prepared.request.compiler;
    let compiled = compiled.compile(&prepared.disk, prepared.request.texts);
    // The templates show which fields have the values of a chart.
    let forms = Forms {
        files: matches!(found, Some(LineContent::Values(_))),
        objects: true,
    };
    let mut rendered = compiled.render_as(target, forms);
    let objects = rendered.objects.take().unwrap_or_default();
    let search = Search {
        compiled: &compiled,
        rendered: &rendered,
        objects: &objects,
        target,
    };
    let answers = search.answers(&args, found.as_ref());
    let mut compilation = Compilation::from(rendered);
    let outcome = compilation.report(prepared.project.diagnostics, &levels, console);
    let Some(answers) = answers? else {
        return Ok(outcome);
    };
    let sources = &compilation.compiled.sources;
    match args.format {
        ListFormat::Table => console::lines(&text(&answers, sources))?,
        ListFormat::Json => {
            let answers: serde_json::Value = answers.iter().map(|it| it.json(sources)).collect();
            console::json(&format!("{answers:#}\n"))?;
        }
    }
    Ok(outcome)
}

/// A project in which origins are looked up.
struct Search<'a> {
    compiled: &'a Compiled<'a>,
    rendered: &'a Rendered,
    objects: &'a [OutputObject],
    target: &'static dyn Target,
}

impl Search<'_> {
    /// The answers; absent if the output has errors, so that there are no objects.
    fn answers(
        &self,
        args: &Why,
        line: Option<&LineContent>,
    ) -> Result<Option<Vec<Answer>>, Failure> {
        if let Subject::Resource(uid) = &args.uid {
            return self.resource(uid).map(|it| it.map(|it| vec![it]));
        }
        if any_error(&self.rendered.diagnostics) {
            return Ok(None);
        }
        let mut objects = self.objects.to_vec();
        objects.extend(self.compiled.entries(self.rendered, self.target));
        let answers = match (&args.uid, line) {
            (Subject::Object { kind, name }, _) => {
                let path = path(args.path.as_deref().unwrap_or_default())?;
                let object = self.object(&objects, kind, name, None)?;
                vec![self.field(object, &path)?]
            }
            (_, Some(LineContent::Fields(found))) => self.fields(&objects, found)?,
            (_, Some(LineContent::Values(values))) => self.values(&objects, values)?,
            (_, None) => return Ok(None),
        };
        Ok(Some(answers))
    }

    /// The origins of the fields in a line.
    fn fields(&self, objects: &[OutputObject], found: &Found) -> Result<Vec<Answer>, Failure> {
        let namespace = found.namespace.as_deref();
        let object = self.object(objects, &found.kind, &found.name, namespace)?;
        let answers = found.paths.iter().map(|path| self.field(object, path));
        answers.collect()
    }

    /// The origins of the fields that use values of a chart.
    fn values(
        &self,
        objects: &[OutputObject],
        values: &[Vec<String>],
    ) -> Result<Vec<Answer>, Failure> {
        let mut answers: Vec<Answer> = Vec::new();
        let templates = self.rendered.files.iter().filter_map(|file| {
            let path = Path::new(file.path.as_deref()?);
            let is_template = ChartFile::of(path) == Some(ChartFile::Template);
            file.redact().filter(|_| is_template)
        });
        for template in templates {
            for value in values {
                let lines = chart::uses(&template, value).into_iter();
                for found in lines.filter_map(|line| line::template_line(&template, line)) {
                    let known = |answer: &Answer| answers.iter().any(|it| it.is_same(answer));
                    let new = self.fields(objects, &found).unwrap_or_default();
                    let new: Vec<Answer> = new.into_iter().filter(|it| !known(it)).collect();
                    answers.extend(new);
                }
            }
        }
        if answers.is_empty() {
            let values: Vec<String> = values.iter().map(|it| it.join(".")).collect();
            let values = values.join("` or `");
            let problem = format!("by default, no field of an object has the value `{values}`");
            return Err(Failure::new(problem).help(line::NAME_IT));
        }
        Ok(answers)
    }

    /// The origin of a resource; absent if it has no provisioner, which is an error.
    fn resource(&self, uid: &str) -> Result<Option<Answer>, Failure> {
        let steps = self
            .compiled
            .origin_of_resource(self.rendered, self.target, uid);
        if steps.is_empty() {
            let is_known = self.rendered.project.uids().any(|known| known == uid);
            let unknown = || Err(resources::unknown(uid, self.rendered));
            return if is_known { Ok(None) } else { unknown() };
        }
        Ok(Some(Answer {
            object: None,
            name: uid.to_owned(),
            steps,
        }))
    }

    /// The object with this kind and name, preferably in the namespace.
    fn object<'o>(
        &self,
        objects: &'o [OutputObject],
        kind: &str,
        name: &str,
        namespace: Option<&str>,
    ) -> Result<&'o OutputObject, Failure> {
        let of_name = || {
            let fits = |it: &&OutputObject| it.name == name && it.kind.eq_ignore_ascii_case(kind);
            objects.iter().filter(fits)
        };
        // The names of objects in provisioners can contain values from outside.
        let is_shown =
            |it: &&OutputObject| it.place.is_none() || !self.rendered.has_external_values;
        let exact = of_name().find(|it| it.namespace.as_deref() == namespace);
        if let Some(object) = exact.or_else(|| of_name().next()) {
            return Ok(object);
        }
        let wanted = format!("{kind}/{name}");
        let known: BTreeSet<String> = objects.iter().filter(is_shown).map(title).collect();
        let known = || known.iter().map(String::as_str);
        let target = self.target.name();
        let failure = Failure::new(format!(
            "the output for `{target}` has no object `{wanted}`"
        ));
        Err(match nearest(&wanted, known()) {
            Some(meant) => failure.help(format!("did you mean `{meant}`?")),
            None if known().next().is_none() => failure,
            None => failure.help(format!("the objects are {}", listed(known()))),
        })
    }

    /// Whether a provisioner has written the object or can have changed it.
    fn has_parts(&self, object: &OutputObject) -> bool {
        let mut written = self.rendered.app.written.values();
        object.place.is_some()
            || written.any(|it| !it.patches.is_empty() || !it.workload_patches.is_empty())
    }

    fn field(&self, object: &OutputObject, path: &FieldPath) -> Result<Answer, Failure> {
        let path = object.field(path).map_err(|mut field| {
            // So can the fields that provisioners write.
            if self.rendered.has_external_values && self.has_parts(object) {
                field.known.clear();
            }
            unknown(object, &field)
        })?;
        let steps = self
            .compiled
            .origin(self.rendered, self.target, object, &path.steps());
        Ok(Answer {
            object: Some((object.kind.clone(), object.name.clone())),
            name: path.to_string(),
            steps,
        })
    }
}

/// The path in an argument.
fn path(text: &str) -> Result<FieldPath, Failure> {
    text.parse().map_err(|reason| {
        Failure::new(format!("invalid path `{text}`: {reason}"))
            .help("a path is like `spec.ports[http].port` or `metadata.labels[example.com/team]`")
    })
}

fn title(object: &OutputObject) -> String {
    format!("{}/{}", object.kind, object.name)
}

fn unknown(object: &OutputObject, field: &UnknownField) -> Failure {
    let title = title(object);
    let parent = if field.parent.is_empty() {
        String::new()
    } else {
        format!("`{}` of ", field.parent)
    };
    let failure = Failure::new(format!("{parent}`{title}` has no `{}`", field.name));
    let known = || field.known.iter().map(String::as_str);
    match nearest(&field.name, known()) {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None if field.known.is_empty() => failure,
        None => failure.help(format!("it has {}", listed(known()))),
    }
}

/// The answers as text: the path, then a line for each step.
fn text(answers: &[Answer], sources: &Sources) -> String {
    let mut text = String::new();
    let has_several = answers.windows(2).any(|it| it[0].object != it[1].object);
    for (index, answer) in answers.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let (name, title) = (&answer.name, answer.title());
        if name.is_empty() {
            text.push_str(&title);
        } else if has_several {
            let _ = write!(text, "{title} {name}");
        } else {
            text.push_str(name);
        }
        text.push('\n');
        let places = answer.steps.iter().map(|it| place(it, sources));
        let places: Vec<String> = places.collect();
        let width = places.iter().map(|it| it.chars().count()).max();
        let width = width.unwrap_or_default();
        for (step, place) in answer.steps.iter().zip(&places) {
            let role = step.role.name();
            let about = &step.about;
            let _ = writeln!(text, "  {role:<9}  {place:<width$}  {about}");
        }
    }
    text
}

/// The place of a step, as in messages; empty for what score-rs makes.
fn place(step: &OriginStep, sources: &Sources) -> String {
    let Some(span) = step.span else {
        return String::new();
    };
    let file = &sources.get(span.source).name;
    if file.starts_with("--") {
        return file.clone();
    }
    let line = sources.position(span.source, span.range().start).line;
    format!("{file}:{line}")
}

impl Answer {
    /// Whether it is about the same field.
    fn is_same(&self, other: &Self) -> bool {
        self.object == other.object && self.name == other.name
    }

    /// The kind and name of the object; empty for a resource.
    fn title(&self) -> String {
        let object = self.object.as_ref();
        object.map_or_else(String::new, |(kind, name)| format!("{kind}/{name}"))
    }

    fn json(&self, sources: &Sources) -> serde_json::Value {
        let step = |step: &OriginStep| {
            let place = step.span.map(|span| {
                let file = &sources.get(span.source).name;
                let position = sources.position(span.source, span.range().start);
                (file, position)
            });
            json!({
                "role": step.role.name(),
                "file": place.map(|(file, _)| file),
                "line": place.map(|(_, position)| position.line),
                "column": place.map(|(_, position)| position.column),
                "about": step.about,
            })
        };
        let steps: serde_json::Value = self.steps.iter().map(step).collect();
        match &self.object {
            Some((kind, name)) => {
                json!({"kind": kind, "name": name, "path": self.name, "steps": steps})
            }
            None => json!({"uid": self.name, "steps": steps}),
        }
    }
}
