
{{/*
The name of an object of another chart of the project: (list $ NAME).
*/}}
{{- define "CHART.peer" -}}
{{- $full := print ((index . 0).Values.global.namePrefix | default "") (index . 1) -}}
{{- include "CHART.limited" (list $full (index . 1)) -}}
{{- end -}}
