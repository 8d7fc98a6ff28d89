//! Rules for scaling, quotas, scheduling and definitions of kinds.

use super::{Effect, Rule, default, rule};

const DEFINITION: &str = "kubernetes/kubernetes staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go: ValidateCustomResourceDefinitionUpdate";

const PRIORITY: &str = "kubernetes/kubernetes pkg/apis/scheduling/validation/validation.go: ValidatePriorityClassUpdate";

const QUOTA: &str =
    "kubernetes/kubernetes pkg/apis/core/validation/validation.go: ValidateResourceQuotaUpdate";

pub(super) const RULES: &[Rule] = &[
    rule(
        "autoscaler",
        "autoscaling/HorizontalPodAutoscaler",
        Effect::Scale,
        "the number of pods is decided by it",
        "https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/",
    ),
    rule(
        "disruption-budget",
        "policy/PodDisruptionBudget",
        Effect::Config,
        "only evictions respect it",
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    ),
    rule(
        "namespace",
        "Namespace",
        Effect::Config,
        "it takes effect for new pods of the namespace",
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
    ),
    rule(
        "namespace-labels",
        "Namespace metadata.labels",
        Effect::Depends,
        "network policies and admission select namespaces by labels",
        "https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces",
    ),
    rule(
        "limit-range",
        "LimitRange",
        Effect::Config,
        "only new pods use it",
        "https://kubernetes.io/docs/concepts/policy/limit-range/",
    ),
    rule(
        "quota",
        "ResourceQuota",
        Effect::Config,
        "only new objects are counted against it",
        "https://kubernetes.io/docs/concepts/policy/resource-quotas/",
    ),
    rule(
        "quota-scopes",
        "ResourceQuota spec.scopes",
        Effect::Refused,
        "the scopes of a ResourceQuota are immutable",
        QUOTA,
    ),
    rule(
        "quota-scope-selector",
        "ResourceQuota spec.scopeSelector",
        Effect::Refused,
        "the scopes of a ResourceQuota are immutable",
        QUOTA,
    ),
    rule(
        "priority-class",
        "scheduling.k8s.io/PriorityClass",
        Effect::Config,
        "only new pods use it",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#priorityclass",
    ),
    rule(
        "priority-class-value",
        "scheduling.k8s.io/PriorityClass value",
        Effect::Refused,
        "the value of a PriorityClass is immutable",
        PRIORITY,
    ),
    default(
        "PreemptLowerPriority",
        rule(
            "priority-class-preemption",
            "scheduling.k8s.io/PriorityClass preemptionPolicy",
            Effect::Refused,
            "the preemption policy of a PriorityClass is immutable",
            PRIORITY,
        ),
    ),
    rule(
        "runtime-class",
        "node.k8s.io/RuntimeClass",
        Effect::Config,
        "only new pods use it",
        "https://kubernetes.io/docs/concepts/containers/runtime-class/",
    ),
    rule(
        "runtime-class-handler",
        "node.k8s.io/RuntimeClass handler",
        Effect::Refused,
        "the handler of a RuntimeClass is immutable",
        "kubernetes/kubernetes pkg/apis/node/validation/validation.go: ValidateRuntimeClassUpdate",
    ),
    rule(
        "revision",
        "apps/ControllerRevision data",
        Effect::Refused,
        "the data of a ControllerRevision is immutable",
        "kubernetes/kubernetes pkg/apis/apps/validation/validation.go: ValidateControllerRevisionUpdate",
    ),
    rule(
        "resource-claim",
        "resource.k8s.io/ResourceClaim spec",
        Effect::Refused,
        "the spec of a ResourceClaim is immutable",
        "kubernetes/kubernetes pkg/apis/resource/validation/validation.go: ValidateResourceClaimUpdate",
    ),
    rule(
        "resource-claim-template",
        "resource.k8s.io/ResourceClaimTemplate spec",
        Effect::Refused,
        "the spec of a ResourceClaimTemplate is immutable",
        "kubernetes/kubernetes pkg/apis/resource/validation/validation.go: ValidateResourceClaimTemplateUpdate",
    ),
    rule(
        "definition-group",
        "apiextensions.k8s.io/CustomResourceDefinition spec.group",
        Effect::Refused,
        "the group of a definition is immutable",
        DEFINITION,
    ),
    rule(
        "definition-scope",
        "apiextensions.k8s.io/CustomResourceDefinition spec.scope",
        Effect::Refused,
        "the scope of a definition is immutable",
        DEFINITION,
    ),
    rule(
        "definition-plural",
        "apiextensions.k8s.io/CustomResourceDefinition spec.names.plural",
        Effect::Refused,
        "the plural name of a definition is immutable",
        DEFINITION,
    ),
    rule(
        "definition-kind",
        "apiextensions.k8s.io/CustomResourceDefinition spec.names.kind",
        Effect::Refused,
        "the kind of a definition is immutable",
        DEFINITION,
    ),
];
