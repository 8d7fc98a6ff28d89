- op: set
  path: 0.metadata.annotations.motd
  value: {{ substituteValue "web" "for ${resources.missing.host}" | quote }}
