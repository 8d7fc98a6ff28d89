//! The settings of exports: `delivery` and `portal` in the project file and in environments.

use score_compiler::Settings;
use score_spec::{Node, Span, Spanned};

/// `delivery`: how the output gets to where it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// The location of the name of the section.
    pub span: Option<Span>,
    /// `repository`: the URL of the Git repository with the output.
    pub repository: Option<Spanned<String>>,
    /// `revision`: the branch.
    pub revision: Option<String>,
    /// `path`: the project folder in the repository.
    pub path: Option<String>,
    /// `argocd`.
    pub argocd: Argocd,
    /// `flux`.
    pub flux: Flux,
    /// `spacelift`.
    pub spacelift: Spacelift,
}

/// `delivery.argocd`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Argocd {
    /// `project`: the name of the `AppProject`.
    pub project: Option<String>,
    /// `cluster`: the name of the cluster.
    pub cluster: Option<String>,
    /// `namespace`: that of Argo CD itself.
    pub namespace: Option<String>,
    /// `automated`: whether changes are applied without a person.
    pub is_automated: bool,
}

/// `delivery.flux`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flux {
    /// `namespace`: that of the objects of Flux.
    pub namespace: Option<String>,
    /// `interval`: the time between two looks at the repository.
    pub interval: Option<String>,
    /// `secret`: the name of the Secret with the credentials for the repository.
    pub secret: Option<String>,
}

/// `delivery.spacelift`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spacelift {
    /// `space`: the id of the space.
    pub space: Option<String>,
    /// `provider`: the integration of the repository.
    pub provider: Option<String>,
    /// `labels`.
    pub labels: Vec<String>,
    /// `automated`: whether changes are applied without a person.
    pub is_automated: bool,
}

/// `portal`: the entry of the project in a portal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Portal {
    /// The location of the name of the section.
    pub span: Option<Span>,
    /// `owner`: the annotation with the owner of a workload.
    pub owner: Option<Spanned<String>>,
    /// `systemOwner`: the owner of the project, if workloads have several owners.
    pub system_owner: Option<String>,
    /// `system`: the name of the project there.
    pub system: Option<String>,
    /// `domain`: the domain of the system.
    pub domain: Option<String>,
    /// `lifecycle`: that of all workloads.
    pub lifecycle: Option<String>,
    /// `publish`: the host of new repositories.
    pub publish: Option<String>,
}

impl Delivery {
    /// Reads the section of validated settings.
    pub fn read(settings: &Settings) -> Self {
        let section = settings.section("delivery");
        let of = |name: &str| section.and_then(|section| section.get(name));
        let (argocd, flux, spacelift) = (of("argocd"), of("flux"), of("spacelift"));
        let repository = of("repository");
        Self {
            span: settings.section_place("delivery"),
            repository: repository.and_then(spanned),
            revision: string(section, "revision"),
            path: string(section, "path"),
            argocd: Argocd {
                project: string(argocd, "project"),
                cluster: string(argocd, "cluster"),
                namespace: string(argocd, "namespace"),
                is_automated: argocd.is_some_and(|it| it.is_true("automated")),
            },
            flux: Flux {
                namespace: string(flux, "namespace"),
                interval: string(flux, "interval"),
                secret: string(flux, "secret"),
            },
            spacelift: Spacelift {
                space: string(spacelift, "space"),
                provider: string(spacelift, "provider"),
                labels: strings(spacelift, "labels"),
                is_automated: spacelift.is_some_and(|it| it.is_true("automated")),
            },
        }
    }
}

impl Portal {
    /// Reads the section of validated settings.
    pub fn read(settings: &Settings) -> Self {
        let section = settings.section("portal");
        let owner = section.and_then(|section| section.get("owner"));
        Self {
            span: settings.section_place("portal"),
            owner: owner.and_then(spanned),
            system_owner: string(section, "systemOwner"),
            system: string(section, "system"),
            domain: string(section, "domain"),
            lifecycle: string(section, "lifecycle"),
            publish: string(section, "publish"),
        }
    }
}

fn string(section: Option<&Node>, name: &str) -> Option<String> {
    Some(section?.get(name)?.text()?.to_owned())
}

fn strings(section: Option<&Node>, name: &str) -> Vec<String> {
    let items = section.map_or(&[][..], |section| section.items_at(name));
    let items = items.iter().filter_map(Node::text);
    items.map(str::to_owned).collect()
}

fn spanned(node: &Node) -> Option<Spanned<String>> {
    Some(Spanned::new(node.text()?.to_owned(), node.span))
}
