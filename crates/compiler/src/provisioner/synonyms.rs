//! Words of other tools and of clouds for resource types.

/// Pairs of a word, in lower case without `-` and `_`, and the type.
const SYNONYMS: &[(&str, &str)] = &[
    ("alb", "route"),
    ("amqp091", "amqp"),
    ("autoscaler", "horizontal-pod-autoscaler"),
    ("awss3", "s3"),
    ("bucket", "s3"),
    ("configmap", "config"),
    ("disk", "volume"),
    ("documentdb", "mongodb"),
    ("domain", "dns"),
    ("ebs", "volume"),
    ("efs", "volume"),
    ("elastic", "elasticsearch"),
    ("elasticache", "redis"),
    ("emptydir", "volume"),
    ("env", "environment"),
    ("envvars", "environment"),
    ("host", "dns"),
    ("hostname", "dns"),
    ("hpa", "horizontal-pod-autoscaler"),
    ("httproute", "route"),
    ("ingress", "route"),
    ("kafka", "kafka-topic"),
    ("keydb", "redis"),
    ("llm", "llm-model"),
    ("loadbalancer", "route"),
    ("mariadb", "mysql"),
    ("minio", "s3"),
    ("mongo", "mongodb"),
    ("msk", "kafka-topic"),
    ("objectstorage", "s3"),
    ("ollama", "llm-model"),
    ("opensearch", "elasticsearch"),
    ("persistentvolume", "volume"),
    ("persistentvolumeclaim", "volume"),
    ("pg", "postgres"),
    ("postgresql", "postgres"),
    ("pvc", "volume"),
    ("rabbit", "amqp"),
    ("rabbitmq", "amqp"),
    ("redpanda", "kafka-topic"),
    ("route53", "dns"),
    ("s3bucket", "s3"),
    ("secretsmanager", "secret"),
    ("sqlserver", "mssql"),
    ("storage", "volume"),
    ("topic", "kafka-topic"),
    ("url", "dns"),
    ("valkey", "redis"),
    ("vault", "secret"),
    ("workload", "service"),
];

/// The type for which a word stands, if it is a known one.
pub(super) fn synonym(word: &str) -> Option<&'static str> {
    let plain = word.to_lowercase().replace(['_', '-'], "");
    let found = SYNONYMS.iter().find(|(word, _)| *word == plain);
    found.map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::SYNONYMS;

    #[test]
    fn synonyms_stand_for_types_of_the_catalogue_and_are_none() {
        let is_type = |word: &str| {
            let mut types = score_provisioners::BUILTIN.iter();
            types.any(|(kind, _)| *kind == word)
        };
        assert!(SYNONYMS.is_sorted());
        for (word, kind) in SYNONYMS {
            assert!(is_type(kind), "{kind}");
            assert!(!is_type(word), "{word}");
        }
    }
}
