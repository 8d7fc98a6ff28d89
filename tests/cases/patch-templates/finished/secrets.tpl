{{- range $i, $m := .Manifests }}
{{- if eq $m.kind "Secret" }}
# The template sees the Secret: the key that it adds is one of the ExternalSecret.
- op: set
  path: {{ $i }}.stringData.added
  value: "1"
{{- end }}
{{- if eq $m.kind "Deployment" }}
# The wave is kept.
- op: set
  path: {{ $i }}.metadata.annotations.argocd\.argoproj\.io/sync-wave
  value: "7"
{{- end }}
{{- end }}
