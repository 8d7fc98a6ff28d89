{{ range $name, $service := .Compose.services }}
{{ if and $service.hostname (eq (dig "annotations" "acme.example/log-agent" "false" $service) "true") }}
- op: set
  path: services.{{ $name }}-logs
  value:
    image: registry.example/logs:2
    command: ["--project", {{ $.Compose.name | quote }}, "--services", {{ keys $.Compose.services | sortAlpha | join "," | quote }}]
    network_mode: service:{{ $name }}
    read_only: {{ $service.read_only }}
    environment: {LEVEL: "${LEVEL:-info}"}
    depends_on:
      {{ $name }}: {condition: service_started}
{{ end }}
{{ end }}
- op: set
  path: volumes.scratch
  value: {driver: local}
