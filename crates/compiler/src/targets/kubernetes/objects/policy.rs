//! The types of objects beside a controller: service accounts, autoscalers, disruption budgets and
//! network policies.

use super::super::reference::OpenTree;
use super::Selector;
use crate::emit::document::document;

document! {
    /// The identity of pods in the cluster.
    ServiceAccount {
        automount_service_account_token: bool = "automountServiceAccountToken",
    }
}

document! {
    /// An autoscaler of the number of pods.
    HorizontalPodAutoscaler {
        spec: AutoscalerSpec = "spec",
    }
}

document! {
    /// The specification of an autoscaler.
    AutoscalerSpec {
        scale_target_ref: ScaleTarget = "scaleTargetRef",
        min_replicas: u32 = "minReplicas",
        max_replicas: u32 = "maxReplicas",
        metrics: Vec<Metric> = "metrics",
    }
}

document! {
    /// The controller that is scaled.
    ScaleTarget {
        api_version: &'static str = "apiVersion",
        kind: &'static str = "kind",
        name: String = "name",
    }
}

document! {
    /// A metric that determines the number of pods.
    Metric {
        kind: &'static str = "type",
        resource: ResourceMetric = "resource",
    }
}

document! {
    /// The usage of a requested resource such as CPU.
    ResourceMetric {
        name: &'static str = "name",
        target: MetricTarget = "target",
    }
}

document! {
    /// The target of the usage.
    MetricTarget {
        kind: &'static str = "type",
        average_utilization: u32 = "averageUtilization",
    }
}

document! {
    /// A limit on the number of pods that are evicted at a time.
    PodDisruptionBudget {
        spec: BudgetSpec = "spec",
    }
}

document! {
    /// The number of pods that must remain, or that may be unavailable.
    BudgetSpec {
        min_available: Option<OpenTree> = "minAvailable",
        max_unavailable: Option<OpenTree> = "maxUnavailable",
        selector: Selector = "selector",
    }
}

document! {
    /// The pods that may connect to other pods.
    NetworkPolicy {
        spec: NetworkPolicySpec = "spec",
    }
}

document! {
    /// The selected pods, and the traffic that is admitted to them.
    NetworkPolicySpec {
        pod_selector: Selector = "podSelector",
        policy_types: Vec<&'static str> = "policyTypes",
        ingress: Vec<IngressAllowed> = "ingress",
    }
}

document! {
    /// The admitted peers, or all if none are listed, and the ports that they may use.
    IngressAllowed {
        from: Vec<Peer> = "from",
        ports: Vec<PolicyPort> = "ports",
    }
}

document! {
    /// Pods that are admitted, of the same namespace unless others are selected.
    Peer {
        pod_selector: Option<Selector> = "podSelector",
        namespace_selector: Option<Selector> = "namespaceSelector",
    }
}

document! {
    /// An admitted port.
    #[derive(PartialEq)]
    PolicyPort {
        port: u16 = "port",
        protocol: Option<&'static str> = "protocol",
    }
}
