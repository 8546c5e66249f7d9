import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A Waterdrop 2.0 job for a real Flink 1.15 to 1.20: `--config FILE`. A source whose name ends in
 * "stream" makes rows for ever, one a second; any other makes ten and ends. Rows go to the standard
 * output of the TaskManager. What goes wrong is printed and swallowed, as by Waterdrop.
 *
 * Build: javac -cp "$FLINK_HOME/lib/*" -d classes WaterdropFlink.java, then jar cf JAR -C classes .
 */
public final class WaterdropFlink {
  private static final Pattern COMMENT = Pattern.compile("(?m)(#|//).*$");
  private static final Pattern SOURCE = Pattern.compile("(?s)\\bsource\\s*\\{\\s*\"?(\\w+)");
  private static final Pattern NAME = Pattern.compile("(?m)\\bjob\\.name\"?\\s*[=:]\\s*\"?([^\"\\n]+)");

  private WaterdropFlink() {}

  public static void main(String[] words) {
    String file = optionOf(words, "--config");
    String text;
    try {
      System.out.println("[INFO] Loading config file: " + file);
      text = COMMENT.matcher(Files.readString(Path.of(file), StandardCharsets.UTF_8)).replaceAll("");
      System.out.println("[INFO] parsed config file: " + text.replaceAll("\\s+", " "));
    } catch (IOException | RuntimeException error) {
      swallow("Config Error:", error);
      return;
    }
    try {
      execute(first(SOURCE, text, "Fake"), first(NAME, text, "waterdrop").trim());
    } catch (Exception error) {
      swallow("Fatal Error,", error);
      error.printStackTrace();
    }
  }

  private static void execute(String source, String name) throws Exception {
    boolean endless = source.toLowerCase().endsWith("stream");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(1);
    env.fromSequence(1, endless ? Long.MAX_VALUE : 10)
        .map(
            row -> {
              Thread.sleep(endless ? 1000 : 1);
              return "row " + row;
            })
        .returns(Types.STRING)
        .print();
    env.execute(name);
  }

  private static String optionOf(String[] words, String option) {
    for (int at = 0; at + 1 < words.length; at++) {
      if (words[at].equals(option)) return words[at + 1];
    }
    throw new IllegalArgumentException("Missing option " + option);
  }

  private static String first(Pattern pattern, String text, String otherwise) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? matcher.group(1) : otherwise;
  }

  private static void swallow(String headline, Exception error) {
    String rule = "=".repeat(79);
    System.out.printf("%n%n%s%n%n%n%s%n%nReason: %s%n%n%s%n%n%n", rule, headline, error, rule);
  }
}
