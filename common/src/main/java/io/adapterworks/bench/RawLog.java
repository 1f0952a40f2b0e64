package io.adapterworks.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;

/**
 * Writes raw logs of any size out of real texts. Row i depends on the seed and i alone, so a longer
 * log begins as a shorter one. Seven in ten rows are new: two real messages of like length joined,
 * some with a reference number or personal data, one in sixty a long text. Three in ten repeat an
 * earlier row: the same line, the same words written otherwise, or with one or two words changed;
 * one in twenty of them repeats one of a few messages that everybody sends. Three rows in a hundred
 * are dirt.
 */
public final class RawLog {
  private static final int ROWS_A_FILE = 50_000;
  private static final int EVERYBODYS = 20;
  private static final int SHORTEST = 20;
  private static final int LONG = 400;
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<String> DETAILS =
      List.of(
          "My reference is %1$06d-%2$03d.",
          "You can reach me on +44 20 7946 %2$03d%3$d or at user%1$d@example.com.",
          "It was on the %3$dth, about %2$d pounds.",
          "The card ends in %2$03d%3$d.",
          "I live at %2$d Maple Street, Leeds LS1 4AP.");

  private static final List<String> DIRT =
      List.of(
          "{\"text\": \"cut off in the mid",
          "",
          "{\"message\":\"no text here\",\"label\":\"other\"}",
          "{\"text\":\"??\",\"label\":\"other\"}",
          "{\"text\":\"<p>Hello,&nbsp;<b>where</b> is my refund?</p>\",\"label\":\"refund\"}",
          "{\"text\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"label\":\"other\"}",
          "{\"text\":\"Congratulations! You won the lottery, claim now at http://bit.ly/x"
              + " guaranteed\",\"label\":\"other\"}",
          "{\"text\":\"Guten Tag, meine Karte wurde gestern am Automaten eingezogen\","
              + "\"label\":\"card\"}");

  private final long seed;
  private final List<Corpus.Example> messages = new ArrayList<>();
  private final List<Corpus.Example> stories = new ArrayList<>();

  public RawLog(List<Corpus.Example> corpus, long seed) {
    this.seed = seed;
    for (Corpus.Example example : corpus) {
      if (example.text().length() > LONG) {
        stories.add(example);
      } else if (example.text().length() >= SHORTEST) {
        messages.add(example);
      }
    }
  }

  /** Writes rows {@code from} to {@code to} as JSON lines, every fourth file with gzip. */
  public void write(Path folder, long from, long to) throws IOException {
    Files.createDirectories(folder);
    for (long begin = from; begin < to; begin += ROWS_A_FILE) {
      boolean packed = begin / ROWS_A_FILE % 4 == 3;
      String name = String.format(Locale.ROOT, "raw-%09d.jsonl%s", begin, packed ? ".gz" : "");
      try (OutputStream file = Files.newOutputStream(folder.resolve(name));
          OutputStream bytes = packed ? new GZIPOutputStream(file) : file;
          BufferedWriter out =
              new BufferedWriter(new OutputStreamWriter(bytes, StandardCharsets.UTF_8))) {
        for (long row = begin; row < Math.min(to, begin + ROWS_A_FILE); row++) {
          out.write(line(row));
          out.write('\n');
        }
      }
    }
  }

  /** The raw line of a row. */
  public String line(long row) {
    SplittableRandom random = random(row, 1);
    double kind = random.nextDouble();
    if (kind < 0.03) {
      return DIRT.get(random.nextInt(DIRT.size()));
    }
    boolean copies = kind < 0.33 && row > 0;
    if (!copies) {
      return json(original(row));
    }
    boolean everybodys = random.nextInt(20) == 0;
    long copied = everybodys ? random.nextLong(EVERYBODYS) : random.nextLong(row);
    return json(copy(original(copied), random));
  }

  private record Message(String text, String label) {}

  private Message original(long row) {
    SplittableRandom random = random(row, 2);
    if (random.nextInt(60) == 0 && !stories.isEmpty()) {
      String story = stories.get(random.nextInt(stories.size())).text();
      Corpus.Example opening = messages.get(random.nextInt(messages.size()));
      int cut = Math.min(story.length(), 900);
      return new Message(opening.text() + " " + story.substring(0, cut), "story");
    }
    Corpus.Example first = messages.get(random.nextInt(messages.size()));
    Corpus.Example second = messages.get(random.nextInt(messages.size()));
    for (int i = 0; i < 10 && !alike(first.text(), second.text()); i++) {
      second = messages.get(random.nextInt(messages.size()));
    }
    String text = first.text() + " " + second.text();
    if (random.nextInt(8) == 0) {
      String detail = DETAILS.get(random.nextInt(DETAILS.size()));
      text +=
          " "
              + String.format(
                  Locale.ROOT,
                  detail,
                  random.nextInt(1_000_000),
                  random.nextInt(1000),
                  random.nextInt(1, 10));
    }
    return new Message(text, first.label().orElse("other"));
  }

  private static boolean alike(String first, String second) {
    double ratio = (double) first.length() / second.length();
    return ratio > 0.7 && ratio < 1.5;
  }

  private Message copy(Message message, SplittableRandom random) {
    String text = message.text();
    List<String> words = List.of(text.split(" ", -1));
    return switch (random.nextInt(3)) {
      case 0 -> message;
      case 1 -> new Message(text.toUpperCase(Locale.ROOT) + "!!", message.label());
      default ->
          new Message(
              new TextEdits(random, words).edit(text, 1 + random.nextInt(2)), message.label());
    };
  }

  private SplittableRandom random(long row, long purpose) {
    return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + row * 0xD1342543DE82EF95L + purpose);
  }

  private static String json(Message message) {
    ObjectNode object = JSON.createObjectNode();
    object.put("text", message.text()).put("label", message.label());
    return object.toString();
  }
}
