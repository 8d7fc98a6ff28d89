{{- range $i, $object := .Manifests }}
{{- if eq $object.kind "Deployment" }}
- op: set
  path: {{ $i }}.spec.replics
  value: 3
- op: set
  path: {{ $i }}.spec.template.spec.containers.0.env.-1
  value: {name: X, value: 5}
{{- end }}
{{- end }}
- op: set
  path: -1
  value: {apiVersion: v1, kind: ConfigMap}
