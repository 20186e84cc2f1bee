#!/bin/sh
# Runs Mosquitto with the files that the hub writes: waits for them and tells Mosquitto when they change.
#   run.sh FOLDER [SECONDS]
# A fresh revocation list or certificate is read on SIGHUP. When somebody was revoked, or the CA is another one
# (the hub notes both in `restart-when-changed`), Mosquitto is started anew: only that ends sessions.
set -u
folder=${1:?the folder that the hub writes}
every=${2:-5}
broker=

# Of files that are written under another name first: never half of one
state() { cat "$@" 2>/dev/null | cksum; }
must_restart() { state "$folder/restart-when-changed"; }
must_reload() { state "$folder/crl.pem" "$folder/server.crt" "$folder/server.key"; }

end() {
  trap - TERM INT
  [ -z "$broker" ] || { kill -TERM "$broker" 2>/dev/null; wait "$broker"; }
  exit 0
}
trap end TERM INT

# A signal ends `wait`, but not `sleep` itself
pause() { sleep "$every" & wait $!; }

# Written last
until [ -s "$folder/mosquitto.conf" ]; do pause; done

while :; do
  started=$(must_restart)
  loaded=$(must_reload)
  mosquitto -c "$folder/mosquitto.conf" &
  broker=$!
  while pause && kill -0 "$broker" 2>/dev/null; do
    [ "$(must_restart)" = "$started" ] || break
    now=$(must_reload)
    [ "$now" = "$loaded" ] || { echo 'the hub wrote new files: reading them' >&2; loaded=$now; kill -HUP "$broker"; }
  done
  if ! kill -0 "$broker" 2>/dev/null; then
    wait "$broker"
    exit $?
  fi
  echo 'somebody was revoked, or the CA is another one: starting anew' >&2
  kill -TERM "$broker"
  wait "$broker"
done
