{{- /* Written by score-rs: score-rs generate -t helm */ -}}

{{/*
The prefix of object names. A release that is named after the chart has no prefix. Other releases have
their name and a hash of it, so that their objects never collide.
*/}}
{{- define "web.prefix" -}}
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
{{- define "web.name" -}}
{{- $prefix := include "web.prefix" (index . 0) -}}
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
{{- define "web.image" -}}
{{- $global := (index . 0).Values.global -}}
{{- $image := index . 1 -}}
{{- with $global.imageRegistry | default $image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}
