{{ range $i, $o := .Manifests }}{{ if eq $o.kind "Deployment" }}- {op: set, path: {{ $i }}.spec.replicas, value: 5}{{ end }}{{ end }}
