#!/bin/bash
# Starts a job on Spark. Command line and behaviour of the Waterdrop 1.x launcher, faults included:
# arguments are word-split and globbed, a missing config does not stop the launch, a flag without a
# value at the end spins. The whole command line is given to the job as well, which is strict.

job_arguments=$@

while (( $# )); do
  case $1 in
    -m | --master) MASTER=$2; shift 2 ;;
    -e | --deploy-mode) DEPLOY_MODE=$2; shift 2 ;;
    -c | --config) CONFIG_FILE=$2; shift 2 ;;
    -i | --variable) properties="-D$2 ${properties}"; shift 2 ;;
    -q | --queue) QUEUE=$2; shift 2 ;;
    --) break ;;
    *) shift ;;
  esac
done

BIN_DIR=$(cd "$(dirname "$0")" && pwd)
APP_DIR=$(dirname "${BIN_DIR}")
LIB_DIR=${APP_DIR}/lib
source ${BIN_DIR}/utils/app.sh
source ${APP_DIR}/config/waterdrop-env.sh

MASTER=${MASTER:-local[2]}
DEPLOY_MODE=${DEPLOY_MODE:-client}
QUEUE=${QUEUE:-default}
CONFIG_FILE=${CONFIG_FILE:-${APP_DIR}/config/application.conf}
properties=$(trimmed ${properties})

libraries=""
plugin_jars=$(listJars ${APP_DIR}/plugins '*/lib/*')
[ -n "${plugin_jars}" ] && libraries="--jars ${plugin_jars}"

files=""
[ "${DEPLOY_MODE}" == "cluster" ] && files="--files ${CONFIG_FILE},${APP_DIR}/plugins.tar.gz"
echo ""

core=$(find ${LIB_DIR} -name Waterdrop-*.jar)
settings=$(sparkSettings spark "${properties}" "${CONFIG_FILE}")
echo "[INFO] spark conf: ${settings}"
driver_settings=$(sparkSettings driver "${properties}" "${CONFIG_FILE}")
packPlugins

exec ${SPARK_HOME}/bin/spark-submit --class io.github.interestinglab.waterdrop.Waterdrop \
  --name $(getAppName ${CONFIG_FILE}) \
  --master ${MASTER} \
  --deploy-mode ${DEPLOY_MODE} \
  ${driver_settings} \
  --queue "${QUEUE}" \
  --driver-java-options "${properties}" \
  --conf spark.executor.extraJavaOptions="${properties}" \
  --conf spark.driver.extraJavaOptions="${properties}" \
  ${settings} ${libraries} ${files} ${core} ${job_arguments}
