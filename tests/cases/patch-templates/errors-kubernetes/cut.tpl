{{- range .Manifests }}{{ if eq .kind "Secret" }}
- {op: set, path: 0.metadata.annotations.a, value: {{ substr 0 4 .stringData.password | quote }}}
{{- end }}{{ end }}
