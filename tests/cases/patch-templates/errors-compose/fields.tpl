{{ range $name, $_ := .Compose.services }}
- {op: set, path: services.{{ $name }}.readonly, value: true}
- {op: set, path: services.{{ $name }}.deploy.resources.limits.cpu, value: 1}
- {op: set, path: services.{{ $name }}.cap_drop, value: 5}
{{ end }}
- {op: set, path: service.web.image, value: x}
- {op: set, path: volumes.data, value: [a]}
- {op: set, path: services.a b, value: {image: x}}
- {op: set, path: services.web-main.environment.KEY, value: "${SCORE_RS_KEY}"}
- {op: set, path: services.web-main.environment.SCORE_RS_KEY, value: null}
