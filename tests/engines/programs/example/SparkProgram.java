package example;

import org.apache.spark.sql.SparkSession;

/** A plain Spark program. Arguments: {@code endless}, {@code once} or {@code fail}. */
public final class SparkProgram {
  public static void main(String[] args) throws InterruptedException {
    SparkSession spark = SparkSession.builder().getOrCreate();
    boolean endless = args[0].equals("endless");
    do {
      System.out.println("counted " + spark.range(3).count() + " of " + spark.sparkContext().appName());
      if (args[0].equals("fail")) throw new IllegalStateException("this program fails");
      if (endless) Thread.sleep(1000);
    } while (endless);
    spark.stop();
  }
}
