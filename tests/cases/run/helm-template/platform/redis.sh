# Answers like `helm template NAME CHART --set maxmemory=MEMORY`, with the objects of a chart.
name=$1
memory=$2
cat <<END
{
  "version": "score-rs/run/v1",
  "values": {
    "manifests": [
      {
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "$name-configuration", "labels": {"app.kubernetes.io/name": "redis", "app.kubernetes.io/managed-by": "Helm"}},
        "data": {"redis.conf": "maxmemory $memory\nappendonly yes\n"}
      },
      {
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "$name-master", "labels": {"app.kubernetes.io/name": "redis"}},
        "spec": {"selector": {"app.kubernetes.io/instance": "$name"}, "ports": [{"name": "tcp-redis", "port": 6379, "targetPort": "redis"}]}
      },
      {
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "$name-master", "labels": {"app.kubernetes.io/name": "redis"}},
        "spec": {
          "replicas": 1, "serviceName": "$name-master",
          "selector": {"matchLabels": {"app.kubernetes.io/instance": "$name"}},
          "template": {
            "metadata": {"labels": {"app.kubernetes.io/instance": "$name"}},
            "spec": {
              "automountServiceAccountToken": false,
              "containers": [{
                "name": "redis", "image": "redis:8",
                "args": ["redis-server", "/etc/redis/redis.conf", "--requirepass", "\$(REDIS_PASSWORD)"],
                "env": [{"name": "REDIS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "$name", "key": "password"}}}],
                "ports": [{"name": "redis", "containerPort": 6379}],
                "volumeMounts": [{"name": "config", "mountPath": "/etc/redis"}, {"name": "data", "mountPath": "/data"}]
              }],
              "volumes": [{"name": "config", "configMap": {"name": "$name-configuration"}}]
            }
          },
          "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]
        }
      }
    ]
  },
  "secrets": {"password": "{{ not an expression }}"}
}
END
