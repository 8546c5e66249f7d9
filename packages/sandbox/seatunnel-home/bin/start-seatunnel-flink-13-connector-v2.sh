#!/bin/bash
# Starts a job on Flink 1.13. Command line and behaviour of the SeaTunnel 2.3.x launcher, faults included:
# the starter prints a command line, and the shell evaluates it.
set -eu
APP_DIR=$(dirname "$(dirname "$(readlink -f "$0")")")
. "${APP_DIR}/starter/run-job.sh" Flink seatunnel-flink-13-starter.jar "$@"
