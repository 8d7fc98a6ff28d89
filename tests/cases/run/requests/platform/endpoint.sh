# Keeps each request, and answers with an address in the namespace, if there is one.
request=$(cat)
printf '%s\n' "$request" >>requests.json
namespace=$(printf '%s' "$request" | sed -n 's/.*"namespace":"\([^"]*\)".*/\1/p')
echo '{
  "version": "score-rs/run/v1",
  "values": {
    "url": "http://mock'"${namespace:+.$namespace}"':8080",
    "clients": [{"name": "{{ params.port }}", "ports": {"http": 8000}}, []]
  }
}'
