
{{/*
The name of a Secret: (list $ NAME), or (list $ NAME "peer") for one that another chart of the project
makes. It is one that exists already where the values say so.
*/}}
{{- define "CHART.secretName" -}}
{{- $secret := index (index . 0).Values.secrets (index . 1) -}}
{{- $made := ternary "CHART.peer" "CHART.name" (gt (len .) 2) -}}
{{- $secret.existingSecret | default (include $made .) -}}
{{- end -}}

{{/*
A secret: (list $ NAME KEY LENGTH OTHERS), where OTHERS are the characters that it cannot have, or
(list $ NAME KEY) for one that is made elsewhere, or (list $ NAME KEY "peer"). It is what the values say,
else what the cluster has, else, with a length, a new one that stays the same while the chart is
rendered.
*/}}
{{- define "CHART.secret" -}}
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
{{- $existing := include "CHART.secretName" $place -}}
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
