# Submits over REST an application whose ApplicationMaster is a `sleep`, after a moment of its own length. Wants $name,
# $tags, $type and $config; a line `# manner: …` of the config says how the launcher behaves:
#   plain      does it itself
#   child      a child does it, and the launcher waits
#   orphan     a child does it, after the launcher has ended with 0
#   lingering  goes on for a while afterwards
# While the ResourceManager is away it tries again, as Hadoop's client does; the same id twice is one application.

site=$HADOOP_CONF_DIR/yarn-site.xml
address=$(sed -n 's|.*<name>yarn.resourcemanager.webapp.address</name><value>\([^<]*\)<.*|\1|p' "$site")

# post PATH BODY: what the ResourceManager answers, status line first
post() {
  {
    printf 'POST /ws/v1/cluster/%s?user.name=%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n' \
      "$1" "$HADOOP_USER_NAME" "$address" >&3
    printf 'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' "${#2}" "$2" >&3
    timeout 10 cat <&3
  } 3<>"/dev/tcp/${address%:*}/${address#*:}"
}

# insist COMMAND…: for two minutes
insist() {
  for _ in $(seq 240); do
    "$@" 2>/dev/null && return
    sleep 0.5
  done
  echo "ERROR Client: $* failed"
  exit 1
}

askId() { [[ $(post apps/new-application '') =~ application_[0-9]+_[0-9]+ ]] && id=${BASH_REMATCH[0]}; }
handIn() { [[ $(post apps "$1") == HTTP/1.1\ 202* ]]; }

submit() {
  sleep "0.$((RANDOM % 8))"
  insist askId
  echo "INFO Client: Submitting application $id to ResourceManager"
  local command='sleep 600 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr' body
  printf -v body '{"application-id":"%s","application-name":"%s","application-type":"%s","max-app-attempts":1,
"application-tags":{"tag":["%s"]},"resource":{"memory":256,"vCores":1},"am-container-spec":{"commands":{"command":"%s"}}}' \
    "$id" "$name" "$type" "${tags//,/'","'}" "$command"
  insist handIn "$body"
  echo "INFO YarnClientImpl: Submitted application $id"
}

case $(sed -n 's/^# manner: //p' "$config") in
  child) submit & wait $! ;;
  orphan) submit & ;;
  lingering) submit; sleep 2 ;;
  *) submit ;;
esac
