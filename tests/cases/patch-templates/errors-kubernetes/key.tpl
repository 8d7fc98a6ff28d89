{{- range .Manifests }}{{ if eq .kind "Secret" }}
- {op: set, path: 0.metadata.annotations, value: { {{ .stringData.password | quote }}: x}}
{{- end }}{{ end }}
