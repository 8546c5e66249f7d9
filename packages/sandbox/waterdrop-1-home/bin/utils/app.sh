# Sourced by the start scripts. What these functions get wrong, Waterdrop 1.x gets wrong too, and
# callers must cope with it: contracts are tested against this home.

# Application name, looked up in the raw text of a config file: comments and SQL count, blanks are
# deleted, all matching lines are glued together and the text behind the last "=" wins.
function getAppName {
  if [ $# -ne 1 ]; then
    echo "Illegal number of parameters"
    return 1
  fi
  local found
  found=$(grep -i 'spark.app.name' "$1" | tr -d '[:space:]')
  case ${found} in
    '' | '#'*) echo "Waterdrop" ;;
    *) echo "${found##*=}" | tr -d "\"'" ;;
  esac
}

# Comma separated paths of the jars below a directory whose path matches.
function listJars {
  find "$1" -path "$2" -name '*.jar' 2>/dev/null | sort | paste -s -d , -
}

# JVM style property list ("-Dk=v -Dk=v"), blanks at both ends removed.
function trimmed {
  local words=$*
  words=${words#"${words%%[![:space:]]*}"}
  echo "${words%"${words##*[![:space:]]}"}"
}

# Prints settings of a config file: <spark|driver> <properties> <file>. The first are literal
# --conf "k=v" words, the second options of spark-submit.
function sparkSettings {
  local settings
  settings=$("${LIB_DIR}/expose-spark-conf" --of="$1" $2 $3)
  if [ $? -ne 0 ]; then
    echo "[ERROR] config file does not exists or cannot be parsed due to invalid format"
    exit -1
  fi
  echo ${settings}
}

function packPlugins {
  [ "${DEPLOY_MODE}" == "cluster" ] && [ ! -f ${APP_DIR}/plugins.tar.gz ] || return 0
  if tar -czf ${APP_DIR}/plugins.tar.gz -C ${APP_DIR} plugins; then
    echo "[INFO] successfully compressed plugins.tar.gz in cluster mode"
  else
    echo "[ERROR] failed to compress plugins.tar.gz in cluster mode"
    exit -2
  fi
}
