# Records each request, and cannot delete the bucket `full`.
request=$(cat)
printf 'size %s: %s\n' "$1" "$request" >>requests.log
case $request in
*'"mode":"delete"'*'.full"'*)
  echo "the bucket is not empty" >&2
  exit 3
  ;;
esac
echo '{"version": "score-rs/run/v1", "values": {"url": "file:///b"}, "state": {"folder": "b"}}'
