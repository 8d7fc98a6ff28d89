printf '{"version": "score-rs/run/v1", "values": {"url": "a"}, "state": {"large": "'
head -c 4500000 /dev/zero | tr '\0' x
echo '"}}'
