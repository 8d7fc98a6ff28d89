{{- range $i, $object := .Manifests }}
- op: set
  path: {{ $i }}.metadata.labels.acme\.example/team
  value: {{ $.Namespace | default "none" | quote }}
{{- if and (eq $object.kind "Deployment") (hasKey $.Workloads $object.metadata.name) }}
{{- $workload := index $.Workloads $object.metadata.name }}
- op: set
  path: {{ $i }}.spec.replicas
  value: {{ dig "metadata" "annotations" "acme.example/replicas" "1" $workload }}
- op: set
  path: {{ $i }}.metadata.annotations.acme\.example/motd
  value: {{ substituteValue $object.metadata.name (dig "metadata" "annotations" "acme.example/motd" "" $workload) | quote }}
- op: delete
  path: {{ $i }}.spec.template.metadata.annotations.acme\.example/motd
- op: set
  path: {{ $i }}.spec.template.spec.containers.-1
  value: {name: proxy, image: "registry.example/proxy:2", args: ["{{ "{{" }} .Values.x }}"], securityContext: {allowPrivilegeEscalation: false}}
{{- end }}
{{- end }}
