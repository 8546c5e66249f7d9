"""A plain Spark program in Python. Arguments: `endless`, `once` or `fail`."""
import sys
import time

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
while True:
    print("counted", spark.range(3).count(), "of", spark.sparkContext.appName, flush=True)
    if sys.argv[1] == "fail":
        raise ValueError("this program fails")
    if sys.argv[1] != "endless":
        break
    time.sleep(1)
spark.stop()
