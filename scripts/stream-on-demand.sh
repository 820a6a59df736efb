#!/bin/sh
# MediaMTX runs this for as long as somebody wants a stream: it tells Belfry so over MQTT, and ends when the stream is over.
#
# From MediaMTX: MTX_PATH. From Belfry: BELFRY_CONTROL_HOST, BELFRY_CONTROL_PORT, BELFRY_CONTROL_TOPIC. User and password are
# in $XDG_CONFIG_HOME/mosquitto_pub and mosquitto_sub, where these programs look for options themselves.
#
# On $BELFRY_CONTROL_TOPIC/<path>/command it says `ON-DEMAND <path> <lease>`, and `OFF-DEMAND <lease>` when it is told to end;
# the broker says the latter for it when it is killed. The lease is another one in each run, so it does not matter how many
# runs overlap. On .../attributes stand the leases that are in force, and those that have ended.
set -u

host=${BELFRY_CONTROL_HOST:?}
port=${BELFRY_CONTROL_PORT:?}
path=${MTX_PATH:?}
topic=${BELFRY_CONTROL_TOPIC:?}/$path

# After so many seconds the subscription begins anew: a broker that is gone for good is noticed by that.
renew_s=15
attempts=3

# How a subscription ended: the stream is over for this lease; nothing was heard; Belfry knows the lease; it does not.
over=0
silent=1
known=2
unknown=3

# Where util-linux offers it, the kernel kills what this shell runs together with it, whatever kills that.
bound=
setpriv --pdeathsig KILL true 2>/dev/null && bound='setpriv --pdeathsig KILL --'

new_lease() {
  { read -r lease </proc/sys/kernel/random/uuid; } 2>/dev/null ||
    lease=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
}

say() {
  # shellcheck disable=SC2086 # several words, or none
  $bound mosquitto_pub -h "$host" -p "$port" -q 1 -t "$topic/command" -m "$1"
}

# Tries again for some seconds where the broker is away.
insist() {
  tried=1
  until say "$1"; do
    [ "$tried" -lt "$attempts" ] || return 1
    tried=$((tried + 1))
    sleep 1
  done
}

# Prints `pid <its process>`, and then the attributes, line by line. Where it is killed together with this shell, the broker says
# OFF-DEMAND.
subscribe() {
  # shellcheck disable=SC2086
  set -- $bound mosquitto_sub -h "$host" -p "$port" -q 1 -k 10 -W "$renew_s" -t "$topic/attributes" \
    --will-topic "$topic/command" --will-payload "OFF-DEMAND $lease" --will-qos 1
  exec sh -c 'echo "pid $$"; exec "$@"' subscribe "$@"
} 2>/dev/null

# Reads what subscribe prints; the lease is `taken` where an earlier subscription has heard so.
watch() {
  subscription=
  heard=$silent
  trap 'leave' TERM
  while [ "$heard" -ne "$over" ] && read -r line; do
    case $taken$line in
      'pid '* | 'yespid '*) subscription=${line#pid } ;;
      *'"ended":['*"\"$lease\""*) heard=$over ;;
      *"\"$lease\""*) taken=yes heard=$known ;;
      yes*) heard=$over ;;
      *) heard=$unknown ;;
    esac
  done
  leave
}

leave() {
  trap '' TERM
  [ -z "$subscription" ] || kill "$subscription" 2>/dev/null
  exit "$heard"
}

finish() {
  trap '' INT TERM HUP
  say "OFF-DEMAND $lease"
  [ -z "$watcher" ] || kill "$watcher" 2>/dev/null
  exit 0
}

watcher=
taken=
failed=0
new_lease
trap finish INT TERM HUP
insist "ON-DEMAND $path $lease" || finish
while [ "$failed" -lt "$attempts" ]; do
  subscribe | watch &
  watcher=$!
  wait "$watcher"
  case $? in
    "$over") exit 0 ;;
    "$known")
      taken=yes
      failed=0
      ;;
    *)
      failed=$((failed + 1))
      sleep 1
      ;;
  esac
done
finish
