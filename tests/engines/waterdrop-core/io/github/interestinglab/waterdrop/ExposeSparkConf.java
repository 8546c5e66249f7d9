package io.github.interestinglab.waterdrop;

/** Prints the settings of a config's env block as the launcher script wants them. */
public final class ExposeSparkConf {
  /** Arguments: {@code [-Dkey=value …] FILE}. */
  public static void main(String[] args) throws Exception {
    JobConfig config = JobConfig.read(args[args.length - 1]);
    config.settings.forEach((key, value) -> System.out.print(" --conf \"" + key + "=" + value + "\" "));
  }
}
