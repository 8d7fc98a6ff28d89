{{- range .Manifests }}{{ if eq .kind "Secret" }}
- op: set
  path: -1
  value:
    apiVersion: v1
    kind: Secret
    metadata: {name: copy}
    data: {password: {{ .stringData.password | b64enc | quote }}}
{{- end }}{{ end }}
