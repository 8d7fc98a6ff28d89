{{- /* Written by score-rs: score-rs generate -t helm */ -}}

{{/*
The prefix of object names. A release that is named after the chart has no prefix. Other releases have
their name and a hash of it, so that their objects never collide.
*/}}
{{- define "shop.prefix" -}}
{{- if not (kindIs "invalid" .Values.global.namePrefix) -}}
{{- .Values.global.namePrefix -}}
{{- else if ne .Release.Name .Chart.Name -}}
{{- $start := .Release.Name | replace "." "-" | trunc 20 | trimSuffix "-" -}}
{{- printf "%s-%s-" $start (.Release.Name | sha256sum | trunc 6) -}}
{{- end -}}
{{- end -}}

{{/*
The name of an object in this release: (list $ NAME). Names that exceed the length limit are truncated and end with a hash.
*/}}
{{- define "shop.name" -}}
{{- $prefix := include "shop.prefix" (index . 0) -}}
{{- $name := printf "%s%s" $prefix (index . 1) -}}
{{- if and $prefix (gt (len $name) 52) -}}
{{- printf "%s-%s" ($name | trunc 43 | trimSuffix "-") ($name | sha256sum | trunc 8) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/*
The name of an image: (list $ VALUES).
*/}}
{{- define "shop.image" -}}
{{- $global := (index . 0).Values.global -}}
{{- $image := index . 1 -}}
{{- with $global.imageRegistry | default $image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/*
The name of a Job: (list $ NAME VALUES HASH OTHERS), where OTHERS are the values of other components that it
uses. A Job cannot be changed in a cluster; with values other than the defaults it gets another name and
runs again.
*/}}
{{- define "shop.job" -}}
{{- $global := (index . 0).Values.global -}}
{{- $name := include "shop.name" (list (index . 0) (index . 1)) -}}
{{- $hash := list (index . 2) $global.imageRegistry $global.imagePullSecrets (index . 4) | toJson | sha256sum -}}
{{- if eq $hash (index . 3) -}}
{{- $name -}}
{{- else -}}
{{- printf "%s-%s" ($name | trunc 43 | trimSuffix "-") ($hash | trunc 8) -}}
{{- end -}}
{{- end -}}
