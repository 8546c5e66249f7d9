#!/bin/bash
# Starts a job on Spark. Command line and behaviour of the Waterdrop 2.0.x launcher, faults included:
# arguments are word-split and globbed, a missing config does not stop the launch, a flag without a
# value at the end spins.

job_arguments=$@

while (( $# )); do
  case $1 in
    -m | --master) MASTER=$2; shift 2 ;;
    -e | --deploy-mode) DEPLOY_MODE=$2; shift 2 ;;
    -c | --config) CONFIG_FILE=$2; shift 2 ;;
    -i | --variable) properties="-D$2 ${properties}"; shift 2 ;;
    --) break ;;
    *) shift ;;
  esac
done

BIN_DIR=$(cd "$(dirname "$0")" && pwd)
APP_DIR=$(dirname "${BIN_DIR}")
LIB_DIR=${APP_DIR}/lib
PLUGINS_DIR=${APP_DIR}/plugins
source ${BIN_DIR}/utils/app.sh
source ${APP_DIR}/config/waterdrop-env.sh

MASTER=${MASTER:-local[2]}
DEPLOY_MODE=${DEPLOY_MODE:-client}
CONFIG_FILE=${CONFIG_FILE:-${APP_DIR}/config/application.conf}
properties=$(trimmed ${properties})

core=$(find ${LIB_DIR} -name waterdrop-core*.jar)

libraries=""
lib_jars=$(listJars ${LIB_DIR})
[ -n "${lib_jars}" ] && libraries="--jars ${lib_jars}"
# The last --jars wins: with plugins the jars of lib/ drop out of the list.
options=""
plugin_jars=$(listJars ${PLUGINS_DIR} '*/lib/*')
[ -n "${plugin_jars}" ] && options="--jars ${plugin_jars}"

driver_options=()
if [ "${DEPLOY_MODE}" == "cluster" ]; then
  options="${options} --files ${CONFIG_FILE},${APP_DIR}/plugins.tar.gz"
elif [ "${DEPLOY_MODE}" == "client" ]; then
  driver_options=(--driver-java-options "${properties}")
fi

echo ""
settings=$(sparkSettings "${properties}" "${CONFIG_FILE}")
echo "[INFO] spark conf: ${settings}"

if [ "${DEPLOY_MODE}" == "cluster" ] && [ ! -f ${APP_DIR}/plugins.tar.gz ]; then
  if tar -czf ${APP_DIR}/plugins.tar.gz -C ${APP_DIR} plugins; then
    echo "[INFO] successfully compressed plugins.tar.gz in cluster mode"
  else
    echo "[ERROR] failed to compress plugins.tar.gz in cluster mode"
    exit -2
  fi
fi

exec ${SPARK_HOME}/bin/spark-submit \
  --class io.github.interestinglab.waterdrop.Waterdrop \
  --name $(getAppName ${CONFIG_FILE}) \
  ${libraries} \
  --master ${MASTER} \
  --deploy-mode ${DEPLOY_MODE} \
  "${driver_options[@]}" \
  --conf spark.executor.extraJavaOptions="${properties}" \
  --conf spark.driver.extraJavaOptions="${properties}" \
  ${settings} ${options} ${core} ${job_arguments}
