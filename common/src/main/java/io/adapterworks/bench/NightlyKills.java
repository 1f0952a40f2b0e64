package io.adapterworks.bench;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.SqlTables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;

/**
 * Kills a night with SIGKILL at seeded moments, runs it again, and compares every row of every
 * table with those of a night that nothing disturbed. Each night is a process of its own, on a copy
 * of one warehouse that the night before left.
 *
 * <p>A moment is a number of the night's commits, after which the process has some more
 * milliseconds: moments spread evenly over the commits, so over all that a night does, however fast
 * the machine is.
 */
public final class NightlyKills {
  private static final LocalDate BEFORE = LocalDate.parse("2026-11-22");
  private static final LocalDate NIGHT = LocalDate.parse("2026-11-23");
  private static final int ROWS = 24;
  private static final int MOST_MILLIS = 1500;
  private static final Duration LONGEST_NIGHT = Duration.ofMinutes(5);
  private static final List<String> LABELS = List.of("card", "pin", "transfer");

  private final SparkSession spark;
  private final List<String> nightly;
  private final Path scratch;

  /**
   * @param spark reads the tables
   * @param nightly the command that runs the job {@code nightly}; its options are added
   * @param scratch an empty folder for logs and warehouses
   */
  public NightlyKills(SparkSession spark, List<String> nightly, Path scratch) {
    this.spark = spark;
    this.nightly = List.copyOf(nightly);
    this.scratch = scratch;
  }

  /**
   * One kill.
   *
   * @param commits how many commits of the night were waited for
   * @param millis how long after them the process was killed
   * @param killed false where it had ended by then
   * @param commitsBefore how many of its commits were there when it was dead
   * @param exitCode what the night ended with that was run again
   * @param differing tables that are not as after the undisturbed night, with the rows that either
   *     lacks
   */
  public record Moment(
      int commits,
      int millis,
      boolean killed,
      int commitsBefore,
      int exitCode,
      Map<String, Integer> differing) {
    /** Whether the night that was run again made the same tables. */
    public boolean same() {
      return differing.isEmpty() && (exitCode == 0 || exitCode == 3);
    }
  }

  /**
   * All kills.
   *
   * @param nightCommits commits of the undisturbed night
   * @param tables the tables that were compared, with their rows
   */
  public record Result(int nightCommits, Map<String, Integer> tables, List<Moment> moments) {}

  /** Runs two nights, and one killed and run again for each moment. */
  public Result run(int moments, long seed) throws IOException, InterruptedException {
    Path useCase = writeUseCase();
    Path begin = scratch.resolve("begin");
    require(BEFORE, useCase, begin, 0);
    Path undisturbed = copy(begin, "undisturbed");
    require(NIGHT, useCase, undisturbed, 0);
    int nightCommits = commits(undisturbed) - commits(begin);
    Map<String, List<String>> expected = tables(undisturbed);

    SplittableRandom random = new SplittableRandom(seed);
    List<Moment> results = new ArrayList<>();
    for (int i = 0; i < moments; i++) {
      Path warehouse = copy(begin, "killed-" + i);
      int after = (2 * i + 1) * nightCommits / (2 * moments);
      int millis = random.nextInt(MOST_MILLIS);
      boolean killed = kill(useCase, warehouse, after, millis);
      int before = commits(warehouse) - commits(begin);
      int exitCode = end(start(NIGHT, useCase, warehouse));
      Moment moment =
          new Moment(
              after, millis, killed, before, exitCode, differences(expected, tables(warehouse)));
      System.err.println(moment);
      results.add(moment);
    }
    Map<String, Integer> sizes = new TreeMap<>();
    expected.forEach((table, rows) -> sizes.put(table, rows.size()));
    return new Result(nightCommits, sizes, results);
  }

  private boolean kill(Path useCase, Path warehouse, int commits, int millis)
      throws IOException, InterruptedException {
    int wanted = commits(warehouse) + commits;
    Process process = start(NIGHT, useCase, warehouse);
    try {
      while (process.isAlive() && commits(warehouse) < wanted) {
        Thread.sleep(10);
      }
      return !process.waitFor(millis, TimeUnit.MILLISECONDS);
    } finally {
      // SIGKILL where there are signals.
      process.destroyForcibly().waitFor();
    }
  }

