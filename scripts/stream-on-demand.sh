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
timed_out=27
attempts=3

new_lease() {
  { read -r lease </proc/sys/kernel/random/uuid; } 2>/dev/null ||
    lease=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
}

say() {
  mosquitto_pub -h "$host" -p "$port" -q 1 -t "$topic/command" -m "$1"
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

# Prints `again` before each subscription, `pid <its process>`, and then the attributes, line by line.
follow() {
  failed=0
  while echo again; do
    mosquitto_sub -h "$host" -p "$port" -q 1 -k 10 -W "$renew_s" -t "$topic/attributes" \
      --will-topic "$topic/command" --will-payload "OFF-DEMAND $lease" --will-qos 1 &
    echo "pid $!"
    wait "$!"
    if [ "$?" -eq "$timed_out" ]; then
      failed=0
    else
      failed=$((failed + 1))
      [ "$failed" -lt "$attempts" ] || return
      sleep 1
    fi
  done
}

# Reads what follow prints until the stream is over for this lease, or was never known to Belfry.
watch() {
  subscription=
  trap 'leave' TERM
  known=
  turns=0
  while read -r line; do
    case $line in
      again)
        turns=$((turns + 1))
        [ -n "$known" ] || [ "$turns" -le 2 ] || break
        ;;
      'pid '*) subscription=${line#pid } ;;
      *'"ended":['*"\"$lease\""*) break ;;
      *"\"$lease\""*) known=yes ;;
      *) [ -z "$known" ] || break ;;
    esac
  done
  leave
}

leave() {
  trap '' TERM
  [ -z "$subscription" ] || kill "$subscription" 2>/dev/null
  exit 0
}

finish() {
  trap '' INT TERM HUP
  say "OFF-DEMAND $lease"
  kill "$watcher" 2>/dev/null
  exit 0
}

new_lease
follow 2>/dev/null | watch &
watcher=$!
trap finish INT TERM HUP
insist "ON-DEMAND $path $lease" || finish
wait "$watcher"
