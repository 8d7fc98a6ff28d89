
{{/*
The name of a job: (list $ NAME VALUES HASH OTHERS), where OTHERS are values of others that it takes. What
a job runs can never change in a cluster; with other values than the chart's own it runs anew under
another name.
*/}}
{{- define "CHART.job" -}}
{{- $global := (index . 0).Values.global -}}
{{- $name := include "CHART.name" (list (index . 0) (index . 1)) -}}
{{- $hash := list (index . 2) $global.imageRegistry $global.imagePullSecrets (index . 4) | toJson | sha256sum -}}
{{- if eq $hash (index . 3) -}}
{{- $name -}}
{{- else -}}
{{- printf "%s-%s" ($name | trunc 43 | trimSuffix "-") ($hash | trunc 8) -}}
{{- end -}}
{{- end -}}
