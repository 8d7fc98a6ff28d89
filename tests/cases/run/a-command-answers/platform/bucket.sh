# Tells what it was asked, but for its state, and with what.
asked=$(sed 's/,"state".*//; s/["\\]/\\&/g')
printf '{
  "version": "score-rs/run/v1",
  "values": {"name": "b-%s", "port": 9000, "asked": "%s | %s | %s | %s"},
  "secrets": {"token": "p\\"w$\\\\d é"},
  "state": {"z": "last", "count": 1}
}' "$1" "$asked" "$2" "$SCORE_TEST" "$HOME$SCORE_RS_KEY"
