//! The built-in catalogue: one provisioner file per resource type, as a string. Reading provisioners
//! is the job of the compiler.
#![no_std]

macro_rules! builtin {
    ($($kind:literal)+) => {
        /// The files, keyed and sorted by the resource type that they handle.
        pub const BUILTIN: &[(&str, &str)] = &[
            $(($kind, include_str!(concat!("../", $kind, ".yaml"))),)+
        ];
    };
}

builtin! {
    "amqp"
    "amqp-instance"
    "config"
    "dns"
    "elasticsearch"
    "endpoint"
    "environment"
    "horizontal-pod-autoscaler"
    "kafka-instance"
    "kafka-topic"
    "llm-model"
    "mongodb"
    "mssql"
    "mysql"
    "mysql-instance"
    "postgres"
    "postgres-instance"
    "redis"
    "route"
    "s3"
    "s3-instance"
    "secret"
    "service"
    "service-port"
    "volume"
}

/// The provisioners of score-rs for resources that score-compose and score-k8s have created, by platform: lists in
/// the form of those tools, which read the imported state.
pub const ADOPTED: &[(&str, &str)] = &[
    ("compose", include_str!("../adopted/compose.yaml")),
    ("kubernetes", include_str!("../adopted/kubernetes.yaml")),
];
