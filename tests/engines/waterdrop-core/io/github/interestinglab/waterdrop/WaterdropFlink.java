package io.github.interestinglab.waterdrop;

import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.source.SourceFunction;

/**
 * A small Flink job in the place of Waterdrop's: prints numbers, three of them or, with a …Stream
 * source, one every second until it is ended. Like Waterdrop 2.0 it prints its errors and ends as if
 * nothing had happened.
 */
public final class WaterdropFlink {
  public static void main(String[] args) {
    try {
      JobConfig config = JobConfig.read(JobConfig.option(args, "--config"));
      StreamExecutionEnvironment flink = StreamExecutionEnvironment.getExecutionEnvironment();
      String parallelism = config.settings.get("execution.parallelism");
      if (parallelism != null) flink.setParallelism(Integer.parseInt(parallelism));
      flink.addSource(new Numbers(config.isEndless())).print();
      flink.execute(config.settings.getOrDefault("job.name", "waterdrop"));
    } catch (Exception error) {
      error.printStackTrace();
    }
  }

  /** The fake source. */
  public static final class Numbers implements SourceFunction<Long> {
    private static final long serialVersionUID = 1;
    private final boolean endless;
    private volatile boolean cancelled;

    Numbers(boolean endless) {
      this.endless = endless;
    }

    @Override
    public void run(SourceContext<Long> context) throws Exception {
      for (long number = 0; !cancelled && (endless || number < 3); number++) {
        context.collect(number);
        if (endless) Thread.sleep(1000);
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }
}
