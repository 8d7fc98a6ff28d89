//! The built-in catalogue: one provisioner file per resource type, as text. Not: how a provisioner
//! is read; that is the compiler's.
#![no_std]

macro_rules! builtin {
    ($($kind:literal)+) => {
        /// The files by the resource type that they answer, sorted by it.
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
    "environment"
    "horizontal-pod-autoscaler"
    "kafka-instance"
    "kafka-topic"
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
