echo "no quota left" >&2; exit 3
