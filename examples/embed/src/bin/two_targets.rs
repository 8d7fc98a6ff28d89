//! Compiles a project once and renders it for two targets in memory.
#![allow(clippy::print_stdout, reason = "the output of a program")]

use score_compiler::{Compiler, Compose, Inputs, Kubernetes, Memory, ProjectKey, Target};

const PROJECT: &str = "\
apiVersion: score-rs/v1
kind: Project
name: shop
kubernetes:
  profile: restricted
";

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
      CACHE: redis://:${resources.cache.password}@${resources.cache.host}:${resources.cache.port}
resources:
  cache:
    type: redis
";

fn main() {
    let compiler = Compiler::new().with_project("score-rs.yaml", PROJECT);
    let world = Memory::new();
    let compiled = compiler.compile(&world, Inputs::new().with_spec("score.yaml", SCORE));
    let compose = Compose::default();
    // Options of a target override the settings of the project file.
    let kubernetes = Kubernetes {
        namespace: Some("shop".to_owned()),
        ..Kubernetes::default()
    };
    // All secrets are derived from a key, which a real program must store.
    let key = ProjectKey::new([7; 32]);
    for target in [&compose as &dyn Target, &kubernetes] {
        let rendered = compiled.render(target);
        print!("{}", rendered.report());
        for file in &rendered.files {
            let path = file.path.as_deref().unwrap_or(target.default_output());
            let bytes = file.reveal(&key);
            println!("# {path}: {} bytes, mode {:o}", bytes.len(), file.mode);
            println!("{}", file.redact().unwrap_or_default());
        }
    }
}
