echo '{"version": "score-rs/run/v1"}'
