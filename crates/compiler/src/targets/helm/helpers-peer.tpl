
{{/*
The name of an object of another chart of the project: (list $ NAME).
*/}}
{{- define "CHART.peer" -}}
{{- printf "%s%s" ((index . 0).Values.global.namePrefix | default "") (index . 1) -}}
{{- end -}}