  private void require(LocalDate night, Path useCase, Path warehouse, int expected)
      throws IOException, InterruptedException {
    int exitCode = end(start(night, useCase, warehouse));
    Check.that(
        exitCode == expected,
        ErrorCode.INPUT,
        "the night of %s ended with %d, not %d; it says why in %s",
        night,
        exitCode,
        expected,
        log(warehouse));
  }

  private Process start(LocalDate night, Path useCase, Path warehouse) throws IOException {
    List<String> command = new ArrayList<>(nightly);
    command.addAll(List.of("--date", night.toString(), "--use-case", useCase.toString()));
    command.addAll(List.of("--set", "warehouse=\"" + warehouse + "\""));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    return builder
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log(warehouse).toFile()))
        .start();
  }

  private static int end(Process process) throws InterruptedException {
    try {
      boolean ended = process.waitFor(LONGEST_NIGHT.toSeconds(), TimeUnit.SECONDS);
      Check.that(ended, ErrorCode.INPUT, "a night took longer than %s", LONGEST_NIGHT);
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private Path log(Path warehouse) {
    return scratch.resolve(warehouse.getFileName() + ".log");
  }

  /** Two days of messages; the second repeats some of the first and has a line that is cut off. */
  private Path writeUseCase() throws IOException {
    List<String> first = new ArrayList<>();
    List<String> second = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      String own = Integer.toString(i * 7919 + 104729, 36).repeat(3);
      String label = LABELS.get(i % LABELS.size());
      first.add(row("my " + label + " " + own + " was declined at the shop this morning", label));
      second.add(row("my " + label + " " + own + " was declined at the shop this mornin", label));
      second.add(row("the machine at " + own + " has swallowed my " + label + " again", label));
    }
    second.add("{\"text\": \"cut off");
    second.add(row("write to me at ann.example" + ROWS + "@example.com about the card", "card"));
    write(BEFORE, first);
    write(NIGHT, second);
    return Files.writeString(
        scratch.resolve("usecase.conf"),
        """
        inputs = [{ path = "logs/{date}/*.jsonl", columns { text = text, label = label } }]
        nightly.settle = 0 s
        # Short: every step is there to be killed in, but a night of so few rows needs no more.
        dataset.labelReview { folds = 2, classifier.iterations = 3 }
        engine.device = cpu
        spark { master = "local[2]", shufflePartitions = 2 }
        """);
  }

  private void write(LocalDate date, List<String> lines) throws IOException {
    Path day = Files.createDirectories(scratch.resolve("logs").resolve(date.toString()));
    Files.write(day.resolve("app.jsonl"), lines);
  }

  private static String row(String text, String label) {
    return "{\"text\":\"" + text + "\",\"label\":\"" + label + "\"}";
  }

  /** Every row of every table as JSON, sorted. */
  private Map<String, List<String>> tables(Path warehouse) {
    SqlTables tables = new SqlTables(spark, warehouse.toString());
    Map<String, List<String>> rows = new TreeMap<>();
    for (String table : tables.names()) {
      rows.put(
          table,
          tables.query("SELECT * FROM " + table).toJSON().collectAsList().stream()
              .sorted()
              .toList());
    }
    return rows;
  }

  private static Map<String, Integer> differences(
      Map<String, List<String>> expected, Map<String, List<String>> found) {
    Map<String, Integer> differing = new TreeMap<>();
    TreeSet<String> names = new TreeSet<>(expected.keySet());
    names.addAll(found.keySet());
    for (String name : names) {
      List<String> lacking = new ArrayList<>(expected.getOrDefault(name, List.of()));
      List<String> added = new ArrayList<>();
      for (String row : found.getOrDefault(name, List.of())) {
        if (!lacking.remove(row)) {
          added.add(row);
        }
      }
      if (!expected.containsKey(name) || !found.containsKey(name)) {
        differing.put(name, -1);
      } else if (!lacking.isEmpty() || !added.isEmpty()) {
        differing.put(name, lacking.size() + added.size());
      }
    }
    return differing;
  }

  private static int commits(Path warehouse) throws IOException {
    int commits = 0;
    for (Path table : entries(warehouse)) {
      for (Path commit : entries(table.resolve("_delta_log"))) {
        commits += commit.getFileName().toString().matches("\\d{20}\\.json") ? 1 : 0;
      }
    }
    return commits;
  }

  private static List<Path> entries(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    }
  }

  private Path copy(Path from, String name) throws IOException {
    Path to = scratch.resolve(name);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
    return to;
  }
}
