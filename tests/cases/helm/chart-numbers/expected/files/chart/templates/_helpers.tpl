{{- /* Written by score-rs: score-rs generate -t helm */ -}}

{{/*
The name of an object in this release: (list $ NAME). It is NAME if the release is named after the chart, else
RELEASE-NAME; the object that is named after the chart is RELEASE if that contains its name. fullnameOverride
replaces the release name, and global.namePrefix all of this.
*/}}
{{- define "web.name" -}}
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
{{- include "web.limited" (list $full $name) -}}
{{- end -}}

{{/*
A name that is derived from another one: (list DERIVED NAME). If it exceeds the length limit, it is truncated and
ends with a hash.
*/}}
{{- define "web.limited" -}}
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
{{- define "web.image" -}}
{{- $global := (index . 0).Values.global -}}
{{- $image := index . 1 -}}
{{- with $global.imageRegistry | default $image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}
