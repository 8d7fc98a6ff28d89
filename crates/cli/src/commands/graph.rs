//! `score-rs graph`.

use std::path::Path;

use score_compiler::model::Model;
use score_graph::{Graph, Layout, dot, html, mermaid, svg};
use score_spec::{Sources, diagnostic::nearest};

use crate::args::{self, GraphFormat};
use crate::commands::Outcome;
use crate::commands::generate::permission_for_inputs;
use crate::commands::resources::described_with_errors;
use crate::host::{Gates, name};
use crate::input::inputs::prepare_one;
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::mark::WORDS;
use crate::output::write::Changes;
use crate::report::console::{self, Console};
use crate::report::failure::{About, Failure};

/// The maximum number of nodes of a drawing, and of edges.
const MOST: (usize, usize) = (10_000, 40_000);

/// Draws a project, even if the input has errors.
pub(crate) fn run(args: &args::Graph, console: &Console) -> Result<Outcome, Failure> {
    let prepared = prepare_one(&args.inputs, args.target.target.as_slice(), console)?;
    let gates = prepared.project.gates.clone();
    let mut permission = permission_for_inputs(&prepared, args.inputs.env_file.as_deref());
    permission.force = args.force;
    let Some((compiled, mut model)) = described_with_errors(prepared, console) else {
        return Ok(Outcome::Errors);
    };
    let outcome = Outcome::of(&compiled.diagnostics);
    let mut graph = Graph::of(&model);
    if let Some(name) = &args.focus {
        graph = graph.focused(name).ok_or_else(|| unknown(name, &graph))?;
        graph.retain_in(&mut model);
    }
    let text = text(args.format(), &graph, &model, &compiled.sources)?;
    match args.output.as_deref() {
        None => print(args.format(), &text)?,
        Some(path) if path.as_os_str() == "-" => print(args.format(), &text)?,
        Some(_) if outcome == Outcome::Errors => {}
        Some(path) => write(path, text, &gates, &permission, console)?,
    }
    Ok(outcome)
}

/// The graph in a format, with the mark of files.
fn text(
    format: GraphFormat,
    graph: &Graph,
    model: &Model,
    sources: &Sources,
) -> Result<String, Failure> {
    let marked = |open: &str, name: &str, close: &str, text: &str| {
        format!(
            "{open} {WORDS} from the Score files of this project: score-rs graph -f {name}{close}\n{text}"
        )
    };
    Ok(match format {
        GraphFormat::Json => format!("{:#}\n", model.to_json(sources)),
        GraphFormat::Mermaid => marked("%%", "mermaid", "", &mermaid(graph)),
        GraphFormat::Dot => marked("//", "dot", "", &dot(graph)),
        GraphFormat::Svg => marked("<!--", "svg", " -->", &svg(graph, &layout(graph)?)),
        GraphFormat::Html => {
            let page = html(graph, &layout(graph)?, model, sources);
            marked("<!--", "html", " -->", &page)
        }
    })
}

fn print(format: GraphFormat, text: &str) -> Result<(), Failure> {
    match format {
        GraphFormat::Json => console::json(text),
        _ => console::result(text.as_bytes()),
    }
}

/// The layout of a graph that a person can look at.
fn layout(graph: &Graph) -> Result<Layout, Failure> {
    let (nodes, edges) = (graph.nodes.len(), graph.edges.len());
    if nodes > MOST.0 || edges > MOST.1 {
        let problem = format!(
            "cannot draw {nodes} nodes and {edges} edges: the limits are {} and {}",
            MOST.0, MOST.1
        );
        return Err(Failure::new(problem)
            .help("add `--focus NAME` to draw a workload or resource with what it needs and what needs it"));
    }
    Ok(Layout::of(graph))
}

fn write(
    path: &Path,
    text: String,
    gates: &Gates,
    permission: &Permission,
    console: &Console,
) -> Result<(), Failure> {
    let located = gates.locate(path).writing(path)?;
    let output = Output::named(located, path, text.into_bytes(), OPEN, Rule::Generated)?;
    let changed = Changes::from(vec![output]).apply(permission)?;
    let verb = if changed.contains(&true) {
        "wrote"
    } else {
        "unchanged"
    };
    console.done(&format!("{verb} {}", name(path)));
    Ok(())
}

/// The error for a name that the graph does not have.
fn unknown(name: &str, graph: &Graph) -> Failure {
    let failure = Failure::new(format!("unknown workload or resource `{name}`"));
    failure.help(match nearest(name, graph.names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`score-rs resources list` prints the uids of resources, and the workloads that need them".to_owned(),
    })
}
