#!/bin/bash
while (( $# )); do
  case $1 in
    -ynm) name=$2; shift 2 ;;
    -yD) tags=${2#yarn.tags=}; shift 2 ;;
    --config) config=$2; shift 2 ;;
    *) shift ;;
  esac
done
type='Apache Flink'
source "$(dirname "$0")/utils/submit.sh"
