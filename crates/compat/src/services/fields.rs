//! The fields of services with their types, from the Compose file format.

/// The type of a field, in the long form.
#[derive(Debug)]
pub(super) enum Type {
    /// A string; another scalar becomes one.
    Text,
    /// A boolean, or a word such as `yes`.
    Flag,
    /// The same, if absence means false.
    Switch,
    /// An integer.
    Integer,
    /// A number, also as a string.
    Number,
    /// A number of bytes, with an optional unit.
    Size,
    /// A duration with units.
    Duration,
    /// Permissions of a file.
    Mode,
    /// A command: a list, or a string that is split as in a shell.
    Words,
    /// The test of a health check: a list, or a string for a shell.
    Test,
    /// A list of strings.
    Texts,
    /// A string or a list of strings.
    TextOrTexts,
    /// Strings by name, in which null is a variable of the user.
    Variables,
    /// Strings by name.
    Labels,
    /// Addresses by host name.
    Hosts,
    /// A limit of a resource of the kernel.
    Limit,
    /// A list.
    List(&'static Type),
    /// A map with arbitrary keys.
    Map(&'static Type),
    /// A map with known keys.
    Fields(&'static [(&'static str, Type)]),
    /// A service that another one depends on.
    Dependency,
    /// Any value.
    Any,
}

use self::Type::{
    Any, Dependency, Duration, Fields, Flag, Hosts, Integer, Labels, Limit, List, Map, Mode,
    Number, Size, Switch, Test, Text, TextOrTexts, Texts, Variables, Words,
};

const BUILD: &[(&str, Type)] = &[
    ("additional_contexts", Labels),
    ("args", Variables),
    ("cache_from", Texts),
    ("cache_to", Texts),
    ("context", Text),
    ("dockerfile", Text),
    ("dockerfile_inline", Text),
    ("entitlements", Texts),
    ("extra_hosts", Hosts),
    ("isolation", Text),
    ("labels", Labels),
    ("network", Text),
    ("no_cache", Switch),
    ("platforms", Texts),
    ("privileged", Switch),
    ("pull", Switch),
    ("secrets", List(&Fields(FILE))),
    ("shm_size", Size),
    ("ssh", Any),
    ("tags", Texts),
    ("target", Text),
    ("ulimits", Map(&Limit)),
];

/// A secret or a config of a service.
const FILE: &[(&str, Type)] = &[
    ("source", Text),
    ("target", Text),
    ("uid", Text),
    ("gid", Text),
    ("mode", Mode),
];

const DEPLOY: &[(&str, Type)] = &[
    ("endpoint_mode", Text),
    ("labels", Labels),
    ("mode", Text),
    ("placement", Any),
    ("replicas", Integer),
    (
        "resources",
        Fields(&[
            ("limits", Fields(RESOURCES)),
            ("reservations", Fields(RESOURCES)),
        ]),
    ),
    ("restart_policy", Fields(RESTART)),
    ("rollback_config", Fields(UPDATE)),
    ("update_config", Fields(UPDATE)),
];

const RESOURCES: &[(&str, Type)] = &[
    ("cpus", Number),
    ("devices", Any),
    ("generic_resources", Any),
    ("memory", Size),
    ("pids", Integer),
];

const RESTART: &[(&str, Type)] = &[
    ("condition", Text),
    ("delay", Duration),
    ("max_attempts", Integer),
    ("window", Duration),
];

const UPDATE: &[(&str, Type)] = &[
    ("delay", Duration),
    ("failure_action", Text),
    ("max_failure_ratio", Number),
    ("monitor", Duration),
    ("order", Text),
    ("parallelism", Integer),
];

const HEALTHCHECK: &[(&str, Type)] = &[
    ("disable", Switch),
    ("interval", Duration),
    ("retries", Integer),
    ("start_interval", Duration),
    ("start_period", Duration),
    ("test", Test),
    ("timeout", Duration),
];

const HOOK: &[(&str, Type)] = &[
    ("command", Words),
    ("environment", Variables),
    ("privileged", Switch),
    ("user", Text),
    ("working_dir", Text),
];

const NETWORK: &[(&str, Type)] = &[
    ("aliases", Texts),
    ("driver_opts", Labels),
    ("gw_priority", Integer),
    ("interface_name", Text),
    ("ipv4_address", Text),
    ("ipv6_address", Text),
    ("link_local_ips", Texts),
    ("mac_address", Text),
    ("priority", Integer),
];

