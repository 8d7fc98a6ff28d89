{{- range $i, $o := .Manifests }}
- {op: set, path: {{ $i }}.metadata.labels.team, value: shop}
{{- if eq $o.kind "HTTPRoute" }}
- {op: set, path: {{ $i }}.spec.hostnames.0, value: shop.example}
{{- end }}{{- end }}
