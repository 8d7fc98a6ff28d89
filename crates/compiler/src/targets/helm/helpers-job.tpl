
{{/*
The name of a Job: (list $ NAME VALUES HASH OTHERS), where OTHERS are the values of other components that it
uses. A Job cannot be changed in a cluster; with values other than the defaults it gets another name and
runs again. A name that is truncated is part of its hash.
*/}}
{{- define "CHART.job" -}}
{{- $global := (index . 0).Values.global -}}
{{- $name := include "CHART.name" (list (index . 0) (index . 1)) -}}
{{- $hash := list (index . 2) $global.imageRegistry $global.imagePullSecrets (index . 4) | toJson | sha256sum -}}
{{- if eq $hash (index . 3) -}}
{{- $name -}}
{{- else -}}
{{- if gt (len $name) 43 -}}
{{- $hash = print $name $hash | sha256sum -}}
{{- end -}}
{{- printf "%s-%s" ($name | trunc 43 | trimSuffix "-") ($hash | trunc 8) -}}
{{- end -}}
{{- end -}}
