#!/bin/sh
set -e
request=$(cat)
case $1 in
compose)
    cat <<END
{"resource_outputs": {"cpu": 0.25, "token": "t0ken-of-$2"},
 "relative_file_contents": {"quota/note.txt": "for the quota\n"},
 "relative_directories": {"quota/empty": true},
 "compose_volumes": {"quota-data": {"driver": "local"}},
 "compose_services": {"quota-proxy": {"image": "busybox:1.36", "command": ["sleep", "1d"], "environment": {"SIZE": "small"}}}}
END
    ;;
kubernetes)
    cat <<END
{"resource_outputs": {"cpu": "250m", "token": "t0ken-of-$2"},
 "manifests": [{"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": {"hard": {"requests.cpu": "250m"}}}]}
END
    ;;
*)
    echo "no quota for $1" >&2
    echo "$request" >&2
    exit 4
    ;;
esac
