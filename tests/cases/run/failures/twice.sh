echo '{"version": "score-rs/run/v1", "values": {"url": 1}, "secrets": {"url": "x"}}'
