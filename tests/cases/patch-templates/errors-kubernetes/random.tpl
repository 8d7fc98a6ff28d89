- op: set
  path: -1
  value: {apiVersion: v1, kind: Secret, metadata: {name: tokens}, stringData: {token: {{ randAlphaNum 20 | quote }}}}
