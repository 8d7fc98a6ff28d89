echo '{"version": "score-rs/run/v1", "values": {"url": "https://b.example"}, "state": {"name": "b-1"}}'
