//! The one list of codes that diagnostics carry, for all crates of the workspace, so that each is
//! unique and documented. A name here implies no knowledge of what it names.

use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// The input can be used, but probably does not mean what its author thinks.
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

            /// The severity of its diagnostics unless something raises or lowers it.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)+ }
            }

            /// What the code is about, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)+ }
            }

            /// Why the rule exists, with a wrong and a right example, as Markdown without a heading.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Code::$variant => include_str!(concat!("../codes/", $name, ".md")),)+
                }
            }
        }
    };
}

codes! {
    YamlNotUtf8 = "yaml/not-utf8", Error, "the text is not UTF-8";
    YamlSyntax = "yaml/syntax", Error, "the text is not YAML";
    YamlDuplicateKey = "yaml/duplicate-key", Error, "a map has the same key twice";
    YamlKeyType = "yaml/key-type", Error, "a key is not a string";
    YamlMerge = "yaml/merge", Error, "a merge key does not name a map";
    YamlTag = "yaml/tag", Error, "a tag does not fit its value";
    YamlLimit = "yaml/limit", Error, "the text is too large, too deep, or expands too far";

    SpecEmpty = "spec/empty", Error, "the text contains no workload";
    SpecUnknownField = "spec/unknown-field", Error, "a field that the specification does not have";
    SpecMissingField = "spec/missing-field", Error, "a required field is missing";
    SpecWrongType = "spec/wrong-type", Error, "a value of the wrong type";
    SpecInvalidValue = "spec/invalid-value", Error, "a value that the specification does not allow";
    SpecInvalidName = "spec/invalid-name", Error, "a name that the specification does not allow";
    SpecDeprecated = "spec/deprecated", Warning, "a form that the specification has deprecated";
    SpecPlaceholderSyntax = "spec/placeholder-syntax", Error, "a placeholder that cannot be read";
    SpecPlaceholderRoot = "spec/placeholder-root", Error, "a placeholder that begins with neither `metadata` nor `resources`";
    SpecPlaceholderNotExpanded = "spec/placeholder-not-expanded", Error, "a placeholder where none is expanded";
    SpecUnknownResource = "spec/unknown-resource", Error, "a placeholder names a resource that the workload does not declare";
    SpecUnknownMetadata = "spec/unknown-metadata", Error, "a placeholder names metadata that the workload does not have";
    SpecUnknownContainer = "spec/unknown-container", Error, "`before` names a container that the workload does not have";
    SpecBeforeCycle = "spec/before-cycle", Error, "containers wait for each other";
    SpecBeforeWithoutProbe = "spec/before-without-probe", Error, "a container is waited for until it is healthy, but has no probe";
    SpecDuplicatePort = "spec/duplicate-port", Error, "two service ports have the same number";
    SpecLimitBelowRequest = "spec/limit-below-request", Warning, "a container may use less than it needs";
    SpecImageTag = "spec/image-tag", Warning, "an image has neither a tag nor a digest";
    SpecLiteralSecret = "spec/literal-secret", Warning, "a variable seems to hold a secret";
    SpecFileTarget = "spec/file-target", Error, "a file or volume cannot be mounted at this path";

    OverrideInvalid = "override/invalid", Error, "an override that cannot be read";
    OverridePath = "override/path", Error, "an override whose path does not fit the document";
    OverrideUnknownWorkload = "override/unknown-workload", Error, "an option names a workload or container that does not exist";
    OverrideImageForAll = "override/image-for-all", Error, "one image is given for several workloads";

    ProjectInvalid = "project/invalid", Error, "the project file is not valid";
    ProjectDuplicateWorkload = "project/duplicate-workload", Error, "two workloads have the same name";
    ProjectNameCollision = "project/name-collision", Error, "two things would get the same name";
    ProjectMissingImage = "project/missing-image", Error, "a container's image is left open";
    ProjectTooLarge = "project/too-large", Error, "the project has too many resources";
    ProjectPublish = "project/publish", Error, "a port cannot be published";
    ProjectPublishUnheard = "project/publish-unheard", Warning, "no container listens on a published port";

    ResourceUnknownType = "resource/unknown-type", Error, "no provisioner answers a resource";
    ResourceConflict = "resource/conflict", Error, "a shared resource is declared differently";
    ResourceCycle = "resource/cycle", Error, "resources need each other";
    ResourceParams = "resource/params", Error, "a resource's params do not fit its provisioner";
    ResourceUnknownParam = "resource/unknown-param", Warning, "a param that the provisioner does not know";
    ResourceUnknownOutput = "resource/unknown-output", Error, "a placeholder names an output that the resource does not have";
    ResourceUnknownClass = "resource/unknown-class", Warning, "a class that no provisioner of the type names";
    ResourceUnused = "resource/unused", Warning, "nothing uses a resource";
    ResourceIncompleteUse = "resource/incomplete-use", Warning, "an output is used without another one that it needs";
    ResourceLiteralPort = "resource/literal-port", Warning, "a number behind a host leads to no port";
    ResourceNotAVolume = "resource/not-a-volume", Error, "a volume's source is not a volume resource";
    ResourceUnknownWorkload = "resource/unknown-workload", Error, "a resource refers to a workload or port that does not exist";

    ProvisionerInvalid = "provisioner/invalid", Error, "a provisioner is not valid";
    ProvisionerExpression = "provisioner/expression", Error, "an expression of a provisioner cannot be evaluated";
    ProvisionerInvalidKey = "provisioner/invalid-key", Error, "a key that is not possible where it is";
    ProvisionerMissingOutput = "provisioner/missing-output", Error, "a provisioner does not produce an output that it declares";
    ProvisionerWrongOutput = "provisioner/wrong-output", Error, "an output is not what its provisioner declares";
    ProvisionerWrongType = "provisioner/wrong-type", Error, "a value for Kubernetes is of the wrong type";
    ProvisionerUnknownContainer = "provisioner/unknown-container", Error, "a patch names a container that the workload does not have";
    ProvisionerPatchConflict = "provisioner/patch-conflict", Error, "two resources change the same thing of a workload";
    ProvisionerExposedSecret = "provisioner/exposed-secret", Error, "a provisioner puts a secret where it could be read";
    ProvisionerTie = "provisioner/tie", Error, "two provisioners of one entry are for the same resources";
    ProvisionerCommandInput = "provisioner/command-input", Error, "a command of a provisioner would get a reference";
    ProvisionerCommandRefused = "provisioner/command-refused", Error, "a command of a provisioner may not run";
    ProvisionerCommandFailed = "provisioner/command-failed", Error, "a command of a provisioner failed";
    ProvisionerCommandAnswer = "provisioner/command-answer", Error, "a command of a provisioner wrote something else than an answer";
    StateProvisionerChanged = "state/provisioner-changed", Warning, "a resource with state has another provisioner now";
    StateUnknownAnswer = "state/unknown-answer", Warning, "the answer of a command is not known";

    PackageLock = "package/lock", Error, "the lock file is not valid";
    PackageMissing = "package/missing", Error, "a locked package is not installed";
    PackageChanged = "package/changed", Error, "a file of a package is not what was locked";
    PackageUnlocked = "package/unlocked", Warning, "provisioners that nothing pins";
    PackageMissingProgram = "package/missing-program", Warning, "a command of a package needs a file that is not part of it";

    FileNotFound = "file/not-found", Error, "a file cannot be found";
    FileOutside = "file/outside-project", Error, "a file lies outside the project";
    FileUnreadable = "file/unreadable", Error, "a file cannot be read";
    EnvironmentMissing = "environment/missing", Error, "an environment variable is not set";
    EnvironmentNotAllowed = "environment/not-allowed", Error, "an environment variable may not be read";
    EnvironmentPlainSecret = "environment/plain-secret", Warning, "a secret of the environment becomes plain text";

    TargetUnsupported = "target/unsupported", Warning, "the target cannot express something";
    TargetUnknownAnnotation = "target/unknown-annotation", Warning, "no target knows an annotation";
    TargetEphemeralVolume = "target/ephemeral-volume", Warning, "a volume loses its data with its pod";
    TargetScaling = "target/scaling", Warning, "pods cannot be scaled or moved as asked for";
    TargetInvalid = "target/invalid", Error, "the target does not allow something";
}

impl Code {
    /// The code with this text form.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// All that there is to say about the code, as Markdown: a heading of the first level, the
    /// severity with the title, and the explanation.
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
