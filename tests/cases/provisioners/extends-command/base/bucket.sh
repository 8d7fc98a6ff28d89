read -r _
echo "{\"version\": \"score-rs/run/v1\", \"values\": {\"url\": \"base:$1\"}}"
