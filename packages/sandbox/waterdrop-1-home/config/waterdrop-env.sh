# Where Spark is. The caller's environment wins.
SPARK_HOME=${SPARK_HOME:-/opt/spark}
