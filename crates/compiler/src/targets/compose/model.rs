//! The generated parts of the Compose specification, with fields in customary order.

use score_spec::Map;

use super::value::{Public, PublicTree};
use crate::emit::document::document;

document! {
    /// The whole file except the services, which are written as they are created.
    Project {
        name: Option<String> = "name",
        networks: Map<PublicTree> = "networks",
        volumes: Map<PublicTree> = "volumes",
        configs: Map<PublicTree> = "configs",
        secrets: Map<PublicTree> = "secrets",
    }
}

document! {
    /// An entry of `services`.
    Service {
        image: Option<String> = "image",
        build: Option<PublicTree> = "build",
        pull_policy: Option<String> = "pull_policy",
        platform: Option<String> = "platform",
        profiles: Vec<String> = "profiles",
        entrypoint: Vec<Public> = "entrypoint",
        command: Vec<Public> = "command",
        environment: Map<Public> = "environment",
        env_file: Vec<EnvFile> = "env_file",
        hostname: Option<String> = "hostname",
        networks: Vec<String> = "networks",
        network_mode: Option<String> = "network_mode",
        depends_on: Map<Dependency> = "depends_on",
        ports: Vec<Port> = "ports",
        volumes: Vec<Mount> = "volumes",
        configs: Vec<Grant> = "configs",
        secrets: Vec<Grant> = "secrets",
        healthcheck: Option<HealthCheck> = "healthcheck",
        stop_grace_period: Option<String> = "stop_grace_period",
        pre_stop: Vec<Hook> = "pre_stop",
        deploy: Option<Deploy> = "deploy",
        develop: Option<Develop> = "develop",
        restart: Option<String> = "restart",
        annotations: Map<String> = "annotations",
        labels: Map<String> = "labels",
    }
}

document! {
    /// An entry of `env_file`.
    EnvFile {
        path: String = "path",
        required: bool = "required",
        format: &'static str = "format",
    }
}

document! {
    /// An entry of `depends_on`.
    Dependency {
        condition: &'static str = "condition",
    }
}

document! {
    /// An entry of `ports`.
    Port {
        target: u16 = "target",
        host_ip: Option<String> = "host_ip",
        published: String = "published",
        protocol: Option<&'static str> = "protocol",
    }
}

document! {
    /// An entry of a service's `volumes`.
    Mount {
        kind: &'static str = "type",
        source: Option<String> = "source",
        target: String = "target",
        read_only: Option<bool> = "read_only",
        bind: Option<Bind> = "bind",
        volume: Option<Subfolder> = "volume",
        tmpfs: Option<Memory> = "tmpfs",
    }
}

document! {
    /// The options of a bind mount.
    Bind {
        create_host_path: bool = "create_host_path",
    }
}

document! {
    /// The options of a volume mount.
    Subfolder {
        subpath: String = "subpath",
    }
}

document! {
    /// The options of an in-memory mount.
    Memory {
        size: String = "size",
    }
}

document! {
    /// An entry of a service's `configs` or `secrets`.
    Grant {
        source: String = "source",
        target: String = "target",
        mode: String = "mode",
    }
}

document! {
    /// An entry of the top-level `configs`.
    Config {
        content: Public = "content",
    }
}

document! {
    /// An entry of the top-level `secrets`.
    Secret {
        environment: String = "environment",
    }
}

document! {
    /// `healthcheck`.
    HealthCheck {
        test: Vec<Public> = "test",
        interval: String = "interval",
        timeout: String = "timeout",
        retries: Option<u32> = "retries",
        start_period: String = "start_period",
    }
}

document! {
    /// An entry of `pre_stop`.
    Hook {
        command: Vec<Public> = "command",
    }
}

document! {
    /// `develop`.
    Develop {
        watch: Vec<PublicTree> = "watch",
    }
}

document! {
    /// `deploy`.
    Deploy {
        resources: Resources = "resources",
    }
}

document! {
    /// `deploy.resources`.
    Resources {
        limits: Option<Amounts> = "limits",
        reservations: Option<Amounts> = "reservations",
    }
}

document! {
    /// An entry of `deploy.resources`.
    Amounts {
        cpus: Option<String> = "cpus",
        memory: Option<String> = "memory",
    }
}

document! {
    /// An entry of the top-level `volumes`.
    Volume {
        name: Option<String> = "name",
        external: Option<bool> = "external",
        labels: Map<String> = "labels",
    }
}
