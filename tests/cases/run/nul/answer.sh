printf '%s\n' '{"version": "score-rs/run/v1", "values": {"url": "a\u0000b"}, "secrets": {"key": "k\u0000"}}'
