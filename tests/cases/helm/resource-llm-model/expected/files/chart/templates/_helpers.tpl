{{- /* Written by score-rs: score-rs generate -t helm */ -}}

{{/*
The name of an object in this release: (list $ NAME). It is NAME if the release is named after the chart, else
RELEASE-NAME; the object that is named after the chart is RELEASE if that contains its name. fullnameOverride
replaces the release name, and global.namePrefix all of this.
*/}}
{{- define "chat.name" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $override := $root.Values.fullnameOverride -}}
{{- $release := $override | default $root.Release.Name -}}
{{- $full := printf "%s-%s" ($release | replace "." "-") $name -}}
{{- if not (or $override (kindIs "invalid" $root.Values.global.namePrefix)) -}}
{{- $full = print $root.Values.global.namePrefix $name -}}
{{- else if eq $release $root.Chart.Name -}}
{{- $full = $name -}}
{{- else if and (eq $name $root.Chart.Name) (or $override (contains $name $release)) -}}
{{- $full = $release | replace "." "-" -}}
{{- end -}}
{{- include "chat.limited" (list $full $name) -}}
{{- end -}}

{{/*
A name that is derived from another one: (list DERIVED NAME). If it exceeds the length limit, it is truncated and
ends with a hash.
*/}}
{{- define "chat.limited" -}}
{{- $full := index . 0 -}}
{{- if and (ne $full (index . 1)) (gt (len $full) 52) -}}
{{- printf "%s-%s" ($full | trunc 43 | trimSuffix "-") ($full | sha256sum | trunc 8) -}}
{{- else -}}
{{- $full -}}
{{- end -}}
{{- end -}}

{{/*
The name of an image: (list $ VALUES).
*/}}
{{- define "chat.image" -}}
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
runs again. A name that is truncated is part of its hash.
*/}}
{{- define "chat.job" -}}
{{- $global := (index . 0).Values.global -}}
{{- $name := include "chat.name" (list (index . 0) (index . 1)) -}}
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