const PORT: &[(&str, Type)] = &[
    ("app_protocol", Text),
    ("host_ip", Text),
    ("mode", Text),
    ("name", Text),
    ("protocol", Text),
    ("published", Text),
    ("target", Integer),
];

const VOLUME: &[(&str, Type)] = &[
    ("bind", Fields(BIND)),
    ("consistency", Text),
    ("image", Fields(&[("subpath", Text)])),
    ("read_only", Switch),
    ("source", Text),
    ("target", Text),
    ("tmpfs", Fields(&[("mode", Integer), ("size", Size)])),
    ("type", Text),
    (
        "volume",
        Fields(&[("labels", Labels), ("nocopy", Switch), ("subpath", Text)]),
    ),
];

/// `create_host_path` is missing: it is always true there, and left out.
const BIND: &[(&str, Type)] = &[
    ("propagation", Text),
    ("recursive", Text),
    ("selinux", Text),
];

/// The fields of a service.
pub(super) const SERVICE: &[(&str, Type)] = &[
    ("annotations", Labels),
    ("attach", Flag),
    ("blkio_config", Any),
    ("build", Fields(BUILD)),
    ("cap_add", Texts),
    ("cap_drop", Texts),
    ("cgroup", Text),
    ("cgroup_parent", Text),
    ("command", Words),
    ("configs", List(&Fields(FILE))),
    ("container_name", Text),
    ("cpu_count", Integer),
    ("cpu_percent", Number),
    ("cpu_period", Integer),
    ("cpu_quota", Integer),
    ("cpu_rt_period", Integer),
    ("cpu_rt_runtime", Integer),
    ("cpu_shares", Integer),
    ("cpus", Number),
    ("cpuset", Text),
    ("credential_spec", Any),
    ("depends_on", Map(&Dependency)),
    ("deploy", Fields(DEPLOY)),
    ("develop", Any),
    ("device_cgroup_rules", Texts),
    (
        "devices",
        List(&Fields(&[
            ("permissions", Text),
            ("source", Text),
            ("target", Text),
        ])),
    ),
    ("dns", TextOrTexts),
    ("dns_opt", Texts),
    ("dns_search", TextOrTexts),
    ("domainname", Text),
    ("entrypoint", Words),
    (
        "env_file",
        List(&Fields(&[
            ("format", Text),
            ("path", Text),
            ("required", Flag),
        ])),
    ),
    ("environment", Variables),
    ("expose", Texts),
    ("extends", Fields(&[("file", Text), ("service", Text)])),
    ("external_links", Texts),
    ("extra_hosts", Hosts),
    ("gpus", Any),
    ("group_add", Texts),
    ("healthcheck", Fields(HEALTHCHECK)),
    ("hostname", Text),
    ("image", Text),
    ("init", Flag),
    ("ipc", Text),
    ("isolation", Text),
    ("label_file", TextOrTexts),
    ("labels", Labels),
    ("links", Texts),
    ("logging", Fields(&[("driver", Text), ("options", Labels)])),
    ("mac_address", Text),
    ("mem_limit", Size),
    ("mem_reservation", Size),
    ("mem_swappiness", Integer),
    ("memswap_limit", Size),
    (
        "models",
        Map(&Fields(&[("endpoint_var", Text), ("model_var", Text)])),
    ),
    ("network_mode", Text),
    ("networks", Map(&Fields(NETWORK))),
    ("oom_kill_disable", Switch),
    ("oom_score_adj", Integer),
    ("pid", Text),
    ("pids_limit", Integer),
    ("platform", Text),
    ("ports", List(&Fields(PORT))),
    ("post_start", List(&Fields(HOOK))),
    ("pre_stop", List(&Fields(HOOK))),
    ("privileged", Switch),
    ("profiles", Texts),
    (
        "provider",
        Fields(&[("options", Map(&TextOrTexts)), ("type", Text)]),
    ),
    ("pull_policy", Text),
    ("read_only", Switch),
    ("restart", Text),
    ("runtime", Text),
    ("scale", Integer),
    ("secrets", List(&Fields(FILE))),
    ("security_opt", Texts),
    ("shm_size", Size),
    ("stdin_open", Switch),
    ("stop_grace_period", Duration),
    ("stop_signal", Text),
    ("storage_opt", Labels),
    ("sysctls", Labels),
    ("tmpfs", TextOrTexts),
    ("tty", Switch),
    ("ulimits", Map(&Limit)),
    ("use_api_socket", Switch),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volumes", List(&Fields(VOLUME))),
    ("volumes_from", Texts),
    ("working_dir", Text),
];
