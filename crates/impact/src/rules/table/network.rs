//! Rules for Services, routes and network policies.

use super::{Effect, Rule, default, rule};

const SERVICE: &str =
    "kubernetes/kubernetes pkg/apis/core/validation/validation.go: ValidateServiceUpdate";

const ALLOCATED: &str =
    "kubernetes/kubernetes pkg/registry/core/service/storage/storage.go: patchAllocatedValues";

const GATEWAY: &str = "https://gateway-api.sigs.k8s.io/reference/spec/";

pub(super) const RULES: &[Rule] = &[
    rule(
        "service",
        "Service",
        Effect::Config,
        "the cluster routes by it at once, and no pod restarts",
        "https://kubernetes.io/docs/concepts/services-networking/service/",
    ),
    rule(
        "service-annotations",
        "Service metadata.annotations",
        Effect::Depends,
        "controllers of load balancers and of the DNS read annotations of Services",
        "https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer",
    ),
    default(
        "ClusterIP",
        rule(
            "service-type",
            "Service spec.type",
            Effect::Config,
            "the address of the Service changes its kind",
            "https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
        ),
    ),
    rule(
        "service-cluster-ip",
        "Service spec.clusterIP",
        Effect::RefusedUnlessRemoved,
        "the cluster IP of a Service is immutable",
        ALLOCATED,
    ),
    rule(
        "service-cluster-ips",
        "Service spec.clusterIPs",
        Effect::RefusedUnlessRemoved,
        "the cluster IPs of a Service are immutable",
        ALLOCATED,
    ),
    rule(
        "service-ip-families",
        "Service spec.ipFamilies",
        Effect::RefusedUnlessRemoved,
        "the primary IP family of a Service is immutable",
        "https://kubernetes.io/docs/concepts/services-networking/dual-stack/",
    ),
    rule(
        "service-load-balancer-class",
        "Service spec.loadBalancerClass",
        Effect::RefusedUnlessTypeChanges,
        "the class of a load balancer is immutable",
        "https://kubernetes.io/docs/concepts/services-networking/service/#load-balancer-class",
    ),
    rule(
        "service-health-check-port",
        "Service spec.healthCheckNodePort",
        Effect::RefusedUnlessRemoved,
        "the port for health checks is immutable",
        SERVICE,
    ),
    rule(
        "endpoint-slice",
        "discovery.k8s.io/EndpointSlice",
        Effect::Depends,
        "requests for a Service can reach other addresses",
        "https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/",
    ),
    rule(
        "endpoint-slice-type",
        "discovery.k8s.io/EndpointSlice addressType",
        Effect::Refused,
        "the type of addresses of an EndpointSlice is immutable",
        "kubernetes/kubernetes pkg/apis/discovery/validation/validation.go: ValidateEndpointSliceUpdate",
    ),
    rule(
        "endpoints",
        "Endpoints",
        Effect::Depends,
        "requests for a Service can reach other addresses",
        "https://kubernetes.io/docs/concepts/services-networking/service/#endpoints",
    ),
    rule(
        "ingress",
        "networking.k8s.io/Ingress",
        Effect::Config,
        "the ingress controller reads it again",
        "https://kubernetes.io/docs/concepts/services-networking/ingress/#updating-an-ingress",
    ),
    rule(
        "ingress-annotations",
        "networking.k8s.io/Ingress metadata.annotations",
        Effect::Depends,
        "ingress controllers read annotations, which can open or close access",
        "https://kubernetes.io/docs/concepts/services-networking/ingress/#the-ingress-resource",
    ),
    rule(
        "ingress-class",
        "networking.k8s.io/IngressClass",
        Effect::Config,
        "the ingress controller reads it again",
        "https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class",
    ),
    rule(
        "ingress-class-controller",
        "networking.k8s.io/IngressClass spec.controller",
        Effect::Refused,
        "the controller of an IngressClass is immutable",
        "kubernetes/kubernetes pkg/apis/networking/validation/validation.go: ValidateIngressClassUpdate",
    ),
    rule(
        "network-policy",
        "networking.k8s.io/NetworkPolicy",
        Effect::Config,
        "the network enforces it at once, and no pod restarts",
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    ),
    rule(
        "service-cidr",
        "networking.k8s.io/ServiceCIDR spec.cidrs",
        Effect::Refused,
        "the ranges of a ServiceCIDR are immutable",
        "kubernetes/kubernetes pkg/apis/networking/validation/validation.go: ValidateServiceCIDRUpdate",
    ),
    rule(
        "ip-address",
        "networking.k8s.io/IPAddress spec",
        Effect::Refused,
        "the spec of an IPAddress is immutable",
        "kubernetes/kubernetes pkg/apis/networking/validation/validation.go: ValidateIPAddressUpdate",
    ),
    rule(
        "http-route",
        "gateway.networking.k8s.io/HTTPRoute",
        Effect::Config,
        "the gateway reads it again",
        GATEWAY,
    ),
    rule(
        "http-route-annotations",
        "gateway.networking.k8s.io/HTTPRoute metadata.annotations",
        Effect::Depends,
        "controllers of gateways read annotations, which can open or close access",
        GATEWAY,
    ),
    rule(
        "grpc-route",
        "gateway.networking.k8s.io/GRPCRoute",
        Effect::Config,
        "the gateway reads it again",
        GATEWAY,
    ),
    rule(
        "grpc-route-annotations",
        "gateway.networking.k8s.io/GRPCRoute metadata.annotations",
        Effect::Depends,
        "controllers of gateways read annotations, which can open or close access",
        GATEWAY,
    ),
    rule(
        "gateway",
        "gateway.networking.k8s.io/Gateway",
        Effect::Config,
        "the gateway reads it again",
        GATEWAY,
    ),
    rule(
        "gateway-annotations",
        "gateway.networking.k8s.io/Gateway metadata.annotations",
        Effect::Depends,
        "controllers of gateways read annotations, which can open or close access",
        GATEWAY,
    ),
    rule(
        "gateway-class-controller",
        "gateway.networking.k8s.io/GatewayClass spec.controllerName",
        Effect::Refused,
        "the controller of a GatewayClass is immutable",
        GATEWAY,
    ),
    rule(
        "reference-grant",
        "gateway.networking.k8s.io/ReferenceGrant",
        Effect::Config,
        "the gateway reads it again",
        GATEWAY,
    ),
];
