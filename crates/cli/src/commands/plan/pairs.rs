//! The environments of the project and of a revision that belong together: those with the same name, then those that
//! replace each other because they deploy to the same place, and the default ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use score_compiler::{EnvironmentId, Selection, Settings, Target, target, targets};
use score_spec::Sources;
use score_spec::diagnostic::listed;

use super::side::COMPOSE;
use crate::args::{EnvironmentOptions, Inputs, Plan, target_name};
use crate::host::name;
use crate::input::environments;
use crate::packages::Updates;
use crate::report::failure::Failure;

/// The place that an environment deploys to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Site {
    /// A Compose project: its name, or the folder of its file.
    Compose(String),
    /// A namespace of a cluster. The user chooses what is absent.
    Cluster {
        cluster: Option<String>,
        namespace: Option<String>,
    },
}

/// An environment of one side. A project without environments has a single one without a name.
#[derive(Debug, Clone)]
pub(super) struct Deployed {
    pub(super) name: Option<String>,
    site: Site,
    /// The names of its params.
    params: Vec<String>,
    /// Whether a run without options uses it.
    is_default: bool,
}

/// The environment of the revision that one of the project was.
#[derive(Debug)]
pub(super) enum Former<'a> {
    /// The one with the same name.
    Same,
    /// The only one without a partner that deployed to the same place, or the default one.
    Renamed(&'a Deployed),
    /// None, or it is not known which one.
    Unknown,
}

/// The environments of both sides.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// The environments of the project that had another name, with those of the revision.
    renamed: BTreeMap<Option<String>, Deployed>,
    /// Whether the default environment is one of those because the one of the revision was the default, too.
    is_other_default: bool,
    /// The other environments of the project that the revision does not have.
    new: BTreeSet<Option<String>>,
    /// The environments of the revision that belong to none of the project.
    gone: Vec<Deployed>,
    /// Places with several new or gone environments: it is not known which ones belong together.
    unclear: Vec<Unclear>,
}

/// The environments without a partner that deploy to the same place.
#[derive(Debug)]
struct Unclear {
    site: Site,
    before: Vec<Deployed>,
    after: Vec<Deployed>,
}

impl Site {
    /// The place of the output with these settings. Options of the run take precedence.
    fn of(settings: &Settings, args: &Plan) -> Self {
        let of_settings = settings.target.as_ref().map(|it| it.value.as_str());
        let named = args.output.target.target.as_deref().or(of_settings);
        let known = named.and_then(|named| target(target_name(named)));
        let [default, ..] = targets();
        if Target::name(known.unwrap_or(default)) == COMPOSE {
            return Self::Compose(settings.name.clone().unwrap_or_else(|| folder(settings)));
        }
        let section = |section: &str| settings.section(section);
        let namespace = section("kubernetes").and_then(|it| it.get("namespace")?.text());
        let cluster = section("delivery").and_then(|it| it.get("argocd")?.get("cluster")?.text());
        Self::Cluster {
            cluster: cluster.map(str::to_owned),
            namespace: args
                .output
                .namespace
                .clone()
                .or(namespace.map(str::to_owned)),
        }
    }
}

