//! A provisioner in Rust: it runs a server with a volume for each bucket, and returns outputs, including a
//! secret.
#![allow(clippy::print_stdout, reason = "the output of a program")]

use score_compiler::{
    Answer, Compiler, Compose, Inputs, Kubernetes, Memory, Provision, Query, ServerComponent,
    Target, Text,
};
use score_spec::{Code, Diagnostic, Value};

/// Provides buckets.
struct Buckets {
    image: &'static str,
}

impl Provision for Buckets {
    fn name(&self) -> &'static str {
        "buckets in Rust"
    }

    fn declaration(&self) -> &'static str {
        "
apiVersion: score-rs/v1
kind: Provisioner
type: bucket
description: A bucket on a dedicated server
params:
  properties:
    size: {type: integer, minimum: 1, default: 1}
outputs:
  properties:
    url: {type: string}
    token: {type: string, secret: true}
    region: {type: string}
"
    }

    fn answer(&self, query: &Query<'_>) -> Result<Answer, Box<Diagnostic>> {
        let size = match query.param("size") {
            Some(Value::Number(size)) => size.as_u64().unwrap_or(1),
            _ => 1,
        };
        if size > 100 {
            let message = format!("a bucket of {size} GiB is too large");
            let problem = Diagnostic::new(Code::ResourceParams, message);
            return Err(problem.help("use a `size` of at most 100").into());
        }
        let token = query.secret("token")?;
        let mut url = Text::from("http://");
        url.append(query.host("server"));
        url.push_str(":");
        url.append(query.port("server", "http"));
        let server = ServerComponent::new(self.image)
            .with_port("http", 9000)
            .with_volume("/data", "data", &format!("{size}Gi"))
            .with_variable("TOKEN", token.clone())
            .with_ready(["bucketd", "ping"]);
        Ok(Answer::new()
            .with_output("url", url)
            .with_output("token", token)
            .with_output("region", "local")
            .with_component("server", server))
    }
}

const SCORE: &str = "\
apiVersion: score.dev/v1b1
metadata:
  name: web
containers:
  main:
    image: ghcr.io/example/web:1
    variables:
      BUCKET: ${resources.photos.url}/${resources.photos.region}
      TOKEN: ${resources.photos.token}
resources:
  photos:
    type: bucket
    params: {size: 5}
";

fn main() {
    let image = "ghcr.io/example/bucketd:2";
    let compiler = Compiler::new().with_native(Buckets { image });
    let world = Memory::new();
    let inputs = Inputs::new().with_spec("score.yaml", SCORE);
    let compiled = compiler.compile(&world, inputs);
    for target in [&Compose::default() as &dyn Target, &Kubernetes::default()] {
        let rendered = compiled.render(target);
        print!("{}", rendered.report());
        for file in &rendered.files {
            let path = file.path.as_deref().unwrap_or(target.default_output());
            println!("# {path}\n{}", file.redact().unwrap_or_default());
        }
    }
    // An error of the provisioner becomes a diagnostic.
    let inputs = Inputs::new().with_spec("score.yaml", SCORE.replace("size: 5", "size: 500"));
    print!("{}", compiler.compile(&world, inputs).diagnostics());
}
