#!/usr/bin/env python3
"""Writes a project of N valid workloads of about 40 lines, with five resources each.

    benches/generate.py N FOLDER [--lines LINES]
"""

import argparse
import pathlib

WORKLOAD = """\
apiVersion: score.dev/v1b1
metadata:
  name: {name}
service:
  ports:
    http:
      port: 80
      targetPort: 8080
containers:
  main:
    image: registry.example.com/{name}:1.2.3
    command: ["/bin/{name}"]
    args: ["--listen", "0.0.0.0:8080"]
    variables:
      DB_HOST: ${{resources.db.host}}
      DB_USER: ${{resources.db.username}}
      DB_PASS: ${{resources.db.password}}
      REDIS: ${{resources.cache.host}}:${{resources.cache.port}}
      LEVEL: ${{resources.env.LOG_LEVEL}}
{variables}    volumes:
      /data:
        source: ${{resources.data}}
    resources:
      limits: {{cpu: "1", memory: 256Mi}}
    readinessProbe:
      httpGet: {{path: /healthz, port: 8080}}
resources:
  db:
    type: postgres
  cache:
    type: redis
  data:
    type: volume
  env:
    type: environment
  route:
    type: route
    params: {{host: {name}.example.com, path: /, port: 80}}
"""


def workload(number, lines):
    """The text of a workload, with variables until it has so many lines."""
    name = f"service-{number:05}"
    missing = max(0, lines - WORKLOAD.count("\n") + 1)
    variables = "".join(f"      SETTING_{at}: value {at}\n" for at in range(missing))
    return WORKLOAD.format(name=name, variables=variables)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--lines", type=int, default=40)
    arguments = parser.parse_args()
    for number in range(arguments.workloads):
        folder = arguments.folder / f"service-{number:05}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "score.yaml").write_text(workload(number, arguments.lines))


if __name__ == "__main__":
    main()