/// The folder of the Compose file, whose name is that of a project without one.
fn folder(settings: &Settings) -> String {
    let output = settings.output.as_ref().map(|it| it.value.clone());
    let environment = settings.environment_id.as_ref();
    let output = output.or_else(|| Some(EnvironmentId::default_output(&environment?.name)));
    let output = output.unwrap_or_default();
    let folder = match output.strip_suffix('/') {
        Some(folder) => Path::new(folder),
        None => Path::new(&output).parent().unwrap_or(Path::new("")),
    };
    name(folder)
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compose(project) => write!(f, "the Compose project `{project}`"),
            Self::Cluster { cluster, namespace } => {
                match namespace {
                    Some(namespace) => write!(f, "the namespace `{namespace}`")?,
                    None => f.write_str("the namespace that the user chooses")?,
                }
                match cluster {
                    Some(cluster) => write!(f, " of the cluster `{cluster}`"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Deployed {
    /// The environments of the project in a folder that are not only bases of others. Their errors are reported when
    /// they are compiled.
    pub(super) fn all(root: &Path, args: &Plan, updates: &Updates) -> Result<Vec<Self>, Failure> {
        let mut sources = Sources::new();
        let (known, _) = environments::read_in(root, updates, &mut sources, &mut Vec::new())?;
        let params = environments::params(&args.inputs, &mut sources);
        let default = environments::default(root).unwrap_or_default();
        let of = |name: &str| {
            let selection = Selection {
                name,
                params: &params,
                uses_examples: true,
            };
            let settings = known.settings(&selection, &sources, &mut Vec::new());
            Self {
                name: Some(name.to_owned()).filter(|it| !it.is_empty()),
                site: Site::of(&settings, args),
                params: known.params_of(name),
                is_default: name == default,
            }
        };
        let concrete = known.iter().filter(|it| !it.is_abstract);
        let mut all: Vec<Self> = concrete.map(|it| of(&it.name)).collect();
        if all.is_empty() {
            all.push(of(""));
        }
        Ok(all)
    }

    /// The inputs of a run for it.
    pub(super) fn inputs(&self, inputs: &Inputs) -> Inputs {
        inputs_for((self.name.as_deref(), &self.params), inputs)
    }
}

/// The inputs of a run for the environment with this name and params. Values of other params are left out.
pub(super) fn inputs_for((name, params): (Option<&str>, &[String]), inputs: &Inputs) -> Inputs {
    let is_declared = |param: &&String| {
        let name = param.split_once('=').map_or(param.as_str(), |it| it.0);
        params.iter().any(|it| it == name)
    };
    let given = inputs.environment.param.iter().filter(is_declared);
    Inputs {
        environment: EnvironmentOptions {
            env: name.into_iter().map(str::to_owned).collect(),
            param: given.cloned().collect(),
        },
        ..inputs.clone()
    }
}

/// Environments in messages.
fn shown(environments: &[Deployed]) -> String {
    let names: Vec<&str> = environments
        .iter()
        .filter_map(|it| it.name.as_deref())
        .collect();
    if names.is_empty() {
        return "the project without an environment".to_owned();
    }
    listed(names)
}

impl Pairs {
    pub(super) fn of(after: Vec<Deployed>, before: Vec<Deployed>) -> Self {
        let names = |side: &[Deployed]| -> BTreeSet<Option<String>> {
            side.iter().map(|it| it.name.clone()).collect()
        };
        let (of_after, of_before) = (names(&after), names(&before));
        let default = |side: &[Deployed]| side.iter().find(|it| it.is_default).cloned();
        let defaults = default(&after).zip(default(&before));
        let mut sites: BTreeMap<Site, (Vec<Deployed>, Vec<Deployed>)> = BTreeMap::new();
        for gone in before.into_iter().filter(|it| !of_after.contains(&it.name)) {
            sites.entry(gone.site.clone()).or_default().0.push(gone);
        }
        for new in after.into_iter().filter(|it| !of_before.contains(&it.name)) {
            sites.entry(new.site.clone()).or_default().1.push(new);
        }
        let mut pairs = Self::default();
        for (site, (before, after)) in sites {
            if let ([old], [new]) = (&*before, &*after) {
                pairs.renamed.insert(new.name.clone(), old.clone());
                continue;
            }
            pairs.new.extend(after.iter().map(|it| it.name.clone()));
            pairs.gone.extend(before.iter().cloned());
            if !before.is_empty() && !after.is_empty() {
                pairs.unclear.push(Unclear {
                    site,
                    before,
                    after,
                });
            }
        }
        // A change must not hide its effects behind a new default environment.
        if let Some((new, old)) = defaults
            && pairs.new.remove(&new.name)
        {
            pairs.gone.retain(|it| it.name != old.name);
            pairs.renamed.insert(new.name, old);
            for unclear in &mut pairs.unclear {
                unclear.after.retain(|it| !it.is_default);
                unclear.before.retain(|it| !it.is_default);
            }
            let is_unclear = |it: &Unclear| !it.before.is_empty() && !it.after.is_empty();
            pairs.unclear.retain(is_unclear);
            pairs.is_other_default = true;
        }
        pairs
    }

    /// The environment of the revision that one of the project was.
    pub(super) fn former(&self, name: Option<&str>) -> Former<'_> {
        let name = name.map(str::to_owned);
        match self.renamed.get(&name) {
            Some(old) => Former::Renamed(old),
            None if name.is_some() && self.new.contains(&name) => Former::Unknown,
            None => Former::Same,
        }
    }

    /// The environments of the revision that belong to none of the project, by name.
    pub(super) fn gone(&self) -> impl Iterator<Item = (&str, &Deployed)> {
        let mut gone: Vec<(&str, &Deployed)> = self
            .gone
            .iter()
            .filter_map(|it| Some((it.name.as_deref()?, it)))
            .collect();
        gone.sort_by_key(|(name, _)| *name);
        gone.into_iter()
    }

    /// A note about an environment of either side that had another name, or whose partner is not known.
    pub(super) fn note(&self, name: Option<&str>) -> Option<String> {
        let own = name.map(str::to_owned);
        if let Some(old) = self.renamed.get(&own) {
            if old.is_default && self.is_other_default {
                let old = shown(std::slice::from_ref(old));
                return Some(format!("it is compared with {old}, which was the default"));
            }
            let (site, old) = (&old.site, shown(std::slice::from_ref(old)));
            return Some(format!(
                "it takes the place of {old}, with which it is compared: both are deployed to {site}"
            ));
        }
        let is_own = |it: &&Unclear| {
            let mut all = it.before.iter().chain(&it.after);
            all.any(|it| it.name == own)
        };
        let Unclear {
            site,
            before,
            after,
        } = self.unclear.iter().find(is_own)?;
        let (before, after) = (shown(before), shown(after));
        Some(format!(
            "it is not known which environments take the place of others, so that they are not compared: {before} \
             before, and now {after}, are deployed to {site}"
        ))
    }
}
