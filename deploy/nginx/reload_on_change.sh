#!/bin/sh
# Runs COMMAND whenever FILE holds something else than before: so nginx takes up new keys of tickets, and servers that changed places.
#   reload_on_change.sh FILE... -- COMMAND...      (LOOK_EVERY_S=15)
set -eu

files=
while [ "$1" != -- ]; do files="$files $1"; shift; done
shift

# shellcheck disable=SC2086  # names without spaces
digest() { cat $files | sha256sum; }

held=$(digest)
while sleep "${LOOK_EVERY_S:-15}"; do
    now=$(digest) || continue
    if [ "$now" != "$held" ] && "$@"; then held=$now; fi # else again next time
done
