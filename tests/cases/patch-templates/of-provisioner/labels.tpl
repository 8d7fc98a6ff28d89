{{ range $name, $_ := .Compose.services }}
- {op: set, path: services.{{ $name }}.labels.team, value: shop}
{{ end }}
