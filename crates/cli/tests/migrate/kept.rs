//! The names, passwords and volumes that stay, by type and tool.

/// A type of resource, and what stays of one: the state of the resource, the shared state, and parts of the output.
pub(crate) struct Kept {
    pub(crate) kind: &'static str,
    pub(crate) state: &'static str,
    pub(crate) shared: &'static str,
    pub(crate) parts: &'static [&'static str],
}

/// The types of score-compose.
pub(crate) const OF_COMPOSE: [Kept; 13] = [
    Kept {
        kind: "amqp",
        state: "vhost: vhost-Ab12Cd, username: user-Ab12Cd, password: itsPassw0rd",
        shared: "default-provisioners-rabbitmq: {instanceServiceName: rabbitmq-Ef34Gh, instanceErlangCookie: cookiePassw0rd, publishPorts: {}}",
        parts: &[
            "\n  rabbitmq-Ef34Gh-data:\n    driver: local\n",
            "source: rabbitmq-Ef34Gh-data\n        target: /var/lib/rabbitmq\n",
            "OUT_HOST: rabbitmq-Ef34Gh\n",
            "OUT_VHOST: vhost-Ab12Cd\n",
            "OUT_USERNAME: user-Ab12Cd\n",
            "OUT_PASSWORD=itsPassw0rd\n",
        ],
    },
    Kept {
        kind: "dns",
        state: "instanceHostname: dnsab12cd.localhost",
        shared: "",
        parts: &["OUT_HOST: dnsab12cd.localhost\n"],
    },
    Kept {
        kind: "elasticsearch",
        state: "clusterName: cluster-Ab12, host: elastic-Ab12Cd, username: elastic, password: itsPassw0rd",
        shared: "",
        parts: &[
            "\n  elastic-Ab12Cd:\n",
            "\n  ecsdata:\n    driver: local\n",
            "source: ecsdata\n        target: /usr/share/elasticsearch/data\n",
            "ES_SETTING_CLUSTER_NAME: cluster-Ab12\n",
            "OUT_USERNAME: elastic\n",
            "OUT_PASSWORD=itsPassw0rd\n",
        ],
    },
    Kept {
        kind: "kafka-topic",
        state: "topic: topic-Ab12Cd",
        shared: "shared_kafka_instance_name: kafka-Ef34Gh",
        parts: &[
            "\n  kafka-Ef34Gh-data:\n    driver: local\n",
            "source: kafka-Ef34Gh-data\n        target: /var/lib/kafka/data\n",
            "TOPIC: topic-Ab12Cd\n",
            "OUT_HOST: kafka-Ef34Gh\n",
            "OUT_NAME: topic-Ab12Cd\n",
        ],
    },
    Kept {
        kind: "mongodb",
        state: "serviceName: mongo-Ab12Cd, username: user-Ab12Cd, password: itsPassw0rd",
        shared: "",
        parts: &[
            "\n  mongo-Ab12Cd-data:\n    name: mongo-Ab12Cd-data\n    driver: local\n    labels:\n      dev.score.compose.res.uid: mongodb.default#notes.it\n",
            "source: mongo-Ab12Cd-data\n        target: /data/db\n",
            "MONGO_INITDB_ROOT_PASSWORD=itsPassw0rd\n",
            "OUT_USERNAME: user-Ab12Cd\n",
            "OUT_PASSWORD=itsPassw0rd\n",
        ],
    },
    Kept {
        kind: "mssql",
        state: "service: default-provisioners-mssql, password: itsPassw0rd",
        shared: "",
        parts: &[
            "\n  default-provisioners-mssql-data:\n    driver: local\n",
            "source: default-provisioners-mssql-data\n        target: /var/opt/mssql\n",
            "MSSQL_SA_PASSWORD=itsPassw0rd\n",
            "OUT_SERVER: default-provisioners-mssql\n",
            "OUT_PASSWORD=itsPassw0rd\n",
        ],
    },
    Kept {
        kind: "mysql",
        state: "database: db-Ab12Cd, username: user-Ab12Cd, password: itsPassw0rd",
        shared: "default-provisioners-mysql-instance: {instanceServiceName: mysql-Ef34Gh, instancePassword: itsPassw0rd, instanceRootPassword: rootPassw0rd}",
        parts: &[
            "\n  mysql-Ef34Gh-data:\n    driver: local\n",
            "source: mysql-Ef34Gh-data\n        target: /var/lib/mysql\n",
            "MYSQL_ROOT_PASSWORD=rootPassw0rd\n",
            "OUT_HOST: mysql-Ef34Gh\n",
            "OUT_NAME: db-Ab12Cd\n",
            "OUT_USERNAME: user-Ab12Cd\n",
            "OUT_PASSWORD=itsPassw0rd\n",
        ],
    },
    Kept {
        kind: "postgres",
        state: "database: db-Ab12Cd, username: user-Ab12Cd, password: itsPassw0rd",
        shared: "default-provisioners-postgres-instance: {instanceServiceName: pg-Ef34Gh, instancePassword: rootPassw0rd}",
        parts: &[
            "\n  pg-Ef34Gh-data:\n    driver: local\n",
            "source: pg-Ef34Gh-data\n        target: /var/lib/postgresql/data\n",
            "POSTGRES_PASSWORD=rootPassw0rd\n",
            "OUT_HOST: pg-Ef34Gh\n",
            "OUT_NAME: db-Ab12Cd\n",
            "OUT_USERNAME: user-Ab12Cd\n",
            "OUT_PASSWORD=itsPassw0rd\n",
        ],
    },
    Kept {
        kind: "postgres-instance",
        state: "serviceName: pg-Ab12Cd, password: itsPassw0rd",
        shared: "",
        parts: &[
            "\n  pg-Ab12Cd-data:\n    driver: local\n",
            "source: pg-Ab12Cd-data\n        target: /var/lib/postgresql/data\n",
            "OUT_USERNAME: postgres\n",
            "OUT_PASSWORD=itsPassw0rd\n",
        ],
    },
    Kept {
        kind: "redis",
        state: "serviceName: redis-Ab12Cd, password: itsPassw0rd",
        shared: "",
        parts: &[
            "\n  redis-Ab12Cd-data:\n    name: redis-Ab12Cd-data\n",
            "source: redis-Ab12Cd-data\n        target: /data\n",
            "OUT_HOST: redis-Ab12Cd\n",
            "OUT_PASSWORD=itsPassw0rd\n",
        ],
    },
    Kept {
        kind: "route",
        state: "",
        shared: "default-provisioners-routing-instance: {instanceServiceName: routing-Ab12Cd, instancePort: 8080, hosts: {}}",
        parts: &["\n  routes:\n", "published: \"8080\"\n"],
    },
    Kept {
        kind: "s3",
        state: "bucket: bucket-ab12cd",
        shared: "default-provisioners-minio-instance: {instanceServiceName: minio-Ef34Gh, instanceUsername: root-Ab12, instancePassword: rootPassw0rd, instanceAccessKeyId: accessAb12, instanceSecretKey: itsPassw0rd, publishPort: 9007}",
        parts: &[
            "\n  minio-Ef34Gh-data:\n    driver: local\n",
            "source: minio-Ef34Gh-data\n        target: /data\n",
            "published: \"9007\"\n",
            "MINIO_ROOT_USER: root-Ab12\n",
            "MINIO_ROOT_PASSWORD=rootPassw0rd\n",
            "OUT_BUCKET: bucket-ab12cd\n",
            "OUT_ACCESS_KEY_ID: accessAb12\n",
            "OUT_SECRET_KEY=itsPassw0rd\n",
        ],
    },
    Kept {
        kind: "volume",
        state: "name: notes-it-Ab12Cd",
        shared: "",
        parts: &[
            "\n  notes-it-Ab12Cd:\n    name: notes-it-Ab12Cd\n",
            "source: notes-it-Ab12Cd\n        target: /data\n",
        ],
    },
];

