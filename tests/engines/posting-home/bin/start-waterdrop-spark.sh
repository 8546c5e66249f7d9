#!/bin/bash
# Name and tags come from where the real launcher has them: the config's env block, and JVM properties.
while (( $# )); do
  case $1 in
    --config) config=$2; shift 2 ;;
    *) shift ;;
  esac
done
name=$(sed -n 's/.*spark\.app\.name = "\([^"]*\)".*/\1/p' "$config" | tail -n 1)
[[ $SPARK_SUBMIT_OPTS =~ -Dspark\.yarn\.tags=([^ ]+) ]] && tags=${BASH_REMATCH[1]}
type=SPARK
source "$(dirname "$0")/utils/submit.sh"
