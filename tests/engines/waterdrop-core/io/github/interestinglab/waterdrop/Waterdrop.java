package io.github.interestinglab.waterdrop;

import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * A small Spark job in the place of Waterdrop's: takes its settings from the config, shows a few rows
 * once or, with a …Stream source, every second until it is ended. A Failing… source throws an
 * exception: like Waterdrop 2.0 it prints that and ends as if nothing had happened. A Broken… source
 * throws an error, as when a plugin's class is missing: nobody catches that, here as there.
 */
public final class Waterdrop {
  public static void main(String[] args) throws InterruptedException {
    JobConfig config;
    try {
      String path = JobConfig.option(args, "--config");
      boolean cluster = JobConfig.option(args, "--deploy-mode").equals("cluster");
      // In cluster mode the file was shipped into the working directory.
      String local = cluster ? Path.of(path).getFileName().toString() : path;
      System.out.println("[INFO] Loading config file: " + local);
      config = JobConfig.read(local);
    } catch (Exception error) {
      System.out.println("\n\nConfig Error:\n\nReason: " + error.getMessage() + "\n\n");
      return;
    }
    try {
      run(config);
    } catch (InterruptedException ended) {
      throw ended;
    } catch (Exception error) {
      System.out.println("\n\nFatal Error,\n\nReason: " + error.getMessage() + "\n\n");
    }
  }

  private static void run(JobConfig config) throws InterruptedException {
    SparkConf settings = new SparkConf();
    for (Map.Entry<String, String> setting : config.settings.entrySet()) {
      settings.set(setting.getKey(), setting.getValue());
    }
    SparkSession spark = SparkSession.builder().config(settings).getOrCreate();
    do {
      spark.range(3).toDF("fake").show();
      if (config.source.startsWith("Failing")) throw new IllegalStateException("this source fails");
      if (config.source.startsWith("Broken")) throw new NoClassDefFoundError("this/source/is/broken");
      if (config.isEndless()) Thread.sleep(1000);
    } while (config.isEndless());
    spark.stop();
  }
}
