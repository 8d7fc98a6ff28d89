
{{/*
The name of an object that another chart of the project makes: (list $ NAME).
*/}}
{{- define "CHART.peer" -}}
{{- printf "%s%s" ((index . 0).Values.global.namePrefix | default "") (index . 1) -}}
{{- end -}}
