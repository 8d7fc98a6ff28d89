//! Rules for configuration, secrets and rights.

use super::{Effect, Rule, default, rule};

const CONFIG_MAP: &str =
    "https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-immutable";

const SECRET: &str = "https://kubernetes.io/docs/concepts/configuration/secret/#secret-immutable";

const EXTERNAL_SECRET: &str = "https://external-secrets.io/latest/api/externalsecret/";

const RBAC: &str = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/";

const ROLE_REF: &str = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding";

pub(super) const RULES: &[Rule] = &[
    rule(
        "config-map",
        "ConfigMap",
        Effect::Config,
        "mounted files are updated after a while, and variables only when a pod restarts",
        "https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically",
    ),
    rule(
        "config-map-data",
        "ConfigMap data",
        Effect::RefusedIfImmutable,
        "mounted files are updated after a while, and variables only when a pod restarts",
        CONFIG_MAP,
    ),
    rule(
        "config-map-binary",
        "ConfigMap binaryData",
        Effect::RefusedIfImmutable,
        "mounted files are updated after a while",
        CONFIG_MAP,
    ),
    default(
        "false",
        rule(
            "config-map-immutable",
            "ConfigMap immutable",
            Effect::RefusedIfImmutable,
            "a ConfigMap that is immutable stays so",
            CONFIG_MAP,
        ),
    ),
    rule(
        "secret",
        "Secret",
        Effect::Config,
        "mounted files are updated after a while, and variables only when a pod restarts",
        "https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod",
    ),
    rule(
        "secret-data",
        "Secret data",
        Effect::RefusedIfImmutable,
        "mounted files are updated after a while, and variables only when a pod restarts",
        SECRET,
    ),
    rule(
        "secret-string-data",
        "Secret stringData",
        Effect::RefusedIfImmutable,
        "mounted files are updated after a while, and variables only when a pod restarts",
        SECRET,
    ),
    default(
        "false",
        rule(
            "secret-immutable",
            "Secret immutable",
            Effect::RefusedIfImmutable,
            "a Secret that is immutable stays so",
            SECRET,
        ),
    ),
    default(
        "Opaque",
        rule(
            "secret-type",
            "Secret type",
            Effect::Refused,
            "the type of a Secret is immutable",
            "kubernetes/kubernetes pkg/apis/core/validation/validation.go: ValidateSecretUpdate",
        ),
    ),
    rule(
        "external-secret",
        "external-secrets.io/ExternalSecret",
        Effect::Config,
        "the operator writes the Secret again: mounted files are updated after a while, and variables only when a pod restarts",
        EXTERNAL_SECRET,
    ),
    rule(
        "external-secret-name",
        "external-secrets.io/ExternalSecret spec.target.name",
        Effect::Downtime,
        "the operator deletes the Secret with the old name, and pods that use it do not start",
        EXTERNAL_SECRET,
    ),
    rule(
        "external-secret-type",
        "external-secrets.io/ExternalSecret spec.target.template.type",
        Effect::Depends,
        "the type of a Secret is immutable, and the operator cannot change it",
        EXTERNAL_SECRET,
    ),
    rule(
        "service-account",
        "ServiceAccount",
        Effect::Config,
        "only new pods use it",
        "https://kubernetes.io/docs/concepts/security/service-accounts/",
    ),
    rule(
        "service-account-annotations",
        "ServiceAccount metadata.annotations",
        Effect::Depends,
        "clouds read rights from annotations of service accounts",
        "https://kubernetes.io/docs/concepts/security/service-accounts/",
    ),
    rule(
        "role",
        "rbac.authorization.k8s.io/Role",
        Effect::Config,
        "rights change at once",
        RBAC,
    ),
    rule(
        "cluster-role",
        "rbac.authorization.k8s.io/ClusterRole",
        Effect::Config,
        "rights change at once",
        RBAC,
    ),
    rule(
        "cluster-role-labels",
        "rbac.authorization.k8s.io/ClusterRole metadata.labels",
        Effect::Depends,
        "roles that aggregate others select them by labels",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",
    ),
    rule(
        "role-binding",
        "rbac.authorization.k8s.io/RoleBinding",
        Effect::Config,
        "rights change at once",
        RBAC,
    ),
    rule(
        "role-binding-role",
        "rbac.authorization.k8s.io/RoleBinding roleRef",
        Effect::Refused,
        "the role of a binding is immutable",
        ROLE_REF,
    ),
    rule(
        "cluster-role-binding",
        "rbac.authorization.k8s.io/ClusterRoleBinding",
        Effect::Config,
        "rights change at once",
        RBAC,
    ),
    rule(
        "cluster-role-binding-role",
        "rbac.authorization.k8s.io/ClusterRoleBinding roleRef",
        Effect::Refused,
        "the role of a binding is immutable",
        ROLE_REF,
    ),
];
