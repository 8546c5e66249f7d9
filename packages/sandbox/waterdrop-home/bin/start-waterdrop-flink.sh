#!/bin/bash
# Starts a job on Flink. Command line and behaviour of the Waterdrop 2.0.x launcher, faults included:
# whatever is not --config or --variable is evaluated by the shell, then handed to "flink run".

kept=""
while (( $# )); do
  case $1 in
    -c | --config) CONFIG_FILE=$2; shift 2 ;;
    -i | --variable) properties="-D$2 ${properties}"; shift 2 ;;
    --) break ;;
    *) kept="${kept} $1"; shift ;;
  esac
done
eval set -- "${kept}"

BIN_DIR=$(cd "$(dirname "$0")" && pwd)
APP_DIR=$(dirname "${BIN_DIR}")
LIB_DIR=${APP_DIR}/lib
source ${BIN_DIR}/utils/app.sh
source ${APP_DIR}/config/waterdrop-env.sh

CONFIG_FILE=${CONFIG_FILE:-${APP_DIR}/config/application.conf}
export JVM_ARGS=$(trimmed ${properties})
core=$(find ${LIB_DIR} -name waterdrop-core*.jar)

main_class=io.github.interestinglab.waterdrop.WaterdropFlink
words=(run ${kept} -c ${main_class} ${core} --config ${CONFIG_FILE})
exec ${FLINK_HOME}/bin/flink "${words[@]}"