/// The types of score-k8s.
pub(crate) const OF_KUBERNETES: [Kept; 12] = [
    Kept {
        kind: "amqp",
        state: "service: rabbitmq-notes-01234567, vhost: vhost-Ab12Cd, username: user-Ab12Cd, password: itsPassw0rd",
        shared: "",
        parts: &[
            "\n  name: rabbitmq-notes-01234567-secret\n",
            "        name: data\n        labels:\n          app.kubernetes.io/name: rabbitmq-notes-01234567\n",
            "RABBITMQ_DEFAULT_VHOST\n              value: vhost-Ab12Cd\n",
            "OUT_USERNAME\n              value: user-Ab12Cd\n",
        ],
    },
    Kept {
        kind: "dns",
        state: "instanceHostname: dnsab12cd.localhost",
        shared: "",
        parts: &["OUT_HOST\n              value: dnsab12cd.localhost\n"],
    },
    Kept {
        kind: "kafka-topic",
        state: "topic: topic-Ab12Cd",
        shared: "shared_kafka_instance_name: kafka-01234567",
        parts: &[
            "        name: kafka-data\n        labels:\n          app.kubernetes.io/name: kafka-01234567\n",
            "name: kafka-data\n              mountPath: /var/lib/kafka/data\n",
            "OUT_NAME\n              value: topic-Ab12Cd\n",
        ],
    },
    Kept {
        kind: "mongodb",
        state: "service: mongo-notes-01234567, username: user-Ab12Cd, password: itsPassw0rd",
        shared: "",
        parts: &[
            "  MONGO_INITDB_ROOT_PASSWORD: \"itsPassw0rd\"\n",
            "        name: data\n        labels:\n          app.kubernetes.io/name: mongo-notes-01234567\n",
            "name: data\n              mountPath: /data/db\n",
            "OUT_USERNAME\n              value: user-Ab12Cd\n",
        ],
    },
    Kept {
        kind: "mssql",
        state: "service: mssql-notes-01234567, password: itsPassw0rd",
        shared: "",
        parts: &[
            "  MSSQL_SA_PASSWORD: \"itsPassw0rd\"\n",
            "        name: mssql\n        labels:\n          app.kubernetes.io/name: mssql-notes-01234567\n",
            "name: mssql\n              mountPath: /var/opt/mssql\n",
            "OUT_SERVER\n              value: mssql-notes-01234567\n",
        ],
    },
    Kept {
        kind: "mysql",
        state: "service: mysql-notes-01234567, database: db-Ab12Cd, username: user-Ab12Cd, password: itsPassw0rd",
        shared: "",
        parts: &[
            "  MYSQL_PASSWORD: \"itsPassw0rd\"\n  MYSQL_ROOT_PASSWORD: \"itsPassw0rd\"\n",
            "        name: data\n        labels:\n          app.kubernetes.io/name: mysql-notes-01234567\n",
            "name: data\n              mountPath: /var/lib/mysql\n",
            "OUT_NAME\n              value: db-Ab12Cd\n",
            "OUT_USERNAME\n              value: user-Ab12Cd\n",
        ],
    },
    Kept {
        kind: "postgres",
        state: "service: pg-notes-01234567, database: db-Ab12Cd, username: user-Ab12Cd, password: itsPassw0rd",
        shared: "",
        parts: &[
            "  password: \"itsPassw0rd\"\n",
            "        name: pv-data\n        labels:\n          app.kubernetes.io/name: pg-notes-01234567\n",
            "OUT_NAME\n              value: db-Ab12Cd\n",
            "OUT_USERNAME\n              value: user-Ab12Cd\n",
        ],
    },
    Kept {
        kind: "postgres-instance",
        state: "service: pg-notes-76543210, username: postgres, password: itsPassw0rd",
        shared: "",
        parts: &[
            "  password: \"itsPassw0rd\"\n",
            "        name: pv-data\n        labels:\n          app.kubernetes.io/name: pg-notes-76543210\n",
            "PGDATA\n              value: /var/lib/postgresql/data/pgdata\n",
        ],
    },
    Kept {
        kind: "redis",
        state: "service: redis-notes-01234567, username: default, password: itsPassw0rd",
        shared: "",
        parts: &[
            "  password: \"itsPassw0rd\"\n",
            "        name: redis-data\n        labels:\n          app.kubernetes.io/name: redis-notes-01234567\n",
        ],
    },
    Kept {
        kind: "route",
        state: "routeName: route-notes-01234567",
        shared: "",
        parts: &["\n  name: route-notes-01234567\n", "port: 80\n"],
    },
    Kept {
        kind: "s3",
        state: "bucket: bucket-ab12cd",
        shared: "default-provisioners-minio-instance: {instanceServiceName: minio-01234567, instanceUsername: root-Ab12, instancePassword: rootPassw0rd, instanceAccessKeyId: accessAb12, instanceSecretKey: itsPassw0rd}",
        parts: &[
            "  password: \"rootPassw0rd\"\n  secret_key: \"itsPassw0rd\"\n",
            "        name: data\n        labels:\n          app.kubernetes.io/name: minio-01234567\n",
            "OUT_BUCKET\n              value: bucket-ab12cd\n",
            "OUT_ACCESS_KEY_ID\n              value: accessAb12\n",
        ],
    },
    Kept {
        kind: "volume",
        state: "",
        shared: "",
        parts: &["emptyDir: {}\n", "kind: Deployment\n"],
    },
];
