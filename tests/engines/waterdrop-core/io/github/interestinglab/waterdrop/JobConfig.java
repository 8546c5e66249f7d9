package io.github.interestinglab.waterdrop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * As much of a Waterdrop config as the jobs here need: the settings of all env blocks (in 1.x: spark), later
 * ones winning, and the name of the first source (input). Keys with dots are flat, as in Waterdrop's HOCON.
 */
final class JobConfig {
  final Map<String, String> settings = new LinkedHashMap<>();
  String source = "";
  private final Matcher words;

  private static final Pattern WORD = Pattern.compile(
      "\\s+|#[^\\n]*|//[^\\n]*|\"\"\"(?<long>.*?)\"\"\"|\"(?<text>(?:[^\"\\\\\\n]|\\\\.)*)\""
          + "|(?<sign>[{}\\[\\]=:,])|(?<bare>(?:(?!//)[^\\s{}\\[\\]=:,#\"])+)",
      Pattern.DOTALL);

  private JobConfig(String text) {
    words = WORD.matcher(text);
    int start = 0;
    while (nextWord()) {
      if (start == 0 && isSign("{")) throw new IllegalArgumentException("unexpected { at the start");
      String block = word();
      expect("{");
      if (block.equals("env") || block.equals("spark")) readSettings();
      else skipBlock(block);
      start++;
    }
    if (source.isEmpty()) throw new IllegalArgumentException("no source");
  }

  /** @throws IllegalArgumentException when it has no source or unbalanced braces */
  static JobConfig read(String path) throws IOException {
    return new JobConfig(Files.readString(Path.of(path), StandardCharsets.UTF_8));
  }

  /** The value of a command line option, in which {@code --name value} is the only form. */
  static String option(String[] args, String name) {
    for (int i = 0; i + 1 < args.length; i++) if (args[i].equals(name)) return args[i + 1];
    throw new IllegalArgumentException("missing option " + name);
  }

  /** Sources called …Stream never end. */
  boolean isEndless() {
    return source.toLowerCase().endsWith("stream");
  }

  private void readSettings() {
    while (true) {
      need();
      if (isSign("}")) return;
      if (isSign(",")) continue;
      String key = word();
      need();
      if (isSign("{")) {
        skipBlock("");
        continue;
      }
      need();
      settings.put(key, word());
    }
  }

  /** Goes to the end of a block; of the blocks "source" and "input" it keeps the first plugin's name. */
  private void skipBlock(String block) {
    for (int depth = 1; depth > 0;) {
      need();
      if (isSign("{")) depth++;
      else if (isSign("}")) depth--;
      else if (depth == 1 && source.isEmpty() && (block.equals("source") || block.equals("input"))) {
        source = word();
      }
    }
  }

  private void expect(String sign) {
    need();
    if (!isSign(sign)) throw new IllegalArgumentException("expected " + sign + " before " + words.group());
  }

  private void need() {
    if (!nextWord()) throw new IllegalArgumentException("unexpected end");
  }

  /** Goes to the next word that is neither blank nor comment. */
  private boolean nextWord() {
    while (words.find()) {
      if (word() != null || words.group("sign") != null) return true;
    }
    return false;
  }

  private boolean isSign(String sign) {
    return sign.equals(words.group("sign"));
  }

  private String word() {
    for (String kind : new String[] {"bare", "text", "long"}) {
      if (words.group(kind) != null) return words.group(kind);
    }
    return null;
  }
}
