echo '{"version": "score-rs/run/v1", "values": {"url": "https://b.example"}, "secrets": {"token": "a\"b"}}'
