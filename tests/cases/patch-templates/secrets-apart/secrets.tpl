- op: set
  path: -1
  value:
    apiVersion: v1
    kind: Secret
    metadata: {name: tokens}
    stringData:
      token: {{ randAlphaNum 20 | quote }}
{{- range .Manifests }}
{{- if eq .kind "Secret" }}
{{- range $key, $value := .stringData }}
      {{ $key }}: {{ printf "copy of %s" $value | quote }}
{{- end }}
{{- end }}
{{- end }}
- op: set
  path: -1
  value:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ printf "settings-%s" (randAlpha 6 | lower) }}}
    data:
      token: {{ randAlphaNum 20 | quote }}
