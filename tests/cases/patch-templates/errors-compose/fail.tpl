# comment
{{ range $name, $x := .Compose.services }}
{{ fail (printf "no %s" $name) }}
{{ end }}
