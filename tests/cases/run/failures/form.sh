echo '{"version": "v1", "value": {}, "secrets": {"a": 123456, "b-c": "x"}, "state": []}'
