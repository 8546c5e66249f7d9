# Sourced by the start scripts: <engine> <jar> <words of the user>. What it gets wrong, SeaTunnel 2.3.x
# gets wrong too, and callers must cope with it: contracts are tested against this home.
engine=$1
starter_jar=${APP_DIR}/starter/$2
shift 2

if [ -f "${APP_DIR}/config/seatunnel-env.sh" ]; then
  . "${APP_DIR}/config/seatunnel-env.sh"
fi
words=$*
[ $# -eq 0 ] && words=-h
set +u

status=0
printed=$("${APP_DIR}/starter/seatunnel-starter" ${JAVA_OPTS} -cp "${starter_jar}" ${words}) || status=$?
case ${status} in
  234) # usage, asked for or not
    echo "${printed}"
    exit 0
    ;;
  0)
    echo "Execute SeaTunnel ${engine} Job: $(echo "${printed}" | tail -n 1)"
    eval $(echo "${printed}" | tail -n 1)
    ;;
  *)
    echo "${printed}"
    exit ${status}
    ;;
esac
