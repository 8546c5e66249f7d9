# Sourced by the start scripts. What these functions get wrong, Waterdrop 2.0.x gets wrong too,
# and callers must cope with it: contracts are tested against this home.

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

# Comma separated paths of the jars below a directory; the second argument narrows it by path.
function listJars {
  find "$1" -path "${2:-*}" -name '*.jar' 2>/dev/null | sort | paste -s -d , -
}

# JVM style property list ("-Dk=v -Dk=v"), blanks at both ends removed.
function trimmed {
  local words=$*
  words=${words#"${words%%[![:space:]]*}"}
  echo "${words%"${words##*[![:space:]]}"}"
}

# Prints the engine settings of a config file as literal --conf "k=v" words. The words go through
# an unquoted expansion later, so the quote characters reach spark-submit.
function sparkSettings {
  local settings
  settings=$("${LIB_DIR}/expose-spark-conf" $1 $2)
  if [ $? -ne 0 ]; then
    echo "[ERROR] config file does not exists or cannot be parsed due to invalid format"
    exit -1
  fi
  echo ${settings}
}
