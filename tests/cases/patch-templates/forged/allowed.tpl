{{- range $i, $object := .Manifests }}
{{- if and (eq $object.kind "Deployment") (hasKey $.Workloads $object.metadata.name) }}
- op: set
  path: {{ $i }}.metadata.annotations.b
  value: {{ dig "metadata" "annotations" "k8s.score.dev/workload-name" "" (index $.Workloads $object.metadata.name) | quote }}
- op: set
  path: {{ $i }}.metadata.annotations.a
  value: {{ index $object.metadata.annotations "k8s.score.dev/workload-name" | quote }}
{{- end }}
{{- end }}
