{{ .Manifests }}
