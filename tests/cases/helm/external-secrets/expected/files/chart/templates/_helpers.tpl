{{- /* Written by score-rs: score-rs generate -t helm */ -}}

{{/*
The name of an object in this release: (list $ NAME). It is NAME if the release is named after the chart, else
RELEASE-NAME; the object that is named after the chart is RELEASE if that contains its name. fullnameOverride
replaces the release name, and global.namePrefix all of this.
*/}}
{{- define "shop.name" -}}
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
{{- include "shop.limited" (list $full $name) -}}
{{- end -}}

{{/*
A name that is derived from another one: (list DERIVED NAME). If it exceeds the length limit, it is truncated and
ends with a hash.
*/}}
{{- define "shop.limited" -}}
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
{{- define "shop.image" -}}
{{- $global := (index . 0).Values.global -}}
{{- $image := index . 1 -}}
{{- with $global.imageRegistry | default $image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/*
The name of a Secret: (list $ NAME), or (list $ NAME "peer") for a Secret of another chart of the project.
The value existingSecret takes precedence.
*/}}
{{- define "shop.secretName" -}}
{{- $secret := index (index . 0).Values.secrets (index . 1) -}}
{{- $made := ternary "shop.peer" "shop.name" (gt (len .) 2) -}}
{{- $secret.existingSecret | default (include $made .) -}}
{{- end -}}

{{/*
A secret: (list $ NAME KEY LENGTH OTHERS), where OTHERS is a pattern of the characters that it must not contain, or
(list $ NAME KEY) for a secret that is created elsewhere, or (list $ NAME KEY "peer"). It comes from the
values or from the cluster. Otherwise, if there is a length, it is generated once per rendering.
*/}}
{{- define "shop.secret" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $key := index . 2 -}}
{{- $length := 0 -}}
{{- $place := list $root $name -}}
{{- if gt (len .) 4 -}}
{{- $length = index . 3 -}}
{{- else if gt (len .) 3 -}}
{{- $place = append $place "peer" -}}
{{- end -}}
{{- $secret := index $root.Values.secrets $name -}}
{{- $existing := include "shop.secretName" $place -}}
{{- $object := lookup "v1" "Secret" $root.Release.Namespace $existing | default dict -}}
{{- $known := index ($object.data | default dict) $key -}}
{{- $made := get $root.Values "made" | default dict -}}
{{- $identity := printf "%s/%s" $name $key -}}
{{- if hasKey ($secret.values | default dict) $key -}}
{{- index $secret.values $key -}}
{{- else if $known -}}
{{- $known | b64dec -}}
{{- else if hasKey $made $identity -}}
{{- get $made $identity -}}
{{- else if or $secret.existingSecret (not $length) -}}
{{- fail (printf "the value `%s` of the Secret `%s` is not known: set secrets.%s.values.%s, or create the Secret in the namespace" $key $existing $name $key) -}}
{{- else -}}
{{- $new := randAlphaNum (int $length) -}}
{{- with index . 4 -}}
{{- $new = regexReplaceAll . (randAscii (int (add 500 (mul 100 $length)))) "" | trunc (int $length) -}}
{{- end -}}
{{- $_ := set $made $identity $new -}}
{{- $_ = set $root.Values "made" $made -}}
{{- $new -}}
{{- end -}}
{{- end -}}
