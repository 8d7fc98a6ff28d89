echo waiting >&2
sleep 60 &
sleep 60
