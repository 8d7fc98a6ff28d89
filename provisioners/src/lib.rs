//! The built-in catalogue: one provisioner file per resource type, as a string. Reading provisioners
//! is the job of the compiler.
#![no_std]

macro_rules! builtin {
    ($($kind:literal)+) => {
        /// The files, keyed and sorted by the resource type that they handle.
        pub const BUILTIN: &[(&str, &str)] = &[
            $(($kind, include_str!(concat!("../", $kind, ".yaml"))),)+
        ];

        /// The trees of the files, in their order, as `score_spec::stored` reads them. It takes longer to parse the
        /// files than to compile a small project.
        pub const STORED: &[&str] = &[
            $(include_str!(concat!("../stored/", $kind, ".txt")),)+
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

macro_rules! adopted {
    ($($platform:literal: $($kind:literal)+;)+) => {
        /// The provisioners of score-rs for resources that score-compose and score-k8s have created: lists in the form
        /// of those tools, which read the imported state. Each has the platform and the type that it handles.
        pub const ADOPTED: &[(&str, &str, &str)] = &[
            $($((
                $platform,
                $kind,
                include_str!(concat!("../adopted/", $platform, "/", $kind, ".yaml")),
            ),)+)+
        ];
    };
}

adopted! {
    "compose":
        "amqp"
        "dns"
        "elasticsearch"
        "kafka-topic"
        "mongodb"
        "mssql"
        "mysql"
        "postgres"
        "postgres-instance"
        "redis"
        "s3"
        "volume";
    "kubernetes":
        "amqp"
        "dns"
        "kafka-topic"
        "mongodb"
        "mssql"
        "mysql"
        "postgres"
        "postgres-instance"
        "redis"
        "route"
        "s3"
        "volume";
}
