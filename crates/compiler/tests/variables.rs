//! Values of environment variables in the settings.

use score_compiler::{
    Compiler, Compose, EnvironmentId, Helm, Inputs, Kubernetes, Memory, Rendered, Target,
};
use score_spec::Code;

const SPEC: &str = "{apiVersion: score.dev/v1b1, metadata: {name: web}, containers: {main: {image: nginx:1, \
    variables: {A: '${resources.env.REGION}'}}}, resources: {env: {type: environment}}}";

fn rendered(compiler: &Compiler, spec: &str, target: &dyn Target) -> Rendered {
    let world = Memory::new().with_variable("REGION", "of the run");
    let inputs = Inputs::new().with_spec("score.yaml", spec);
    compiler.compile(&world, inputs).render(target)
}

fn project(variables: &str) -> Compiler {
    let text = format!("{{apiVersion: score-rs/v1, kind: Project, variables: {variables}}}");
    Compiler::new().with_project("score-rs.yaml", text)
}

#[test]
fn unused_variables_are_reported() {
    let environment = || EnvironmentId {
        name: "prod".to_owned(),
        kind: None,
    };
    let targets: [&dyn Target; 3] = [
        &Compose::default(),
        &Kubernetes::default(),
        &Helm::default(),
    ];
    let broken = SPEC.replace("resources.env.", "resources.none.");
    for (variables, spec, without, within) in [
        ("{REGION: a}", SPEC, false, false),
        ("{REGIN: a}", SPEC, true, true),
        ("{OTHER: a}", SPEC, false, true),
        // Both cannot be meant to be the same one.
        ("{REGION: a, REGIN: a}", SPEC, false, true),
        // A part with errors may use it.
        ("{OTHER: a}", &broken, false, false),
    ] {
        for target in targets {
            let name = target.name();
            let run = |compiler: &Compiler| {
                let found = rendered(compiler, spec, target).diagnostics;
                let mut codes = found.iter().map(|it| it.code);
                codes.any(|code| code == Code::EnvironmentUnusedVariable)
            };
            let compiler = project(variables);
            assert_eq!(run(&compiler), without, "{variables} {name}");
            let compiler = compiler.with_environment_id(environment());
            assert_eq!(run(&compiler), within, "{variables} {name} prod");
        }
    }
}

#[test]
fn settings_are_no_external_values() {
    let spec = SPEC.replace("REGION", "SITE");
    for (spec, is_external) in [(spec.as_str(), false), (SPEC, true)] {
        let rendered = rendered(
            &project("{REGION: a, SITE: b}"),
            spec,
            &Kubernetes::default(),
        );
        assert_eq!(rendered.diagnostics, []);
        assert_eq!(rendered.has_external_values, is_external);
    }
}

#[test]
fn variables_of_score_rs_cannot_be_set() {
    for name in ["SCORE_RS_KEY", "score_rs_key"] {
        let compiler = project(&format!("{{{name}: a}}"));
        let found = rendered(&compiler, SPEC, &Compose::default()).diagnostics;
        let codes: Vec<_> = found.iter().map(|it| it.code).collect();
        assert_eq!(codes, [Code::ProjectInvalid], "{name}");
    }
}
