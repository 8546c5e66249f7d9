#!/bin/bash
# Starts a job on Spark 3. Command line and behaviour of the SeaTunnel 2.3.x launcher, faults included:
# the starter prints a command line, and the shell evaluates it.
set -eu
APP_DIR=$(dirname "$(dirname "$(readlink -f "$0")")")
. "${APP_DIR}/starter/run-job.sh" Spark seatunnel-spark-3-starter.jar "$@"
