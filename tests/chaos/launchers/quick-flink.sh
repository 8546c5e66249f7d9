#!/bin/bash
# A detached Flink launcher in bash alone, so that hundreds can be launched: submits what the "# chaos" line of the config
# says (am=JSON) and ends.
tags= name= config= am='{"kind":"managed"}'
while (( $# )); do
  case $1 in
    -ynm) name=$2; shift ;;
    -yD) tags=${2#yarn.tags=}; shift ;;
    --config) config=$2; shift ;;
  esac
  shift
done
for word in $(grep -m 1 '^# chaos ' "$config"); do
  case $word in am=*) am=${word#*=} ;; esac
done

# post PATH BODY: the answer is in $reply; the ResourceManager is asked again as long as it is away.
post() {
  reply=
  until [[ $reply == *' 20'[02]* ]]; do
    if { exec 5<>"/dev/tcp/@HOST@/@PORT@"; } 2>/dev/null; then
      printf 'POST /ws/v1/cluster/apps%s?user.name=alice HTTP/1.1\r\nHost: rm\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' \
        "$1" "${#2}" "$2" >&5
      IFS= read -r -d '' -t 5 reply <&5
      exec 5>&-
    fi
    [[ $reply == *' 20'[02]* ]] || sleep 0.3
  done
}
post /new-application ''
id=$(grep -o 'application_[0-9_]*' <<<"$reply" | head -n 1)
post '' "{\"application-id\":\"$id\",\"application-name\":\"$name\",\"application-type\":\"Apache Flink\",\"max-app-attempts\":1,\"application-tags\":{\"tag\":[\"${tags//,/\",\"}\"]},\"resource\":{\"memory\":256,\"vCores\":1},\"am-container-spec\":{\"commands\":{\"command\":\"java\"},\"environment\":{\"entry\":[{\"key\":\"SANDBOX_AM\",\"value\":\"${am//\"/\\\"}\"}]}}}"
echo "Submitted application $id"
