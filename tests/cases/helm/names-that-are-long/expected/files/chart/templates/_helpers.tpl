{{- /* Written by score-rs: score-rs generate -t helm */ -}}

{{/*
What the names of objects begin with. A release that is called like the chart has names without a
beginning; those of others begin with the release and a hash of it, so that they never meet.
*/}}
{{- define "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbb-d45e2b37.prefix" -}}
{{- if not (kindIs "invalid" .Values.global.namePrefix) -}}
{{- .Values.global.namePrefix -}}
{{- else if ne .Release.Name .Chart.Name -}}
{{- $start := .Release.Name | replace "." "-" | trunc 20 | trimSuffix "-" -}}
{{- printf "%s-%s-" $start (.Release.Name | sha256sum | trunc 6) -}}
{{- end -}}
{{- end -}}

{{/*
The name of an object in this release: (list $ NAME). Names that would be too long end with a hash.
*/}}
{{- define "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbb-d45e2b37.name" -}}
{{- $prefix := include "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbb-d45e2b37.prefix" (index . 0) -}}
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
{{- define "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbb-d45e2b37.image" -}}
{{- $global := (index . 0).Values.global -}}
{{- $image := index . 1 -}}
{{- with $global.imageRegistry | default $image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/*
The name of a Secret: (list $ NAME), or (list $ NAME "peer") for one that another chart of the project
makes. It is one that exists already where the values say so.
*/}}
{{- define "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbb-d45e2b37.secretName" -}}
{{- $secret := index (index . 0).Values.secrets (index . 1) -}}
{{- $made := ternary "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbb-d45e2b37.peer" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbb-d45e2b37.name" (gt (len .) 2) -}}
{{- $secret.existingSecret | default (include $made .) -}}
{{- end -}}

{{/*
A secret: (list $ NAME KEY LENGTH OTHERS), where OTHERS are the characters that it cannot have, or
(list $ NAME KEY) for one that is made elsewhere, or (list $ NAME KEY "peer"). It is what the values say,
else what the cluster has, else, with a length, a new one that stays the same while the chart is
rendered.
*/}}
{{- define "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbb-d45e2b37.secret" -}}
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
{{- $existing := include "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbb-d45e2b37.secretName" $place -}}
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
{{- fail (printf "the value `%s` of the Secret `%s` is not known: set secrets.%s.values.%s, or let the Secret be in the namespace" $key $existing $name $key) -}}
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
