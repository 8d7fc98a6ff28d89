//! A custom target with its own options: a list of images, ports and variables.
#![allow(clippy::print_stdout, reason = "the output of a program")]

use score_compiler::ir::{Ref, Sealed};
use score_compiler::{App, Compiler, Inputs, Memory, Needs, OutputFile, Target, Text};
use score_spec::{Code, Diagnostic};

/// An inventory in plain text.
#[derive(Debug, Default)]
struct Inventory {
    /// The team that is responsible.
    owner: Option<String>,
    /// Whether variables are listed.
    variables: bool,
}

impl Target for Inventory {
    fn name(&self) -> &'static str {
        "inventory"
    }

    fn needs(&self) -> Needs {
        // Environment variables remain references, and the list contains their names.
        Needs::default()
    }

    fn render(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputFile> {
        let mut text = Text::from("# Inventory\n");
        match &self.owner {
            Some(owner) => text.push_str(&format!("owner: {owner}\n")),
            None => found.push(
                Diagnostic::new(Code::TargetInvalid, "an inventory needs an owner")
                    .help("set the field `owner`"),
            ),
        }
        for component in app.components.values() {
            text.push_str(&format!("\n{}\n", component.name));
            for (name, port) in &component.ports {
                text.push_str(&format!("  port {name}: {}\n", port.port));
            }
            for container in component.containers.values() {
                text.push_str(&format!("  image {}\n", container.image));
                for (name, value) in container.variables.iter().filter(|_| self.variables) {
                    text.push_str(&format!("  {name} = "));
                    text.append(self.written(app, value));
                    text.push_str("\n");
                }
            }
        }
        vec![OutputFile::text(None, text)]
    }

    fn default_output(&self) -> &'static str {
        "inventory.txt"
    }
}

impl Inventory {
    /// A value in which secrets remain sealed until the file is written.
    fn written(&self, app: &App, text: &Text) -> Text<Sealed> {
        self.resolve(app, text).map(|reference| match reference {
            Ref::Secret(secret) => secret.clone().into(),
            Ref::Env { name, .. } => format!("${{{name}}}").into(),
            Ref::Variable(name) => format!("$({name})").into(),
            Ref::KeyRef(held) => format!("[{} of {}]", held.key, held.object).into(),
            // `resolve` has inserted these, and parameters exist only for targets that need them.
            Ref::Host(_) | Ref::Port { .. } | Ref::Parameter(_) => Text::new(),
        })
    }
}

const SCORE: &str = "\
apiVersion: score.dev/v1b1
metadata:
  name: web
service:
  ports:
    http: {port: 8080}
containers:
  main:
    image: ghcr.io/example/web:1
    variables:
      REGION: ${resources.env.REGION}
      CACHE: redis://:${resources.cache.password}@${resources.cache.host}:${resources.cache.port}
resources:
  cache:
    type: redis
  env:
    type: environment
";

fn main() {
    let compiler = Compiler::new();
    let world = Memory::new();
    let compiled = compiler.compile(&world, Inputs::new().with_spec("score.yaml", SCORE));
    let inventory = Inventory {
        owner: Some("shop".to_owned()),
        variables: true,
    };
    let rendered = compiled.render(&inventory);
    print!("{}", rendered.report());
    for file in &rendered.files {
        print!("{}", file.redact().unwrap_or_default());
    }
    let rendered = compiled.render(&Inventory::default());
    print!("\n{}", rendered.report());
}
