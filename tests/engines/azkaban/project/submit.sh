# Submits an endless Spark job through the Waterdrop home, as a job of Azkaban does. Without `exec`: when Azkaban kills
# this shell, the driver goes on, and with it the application on YARN.
"$WATERDROP_HOME/bin/start-waterdrop-spark.sh" --master yarn --deploy-mode client --config endless.conf
