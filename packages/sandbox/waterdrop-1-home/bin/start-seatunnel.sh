#!/bin/bash
# Starts a job on Spark, as start-waterdrop.sh, but with the one fault more of 1.5.6 and 1.5.7: the
# command line for spark-submit, words of the user and values of the config included, is evaluated.

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
properties=$(trimmed "-Ddefault=seatunnel" ${properties})

libraries=""
plugin_jars=$(listJars ${APP_DIR}/plugins '*/lib/*')
[ -n "${plugin_jars}" ] && libraries="--jars ${plugin_jars}"

files=""
[ "${DEPLOY_MODE}" == "cluster" ] && files="--files ${CONFIG_FILE},${APP_DIR}/plugins.tar.gz"
echo ""

core=$(find ${LIB_DIR} -name Waterdrop-*.jar)
settings=$(sparkSettings spark "${properties}" "${CONFIG_FILE}")
echo "[INFO] spark conf: ${settings}"
packPlugins

command=(${SPARK_HOME}/bin/spark-submit --class io.github.interestinglab.waterdrop.Waterdrop
  --name $(getAppName ${CONFIG_FILE})
  --master ${MASTER}
  --deploy-mode ${DEPLOY_MODE}
  --queue "${QUEUE}"
  --driver-java-options "\"${properties}\""
  --conf spark.executor.extraJavaOptions="\"${properties}\""
  --conf spark.driver.extraJavaOptions="\"${properties}\""
  ${settings} ${libraries} ${files} ${core} ${job_arguments})
eval "${command[@]}"
