
{{/*
The name of the Secret with a certificate that an issuer creates: (list $ HOST). All routes of a release to the host
share it. A longer name is truncated and ends with a hash.
*/}}
{{- define "CHART.certificate" -}}
{{- $name := printf "%s-tls" (index . 1 | replace "." "-" | replace "*" "wildcard") -}}
{{- if gt (len $name) 63 -}}
{{- $name = printf "%s-%s" (regexReplaceAll "-+$" (trunc 54 $name) "") ($name | sha256sum | trunc 8) -}}
{{- end -}}
{{- include "CHART.name" (list (index . 0) $name) -}}
{{- end -}}
