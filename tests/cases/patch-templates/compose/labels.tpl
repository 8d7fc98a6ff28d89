{{ range $name, $_ := .Compose.services }}
- {op: set, path: services.{{ $name }}.labels.acme\.example/seen, value: "yes"}
{{ end }}
