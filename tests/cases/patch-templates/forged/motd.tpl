{{- range $i, $object := .Manifests }}
{{- if and (eq $object.kind "Deployment") (hasKey $.Workloads $object.metadata.name) }}
- op: set
  path: {{ $i }}.metadata.annotations.from-file
  value: {{ dig "metadata" "annotations" "acme.example/motd" "" (index $.Workloads $object.metadata.name) | quote }}
- op: set
  path: {{ $i }}.metadata.annotations.from-object
  value: {{ index $object.metadata.annotations "acme.example/motd" | quote }}
{{- range (index $object.spec.template.spec.containers 0).env }}
{{- if eq .name "FORGED" }}
- {op: set, path: {{ $i }}.metadata.annotations.from-variable, value: {{ .value | quote }}}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
