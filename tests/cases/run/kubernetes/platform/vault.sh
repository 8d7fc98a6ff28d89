cat <<'END'
{
  "version": "score-rs/run/v1",
  "secrets": {
    "token": "yes: \"$(HOME)\" \\ {{ x }} é",
    "certificate": "-----BEGIN-----\nAAAA\n\tBBBB\n-----END-----\n"
  }
}
END
