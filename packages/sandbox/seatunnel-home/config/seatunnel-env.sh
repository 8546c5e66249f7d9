# Where the engines are. The caller's environment wins.
SPARK_HOME=${SPARK_HOME:-/opt/spark}
FLINK_HOME=${FLINK_HOME:-/opt/flink}
