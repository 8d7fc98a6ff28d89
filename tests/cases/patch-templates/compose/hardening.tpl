{{- /* Every container of a workload, but not the servers of resources. */ -}}
{{ range $name, $spec := .Workloads }}
{{ range $container, $_ := $spec.containers }}
- op: set
  path: services.{{ $name }}-{{ $container }}.read_only
  value: true
  description: nothing to write in {{ $name }}
- op: set
  path: services.{{ $name }}-{{ $container }}.cap_drop.-1
  value: ALL
{{ end }}
{{ end }}
- {op: delete, path: services.web-front.environment.DEBUG}
- {op: delete, path: services.missing.environment.DEBUG}
