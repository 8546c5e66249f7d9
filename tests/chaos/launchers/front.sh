#!/bin/bash
# Stands in front of a start script: does what the "# chaos" line of the config says, then runs the script itself.
#   wrapper=plain|bash|node|python|away|twice   delay=SECONDS   leaves=SECONDS   faults=JSON
here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$0")
real=$here/real-${name#start-}
arguments=("$@")
config=
while (( $# )); do
  [ "$1" = --config ] && config=$2
  shift
done

wrapper=plain delay=0 leaves=0
words=
[ -n "$config" ] && words=$(grep -m 1 '^# chaos ' "$config")
for word in $words; do
  case $word in
    wrapper=*) wrapper=${word#*=} ;;
    delay=*) delay=${word#*=} ;;
    leaves=*) leaves=${word#*=} ;;
    faults=*) export SANDBOX_LAUNCHER_FAULTS=${word#*=} ;;
  esac
done

case $wrapper in
  # Ends at once, long before there is an application; the launch comes from a child in another session.
  away)
    setsid --fork bash -c 'sleep "$1"; shift; exec bash "$@"' away "$delay" "$real" "${arguments[@]}"
    exit 0
    ;;
esac
sleep "$delay"
case $wrapper in
  # The child that stays has the lock and the marker.
  bash)
    (sleep "$leaves" &)
    bash "$real" "${arguments[@]}"
    exit $?
    ;;
  # These leave a child with the marker alone: neither hands on what it has open.
  node) exec "@NODE@" "$here/front.mjs" "$leaves" "$real" "${arguments[@]}" ;;
  python) exec python3 "$here/front.py" "$leaves" "$real" "${arguments[@]}" ;;
  # Two applications of one tag; children that do not listen to SIGTERM.
  twice)
    (trap '' TERM; sleep "$leaves" &)
    bash "$real" "${arguments[@]}" &
    sleep 0.2
    bash "$real" "${arguments[@]}"
    status=$?
    wait
    exit $status
    ;;
esac
exec bash "$real" "${arguments[@]}"
