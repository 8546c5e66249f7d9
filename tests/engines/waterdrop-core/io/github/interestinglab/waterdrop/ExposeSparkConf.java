package io.github.interestinglab.waterdrop;

/** Prints the settings of a config's env block as the launcher script wants them. */
public final class ExposeSparkConf {
  /** Arguments: {@code [--of=spark|driver] [-Dkey=value …] FILE}; 1.x asks apart for the driver's, of which there are none. */
  public static void main(String[] args) throws Exception {
    if (args[0].equals("--of=driver")) return;
    JobConfig config = JobConfig.read(args[args.length - 1]);
    config.settings.forEach((key, value) -> System.out.print(" --conf \"" + key + "=" + value + "\" "));
  }
}
