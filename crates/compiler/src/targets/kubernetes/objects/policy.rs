//! Objects beside a controller: whom its pods are, how many they are, and who may talk to them.

use super::super::reference::OpenTree;
use super::Selector;
use crate::emit::document::document;

document! {
    /// Whom pods are to the cluster.
    ServiceAccount {
        automount_service_account_token: bool = "automountServiceAccountToken",
    }
}

document! {
    /// Changes the number of pods.
    HorizontalPodAutoscaler {
        spec: AutoscalerSpec = "spec",
    }
}

document! {
    /// How the number of pods changes.
    AutoscalerSpec {
        scale_target_ref: ScaleTarget = "scaleTargetRef",
        min_replicas: u32 = "minReplicas",
        max_replicas: u32 = "maxReplicas",
        metrics: Vec<Metric> = "metrics",
    }
}

document! {
    /// The controller whose pods are meant.
    ScaleTarget {
        api_version: &'static str = "apiVersion",
        kind: &'static str = "kind",
        name: String = "name",
    }
}

document! {
    /// What the number of pods follows from.
    Metric {
        kind: &'static str = "type",
        resource: ResourceMetric = "resource",
    }
}

document! {
    /// The use of something that pods request.
    ResourceMetric {
        name: &'static str = "name",
        target: MetricTarget = "target",
    }
}

document! {
    /// The use to aim at.
    MetricTarget {
        kind: &'static str = "type",
        average_utilization: u32 = "averageUtilization",
    }
}

document! {
    /// How many pods may be taken away at a time.
    PodDisruptionBudget {
        spec: BudgetSpec = "spec",
    }
}

document! {
    /// How many pods stay, or may go.
    BudgetSpec {
        min_available: Option<OpenTree> = "minAvailable",
        max_unavailable: Option<OpenTree> = "maxUnavailable",
        selector: Selector = "selector",
    }
}

document! {
    /// Who may talk to pods.
    NetworkPolicy {
        spec: NetworkPolicySpec = "spec",
    }
}

document! {
    /// Which pods are meant, and who may talk to them.
    NetworkPolicySpec {
        pod_selector: Selector = "podSelector",
        policy_types: Vec<&'static str> = "policyTypes",
        ingress: Vec<IngressAllowed> = "ingress",
    }
}

document! {
    /// Those who may talk to the pods, everyone if none is named, and the ports that they may use.
    IngressAllowed {
        from: Vec<Peer> = "from",
        ports: Vec<PolicyPort> = "ports",
    }
}

document! {
    /// Pods that may talk.
    Peer {
        pod_selector: Selector = "podSelector",
    }
}

document! {
    /// A port that may be used.
    PolicyPort {
        port: u16 = "port",
        protocol: Option<&'static str> = "protocol",
    }
}
