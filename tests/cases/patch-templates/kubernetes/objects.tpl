{{- range $i, $object := .Manifests }}
{{- if eq $object.kind "HTTPRoute" }}
- {op: set, path: {{ $i }}.spec.parentRefs.0.sectionName, value: https}
{{- end }}
{{- end }}
- op: set
  path: -1
  value:
    apiVersion: acme.example/v1
    kind: Dashboard
    metadata:
      name: web
      {{- with .Namespace }}
      namespace: {{ . }}
      {{- end }}
    spec:
      # The password stays a secret wherever templates put it.
      objects: {{ len .Manifests }}
