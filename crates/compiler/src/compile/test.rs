//! Inputs and results of provisioner tests.

use super::{Inputs, Rendered};
use crate::graph::Project;
use crate::provisioner::Provisioner;
use crate::provisioner::test::{ProvisionerTest, UNDER_TEST, to_yaml};

impl Inputs {
    /// Adds the Score file of a test to the inputs: a workload `test` with one container, which has
    /// a variable for each output, and the resource `it`. The resource has the class and the id of
    /// the provisioner, if it has any, unless the test sets them.
    #[must_use]
    pub fn with_test(self, provisioner: &Provisioner, test: &ProvisionerTest) -> Self {
        let name = format!("{}, test {}", provisioner.file, test.name);
        let inputs = self.with_spec(&name, to_yaml(&test.spec(provisioner)));
        match &test.workload {
            Some(workload) => {
                inputs.with_overrides(None, &(name + ", workload"), to_yaml(workload))
            }
            None => inputs,
        }
    }
}

impl Rendered {
    /// The uid of the tested resource, if the inputs have a test and the project has the resource.
    pub fn resource_under_test(&self) -> Option<String> {
        let mut workloads = self.project.workloads.values();
        workloads.find_map(|workload| Project::uid(workload, UNDER_TEST))
    }
}
