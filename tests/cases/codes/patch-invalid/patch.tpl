{{ range $name, $_ := .Compose.services }}
- op: set
  path: services.{{ $name }}.readonly
  value: true
{{ end }}
