//! Charts with more workloads than are kept in memory at a time.

use score_compiler::{Compiler, Helm, Inputs, Memory, Rendered};

/// Every resource of this type has a shared object and a separate one.
const PROVISIONER: &str = "
apiVersion: score-rs/v1
kind: Provisioner
type: thing
kubernetes:
  - apiVersion: v1
    kind: ServiceAccount
    metadata: {name: everyone}
  - apiVersion: v1
    kind: ServiceAccount
    metadata: {name: '{{ name() }}'}
";

fn chart(workloads: usize) -> Rendered {
    let compiler = Compiler::new().with_provisioners("thing.yaml", PROVISIONER);
    let inputs = (0..workloads).fold(Inputs::new(), |inputs, number| {
        let text = format!(
            "{{apiVersion: score.dev/v1b1, metadata: {{name: w{number:02}}}, containers: {{main: \
             {{image: nginx:1}}}}, resources: {{it: {{type: thing}}}}}}"
        );
        inputs.with_spec(&format!("w{number:02}.yaml"), text)
    });
    let world = Memory::new();
    compiler.compile(&world, inputs).render(&Helm::default())
}

/// With few workloads objects are kept, with many they are created twice.
#[test]
fn an_object_that_many_need_is_in_a_chart_once() {
    for workloads in [2, 40] {
        let compiled = chart(workloads);
        assert_eq!(compiled.diagnostics, []);
        let paths = compiled.files.iter().filter_map(|it| it.path.as_deref());
        let accounts: Vec<&str> = paths
            .filter(|path| path.contains("-serviceaccount"))
            .collect();
        let shared = accounts.iter().filter(|path| path.contains("everyone"));
        assert_eq!((shared.count(), accounts.len()), (1, workloads + 1));
    }
}
