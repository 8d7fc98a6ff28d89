//! Spacelift: a blueprint with a Kubernetes stack for each environment.

use score_spec::Value;

use crate::deployment::{Charts, Deployment, System, deployments};
use crate::findings::Findings;
use crate::tree::{list, map, optional, text};
use crate::view::ProjectView;
use crate::{Export, ExportFile};

pub(crate) const EXPORT: Export = Export {
    name: "spacelift",
    about: "Spacelift: a blueprint with a Kubernetes stack for each environment",
    counts_findings: false,
    needs_objects: true,
    render,
    environments: |_| Vec::new(),
};

const SPACELIFT: System = System {
    name: "Spacelift",
    charts: Charts::None,
    has_files: false,
    has_waves: false,
};

/// The maximum number of stacks of a blueprint.
const MOST_STACKS: usize = 5;

/// The space that always exists.
const SPACE: &str = "root";

/// The integration of a repository that Spacelift reads by its URL.
const RAW_GIT: &str = "RAW_GIT";

/// The integrations of hosts.
const PROVIDERS: [(&str, &str); 4] = [
    ("github.com", "GITHUB"),
    ("gitlab.com", "GITLAB"),
    ("bitbucket.org", "BITBUCKET_CLOUD"),
    ("dev.azure.com", "AZURE_DEVOPS"),
];

/// The beginning of an expression of a blueprint, which cannot be escaped.
const EXPRESSION: &str = "${{";

fn render(views: &[ProjectView], findings: &mut Findings) -> Vec<ExportFile> {
    let deployments = deployments(views, SPACELIFT, findings);
    if deployments.len() > MOST_STACKS {
        let message = format!(
            "a blueprint of Spacelift has at most {MOST_STACKS} stacks, and {} environments are selected",
            deployments.len()
        );
        let finding = findings.incomplete(0, message);
        finding.add(None, "write a file for some of them with `--env`");
    }
    let blueprint = match deployments.as_slice() {
        [only] => map([("stack", stack(only, Value::Null))]),
        all => {
            let stacks = all.iter().map(|it| stack(it, text(it.name.as_str())));
            map([("stacks", list(stacks))])
        }
    };
    let mut has_expression = false;
    blueprint.each_text(&mut |text| has_expression |= text.contains(EXPRESSION));
    if has_expression {
        let message = format!("Spacelift would evaluate `{EXPRESSION}` in the settings");
        let finding = findings.incomplete(0, message);
        finding.add(None, "remove it from `delivery` and `output`");
    }
    vec![ExportFile::new("blueprint.yaml", vec![blueprint])]
}

fn stack(deployment: &Deployment<'_>, key: Value) -> Value {
    let settings = &deployment.view.delivery.spacelift;
    let labels = settings.labels.iter().map(|label| text(label.as_str()));
    let labels = Some(list(labels)).filter(|_| !settings.labels.is_empty());
    let vendor = map([("namespace", text(deployment.namespace))]);
    map([
        ("key", key),
        ("name", text(deployment.name.as_str())),
        ("space", text(settings.space.as_deref().unwrap_or(SPACE))),
        ("labels", labels.unwrap_or(Value::Null)),
        ("auto_deploy", Value::Bool(settings.is_automated)),
        ("vcs", repository(deployment)),
        ("vendor", map([("kubernetes", vendor)])),
    ])
}

/// The repository, by its name for an integration, and otherwise by its URL.
fn repository(deployment: &Deployment<'_>) -> Value {
    let root = Some(deployment.folder.as_str()).filter(|folder| *folder != ".");
    let (host, path) = host_and_path(&deployment.repository);
    let known = PROVIDERS.iter().find(|(known, _)| *known == host);
    let provider = deployment.view.delivery.spacelift.provider.as_deref();
    let provider = provider.or(known.map(|(_, provider)| *provider));
    let name = path.rsplit_once('/').filter(|_| provider != Some(RAW_GIT));
    let (Some(provider), Some((namespace, name))) = (provider, name) else {
        return map([
            ("branch", text(deployment.revision)),
            ("provider", text(RAW_GIT)),
            ("repository_url", text(deployment.repository.as_str())),
            ("project_root", optional(root)),
        ]);
    };
    map([
        ("branch", text(deployment.revision)),
        ("provider", text(provider)),
        ("namespace", text(namespace)),
        ("repository", text(name)),
        ("project_root", optional(root)),
    ])
}

/// The host of a repository, and its path there without extension.
fn host_and_path(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    let (host, path) = rest.split_once(['/', ':']).unwrap_or((rest, ""));
    let path = path.trim_matches('/');
    (host, path.strip_suffix(".git").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::host_and_path;

    #[test]
    fn repositories_have_a_host_and_a_path() {
        for (url, expected) in [
            (
                "https://github.com/acme/shop.git",
                ("github.com", "acme/shop"),
            ),
            (
                "git@gitlab.com:acme/web/shop.git",
                ("gitlab.com", "acme/web/shop"),
            ),
            ("ssh://git@x/acme/shop/", ("x", "acme/shop")),
            ("https://x", ("x", "")),
        ] {
            assert_eq!(host_and_path(url), expected, "{url}");
        }
    }
}
