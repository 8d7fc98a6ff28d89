//! The options of `score-rs init` and their help texts.

use std::path::PathBuf;

use clap::Args;

use super::{ListFormat, project_name};

/// Write a sample Score file, and settings to the project file
///
/// The workload is named after the file if that is NAME.score.yaml, otherwise after its folder. An
/// existing Score file is not changed. The project file `score-rs.yaml` is written only for the options
/// that are settings. If it exists, what it does not contain yet is added, and everything else is kept. No
/// other command depends on this one.
///
/// With `--template`, the files of a template are written to the working folder. They are validated with the
/// project in all its environments first, and no existing file is replaced.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs init                        write score.yaml
  score-rs init --list                 print the templates
  score-rs init --template api --param image=registry.example/api:1.0
                                       write the files of a template
  score-rs init -f web/score.yaml      write it to a folder, which is created if necessary
  score-rs init -f -                   print it
  score-rs init --project shop         also write score-rs.yaml with the name of the project
  score-rs init --no-sample --provisioners platform/
                                       use the provisioners of a folder of the project
  score-rs init --provisioners https://example.com/queues.yaml
                                       install a package, and use it")]
pub(crate) struct Init {
    /// The Score file to write; `-` prints to standard output
    // `-f` as in score-compose; in other commands it is `--format`.
    #[arg(
        long,
        short_alias = 'f',
        value_name = "FILE|-",
        default_value = "score.yaml"
    )]
    pub(crate) file: PathBuf,
    /// Set the name of the project
    ///
    /// A name that the project file already contains is not changed.
    #[arg(short, long, alias = "project-name", value_name = "NAME", value_parser = project_name)]
    pub(crate) project: Option<String>,
    /// Use the provisioners of a file, a folder or a package
    ///
    /// Files and folders of the project are added to `provisioners` in the project file, and read in
    /// place. Everything else is installed as by `packages add`, and added there as `package:NAME`.
    /// Besides the sources of that command, URIs of score-compose and score-k8s are accepted, such as
    /// `git-https://HOST/REPO.git/PATH`. Can be repeated; the last one takes precedence.
    #[arg(long, value_name = "FILE|FOLDER|SOURCE")]
    pub(crate) provisioners: Vec<String>,
    /// Use a patch template
    ///
    /// It is added to `patchTemplates` in the project file: for Kubernetes if it uses `.Manifests` or `.Namespace`, else
    /// for Compose. A file outside the project, or at a URI that `--provisioners` accepts, is copied to `patch-NAME.tpl`
    /// in the project, once; remove the copy to fetch it again. Can be repeated; earlier templates for the same platform
    /// are replaced.
    #[arg(long, value_name = "FILE|SOURCE")]
    pub(crate) patch_templates: Vec<String>,
    /// Do not use the built-in provisioners: set `builtins: []`
    #[arg(long)]
    pub(crate) no_default_provisioners: bool,
    /// Do not write a Score file
    #[arg(long)]
    pub(crate) no_sample: bool,
    /// Write the files of a template
    ///
    /// NAME is one of the project, in its folder `templates`, or a built-in one. PACKAGE/NAME is one of an
    /// installed package. A folder that could be a name is written as `./FOLDER`.
    #[arg(
        help_heading = "Templates",
        short,
        long,
        value_name = "NAME|PACKAGE/NAME|FOLDER",
        conflicts_with_all = ["file", "project", "provisioners", "patch_templates", "no_default_provisioners", "no_sample"]
    )]
    pub(crate) template: Option<String>,
    /// Set a param of the template
    ///
    /// Can be repeated. On a terminal, params without a value are asked for.
    #[arg(
        help_heading = "Templates",
        long,
        value_name = "NAME=VALUE",
        requires = "template"
    )]
    pub(crate) param: Vec<String>,
    /// Print the templates
    #[arg(
        help_heading = "Templates",
        short,
        long,
        conflicts_with_all = ["template", "file", "project", "provisioners", "patch_templates", "no_default_provisioners", "no_sample"]
    )]
    pub(crate) list: bool,
    /// Format of `--list`
    #[arg(
        help_heading = "Templates",
        long,
        value_enum,
        default_value_t,
        requires = "list"
    )]
    pub(crate) format: ListFormat,
}
