//! Rules for the parts of a Compose project, whose kinds start with a small letter.

use super::{Effect, Rule, default, rule};

const HASH: &str = "docker/compose pkg/compose/hash.go: ServiceHash";

const VOLUMES: &str = "docker/compose pkg/compose/create.go: ensureVolume";

const NETWORKS: &str = "docker/compose pkg/compose/create.go: ensureNetwork";

pub(super) const RULES: &[Rule] = &[
    rule(
        "compose-service",
        "service",
        Effect::Restart,
        "Compose creates the container again",
        HASH,
    ),
    rule(
        "compose-build",
        "service build",
        Effect::Config,
        "the next build uses it",
        HASH,
    ),
    rule(
        "compose-pull-policy",
        "service pull_policy",
        Effect::Config,
        "the next pull uses it",
        HASH,
    ),
    rule(
        "compose-depends-on",
        "service depends_on",
        Effect::Config,
        "it decides the order of starts",
        HASH,
    ),
    rule(
        "compose-profiles",
        "service profiles",
        Effect::Config,
        "it decides whether the service is started",
        HASH,
    ),
    default(
        "1",
        rule(
            "compose-scale",
            "service scale",
            Effect::Scale,
            "the number of containers changes",
            HASH,
        ),
    ),
    default(
        "1",
        rule(
            "compose-replicas",
            "service deploy.replicas",
            Effect::Scale,
            "the number of containers changes",
            HASH,
        ),
    ),
    rule(
        "compose-volume",
        "volume",
        Effect::DataLoss,
        "Compose deletes and creates the volume if the user confirms it, and otherwise keeps the old one",
        VOLUMES,
    ),
    rule(
        "compose-volume-name",
        "volume name",
        Effect::DataLoss,
        "another volume is used, and the old one stays behind",
        VOLUMES,
    ),
    rule(
        "compose-network",
        "network",
        Effect::Restart,
        "Compose creates the network and its containers again",
        NETWORKS,
    ),
    rule(
        "compose-config",
        "config",
        Effect::Config,
        "containers with the config read it when they are created again",
        "https://docs.docker.com/reference/compose-file/configs/",
    ),
    rule(
        "compose-secret",
        "secret",
        Effect::Config,
        "containers with the secret read it when they are created again",
        "https://docs.docker.com/reference/compose-file/secrets/",
    ),
];
