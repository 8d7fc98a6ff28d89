//! The list of diagnostic codes of all crates in the workspace, so that each code is unique and
//! documented. Listing a code here does not imply that this crate knows its subject.

use std::fmt;

/// The severity of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// The input can be used, but is probably not what its author intended.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

macro_rules! codes {
    ($($variant:ident = $name:literal, $severity:ident, $title:literal;)+) => {
        /// The rule that a diagnostic is about. Its text form is `scope/name` in kebab case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $title] $variant,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The text form, such as `spec/unknown-field`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            /// The default severity of its diagnostics.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)+ }
            }

            /// A short summary.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)+ }
            }

            /// The reason for the rule, with a wrong and a right example, as Markdown without a heading.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Code::$variant => include_str!(concat!("../codes/", $name, ".md")),)+
                }
            }
        }
    };
}

codes! {
    YamlNotUtf8 = "yaml/not-utf8", Error, "the file is not UTF-8";
    YamlSyntax = "yaml/syntax", Error, "the file is not valid YAML";
    YamlDuplicateKey = "yaml/duplicate-key", Error, "a map contains a key twice";
    YamlKeyType = "yaml/key-type", Error, "a key is not a string";
    YamlMerge = "yaml/merge", Error, "the value of a merge key is not a map";
    YamlTag = "yaml/tag", Error, "a tag does not match its value";
    YamlLimit = "yaml/limit", Error, "the input exceeds a limit on size, depth or expansion";

    SpecEmpty = "spec/empty", Error, "the file contains no workload";
    SpecUnknownField = "spec/unknown-field", Error, "a field that is not in the specification";
    SpecMissingField = "spec/missing-field", Error, "a required field is missing";
    SpecWrongType = "spec/wrong-type", Error, "a value of the wrong type";
    SpecInvalidValue = "spec/invalid-value", Error, "a value that the specification does not allow";
    SpecInvalidName = "spec/invalid-name", Error, "a name that the specification does not allow";
    SpecDeprecated = "spec/deprecated", Warning, "a form that the specification has deprecated";
    SpecPlaceholderSyntax = "spec/placeholder-syntax", Error, "a placeholder with a syntax error";
    SpecPlaceholderRoot = "spec/placeholder-root", Error, "a placeholder that starts with neither `metadata` nor `resources`";
    SpecPlaceholderNotExpanded = "spec/placeholder-not-expanded", Error, "a placeholder in a field where placeholders are not expanded";
    SpecUnknownResource = "spec/unknown-resource", Error, "a placeholder refers to a resource that the workload does not declare";
    SpecUnknownMetadata = "spec/unknown-metadata", Error, "a placeholder refers to metadata that the workload does not have";
    SpecUnknownContainer = "spec/unknown-container", Error, "`before` refers to a container that the workload does not have";
    SpecBeforeCycle = "spec/before-cycle", Error, "containers wait for each other";
    SpecBeforeWithoutProbe = "spec/before-without-probe", Error, "another container waits until a container without a probe is healthy";
    SpecDuplicatePort = "spec/duplicate-port", Error, "two service ports have the same number";
    SpecLimitBelowRequest = "spec/limit-below-request", Warning, "a resource limit is below the request";
    SpecImageTag = "spec/image-tag", Warning, "an image has neither a tag nor a digest";
    SpecLiteralSecret = "spec/literal-secret", Warning, "a variable seems to contain a secret";
    SpecFileTarget = "spec/file-target", Error, "a file or volume cannot be mounted at this path";

    OverrideInvalid = "override/invalid", Error, "an override with a syntax error";
    OverridePath = "override/path", Error, "an override whose path does not match the document";
    OverrideUnknownWorkload = "override/unknown-workload", Error, "an option names a workload or container that does not exist";
    OverrideImageForAll = "override/image-for-all", Error, "one image is set for several workloads";
    OverrideNoEffect = "override/no-effect", Warning, "an overlay changes nothing";
    OverrideUnusedImage = "override/unused-image", Warning, "no container takes an image";

    ProjectInvalid = "project/invalid", Error, "the project file is not valid";
    ProjectDuplicateWorkload = "project/duplicate-workload", Error, "two workloads have the same name";
    ProjectNameCollision = "project/name-collision", Error, "two objects would have the same name";
    ProjectMissingImage = "project/missing-image", Error, "the image of a container is not set";
    ProjectTooLarge = "project/too-large", Error, "the project exceeds a limit on resources";
    ProjectPublish = "project/publish", Error, "a port cannot be published";
    ProjectUnknownName = "project/unknown-name", Warning, "a setting names a workload or resource that the project does not have";
    ProjectPublishUnheard = "project/publish-unheard", Warning, "no container listens on a published port";

    ResourceUnknownType = "resource/unknown-type", Error, "no provisioner handles a resource";
    ResourceConflict = "resource/conflict", Error, "a shared resource has conflicting declarations";
    ResourceInternal = "resource/internal", Error, "a workload declares or names something that belongs to another part of the project";
    ResourceCycle = "resource/cycle", Error, "resources depend on each other";
    ResourceParams = "resource/params", Error, "the params of a resource do not match the schema of its provisioner";
    ResourceUnknownParam = "resource/unknown-param", Warning, "a param that the provisioner does not define";
    ResourceUnknownOutput = "resource/unknown-output", Error, "a placeholder refers to an output that the resource does not have";
    ResourceUnknownClass = "resource/unknown-class", Warning, "a class that no provisioner of the type has";
    ResourceUnused = "resource/unused", Warning, "a resource is not used";
    ResourceIncompleteUse = "resource/incomplete-use", Warning, "an output is used without another one that it needs";
    ResourceLiteralPort = "resource/literal-port", Warning, "the port number after a host is not one of its ports";
    ResourceNotAVolume = "resource/not-a-volume", Error, "the source of a volume is not a volume resource";
    ResourceUnknownWorkload = "resource/unknown-workload", Error, "a resource refers to a workload or port that does not exist";

    ProvisionerInvalid = "provisioner/invalid", Error, "a provisioner is not valid";
    ProvisionerExpression = "provisioner/expression", Error, "an expression of a provisioner cannot be evaluated";
    ProvisionerInvalidKey = "provisioner/invalid-key", Error, "a key that is not allowed in its place";
    ProvisionerMissingOutput = "provisioner/missing-output", Error, "a provisioner does not produce an output that it declares";
    ProvisionerWrongOutput = "provisioner/wrong-output", Error, "an output does not match its declaration";
    ProvisionerWrongType = "provisioner/wrong-type", Error, "a value for Kubernetes or Compose has the wrong type";
    ProvisionerUnknownContainer = "provisioner/unknown-container", Error, "a patch refers to a container that the workload does not have";
    ProvisionerPatchConflict = "provisioner/patch-conflict", Error, "two resources set the same field of a workload to different values";
    ProvisionerExposedSecret = "provisioner/exposed-secret", Error, "a provisioner exposes a secret";
    ProvisionerNoValue = "provisioner/no-value", Warning, "a template prints `<no value>`";
    ProvisionerTie = "provisioner/tie", Error, "two provisioners of one entry handle the same resources";
    ProvisionerUnknownBase = "provisioner/unknown-base", Error, "a provisioner extends one that does not exist, or itself";
    ProvisionerCommandInput = "provisioner/command-input", Error, "the input of a provisioner command contains a reference";
    ProvisionerCommandRefused = "provisioner/command-refused", Error, "a provisioner command is not allowed to run";
    ProvisionerCommandFailed = "provisioner/command-failed", Error, "a provisioner command failed";
    ProvisionerCommandAnswer = "provisioner/command-answer", Error, "the output of a provisioner command is not a valid answer";
    PatchInvalid = "patch/invalid", Error, "a patch template fails, or its result is wrong";
    StateProvisionerChanged = "state/provisioner-changed", Warning, "a resource with state is handled by another provisioner";
    StateNotDeleted = "state/not-deleted", Warning, "a command was not asked to delete what it has created";
    StateUnknownAnswer = "state/unknown-answer", Warning, "the answer of a command is not known";

    PlanDowntime = "plan/downtime", Warning, "a change makes something unavailable while it is applied";
    PlanExposure = "plan/exposure", Warning, "a change makes more reachable, or gives more rights, than before";
    PlanDeletion = "plan/deletion", Warning, "a change deletes something";
    PlanDataLoss = "plan/data-loss", Error, "a change loses data, or leaves it behind";
    PlanRefused = "plan/refused", Error, "the API server refuses a change";
    PlanUnknown = "plan/unknown", Warning, "the effect of a change is not known";

    PackageLock = "package/lock", Error, "the lock file is not valid";
    PackageMissing = "package/missing", Error, "a locked package is not installed";
    PackageChanged = "package/changed", Error, "a package file differs from the locked version";
    PackageUnlocked = "package/unlocked", Warning, "provisioners that are not pinned";
    PackageMissingProgram = "package/missing-program", Error, "a command of a package needs a file that is not part of it";

    FileNotFound = "file/not-found", Error, "a file does not exist";
    FileOutside = "file/outside-project", Error, "a file is outside the project";
    FileUnreadable = "file/unreadable", Error, "a file cannot be read";
    EnvironmentInvalid = "environment/invalid", Error, "an environment file is not valid";
    EnvironmentUnknown = "environment/unknown", Error, "an environment does not exist";
    EnvironmentParams = "environment/params", Error, "a param of an environment is missing or invalid";
    EnvironmentSameOutput = "environment/same-output", Error, "two environments have the same output";
    EnvironmentUnusedVariable = "environment/unused-variable", Warning, "no resource uses a variable of the settings";
    EnvironmentMissing = "environment/missing", Error, "an environment variable is not set";
    EnvironmentNotAllowed = "environment/not-allowed", Error, "access to an environment variable is not allowed";
    EnvironmentLocked = "environment/locked", Error, "a value that the environment decides";
    EnvironmentPlainSecret = "environment/plain-secret", Warning, "a secret from the environment becomes plain text";

    TemplateInvalid = "template/invalid", Error, "a template has a mistake";
    TemplateParams = "template/params", Error, "a param of a template is missing, unknown or invalid";

    TargetUnsupported = "target/unsupported", Warning, "a feature is not supported by the target";
    TargetUnknownAnnotation = "target/unknown-annotation", Warning, "an unknown annotation";
    TargetEphemeralVolume = "target/ephemeral-volume", Warning, "a volume loses its data with its pod";
    TargetScaling = "target/scaling", Warning, "pods cannot be scaled or evicted as configured";
    TargetInvalid = "target/invalid", Error, "something is not allowed by the target";

    PolicyInvalid = "policy/invalid", Error, "a policy file or a file of waivers is not valid";
    PolicyExpression = "policy/expression", Error, "an expression of a rule cannot be evaluated";
    PolicyViolated = "policy/violated", Error, "a rule does not hold";
    PolicyNotJudged = "policy/not-judged", Warning, "rules do not cover a part of the output";
    PolicyWaiverExpired = "policy/waiver-expired", Warning, "a waiver has ended";
    PolicyWaiverEnding = "policy/waiver-ending", Warning, "a waiver ends soon";
    PolicyWaiverUnused = "policy/waiver-unused", Warning, "a waiver has no effect";

    ExportLossy = "export/lossy", Warning, "a part of the project cannot be exported exactly";
    ExportIncomplete = "export/incomplete", Error, "an export lacks something that the other system needs";

    RunFailed = "run/failed", Error, "the command could not be run";
}

impl Code {
    /// The code with this text form.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// The documentation of the code as Markdown: a first-level heading, the severity with the title,
    /// and the explanation.
    pub fn page(self) -> String {
        format!(
            "# {self}\n\n{}: {}\n\n{}",
            self.severity(),
            self.title(),
            self.explanation()
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_well_formed() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for name in names {
            assert!(
                name.split('/').count() == 2
                    && name
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-/".contains(c)),
                "{name}"
            );
        }
    }
}
