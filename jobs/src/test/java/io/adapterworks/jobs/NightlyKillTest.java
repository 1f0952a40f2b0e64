package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.table.SparkConfig;
import io.adapterworks.table.SparkSessions;
import io.adapterworks.table.SqlTables;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A night that runs in a process of its own is killed with SIGKILL and run again. The moments are
 * seeded: after so many of the night's commits, and some milliseconds later. Two of the ten by
 * default, since each takes a JVM and a Spark of its own; all with {@code -Dkill.moments=10}.
 */
class NightlyKillTest {
  private static final int MOMENTS = Integer.getInteger("kill.moments", 2);
  private static final long SEED = 20261123;

  private static final List<String> TABLES =
      List.of(
          "bronze_examples",
          "curated_examples",
          "curated_rejects",
          "curation_runs",
          "curation_state",
          "duplicate_edges",
          "dataset_examples",
          "dataset_rejects");

  @TempDir Path folder;

  @Test
  void aKilledNightThatRunsAgainMakesTheTablesOfAnUndisturbedOne() throws Exception {
    SparkSession spark = SparkSessions.open("tests", new SparkConfig("local[2]", 2, Map.of()));
    try {
      killEveryMoment(spark);
    } finally {
      spark.stop();
    }
  }

  private void killEveryMoment(SparkSession spark) throws Exception {
    Path useCase = inputs();
    Path begin = folder.resolve("begin");
    assertEquals(0, night("2026-11-22", useCase, begin), "the first night");
    Path undisturbed = copy(begin, "undisturbed");
    assertEquals(0, night("2026-11-23", useCase, undisturbed), "the undisturbed night");
    assertEquals(3, night("2026-11-23", useCase, undisturbed), "the same night again");
    int commits = commits(undisturbed) - commits(begin);
    assertTrue(commits >= TABLES.size(), commits + " commits a night");
    Map<String, List<String>> expected = tables(spark, undisturbed);

    SplittableRandom random = new SplittableRandom(SEED);
    int killed = 0;
    for (int moment = 0; moment < MOMENTS; moment++) {
      Path warehouse = copy(begin, "killed-" + moment);
      int after = (2 * moment + 1) * commits / (2 * MOMENTS);
      killed += killAfter(warehouse, useCase, after, random.nextInt(400)) ? 1 : 0;
      int exitCode = night("2026-11-23", useCase, warehouse);
      assertTrue(exitCode == 0 || exitCode == 3, "exit code " + exitCode);
      assertEquals(expected, tables(spark, warehouse), "killed after " + after + " commits");
    }
    assertTrue(killed > 0, "no night was killed before its end");
  }

  /** Whether the process was killed while it still ran. */
  private boolean killAfter(Path warehouse, Path useCase, int commits, int millis)
      throws Exception {
    int begin = commits(warehouse);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(List.of("-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Main.class.getName());
    command.addAll(arguments("2026-11-23", useCase, warehouse));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("process.log").toFile())
            .start();
    try {
      while (process.isAlive() && commits(warehouse) < begin + commits) {
        Thread.sleep(20);
      }
      boolean ended = process.waitFor(millis, TimeUnit.MILLISECONDS);
      if (ended) {
        assertEquals(
            0,
            process.exitValue(),
            () -> "the process failed: " + read(folder.resolve("process.log")));
      }
      return !ended;
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private int night(String date, Path useCase, Path warehouse) {
    PrintStream out = System.out;
    System.setOut(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
    try {
      return Main.execute(arguments(date, useCase, warehouse).toArray(String[]::new));
    } finally {
      System.setOut(out);
    }
  }

  private static List<String> arguments(String date, Path useCase, Path warehouse) {
    return List.of(
        "nightly",
        "--date",
        date,
        "--conf",
        useCase.toString(),
        "--use-case",
        useCase.toString(),
        "--set",
        "warehouse=\"" + warehouse + "\"");
  }

  /** Two days of messages; the second repeats some of the first. */
  private Path inputs() throws IOException {
    List<String> first = new ArrayList<>();
    List<String> second = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      String own = Integer.toString(i * 7919 + 104729, 36).repeat(3);
      first.add(row("my card " + own + " was declined at the supermarket this morning"));
      second.add(row("my card " + own + " was declined at the supermarket this mornin"));
      second.add(row("the machine at " + own + " has swallowed my card and keeps it"));
    }
    second.add("{\"text\": \"cut off");
    write("2026-11-22", first);
    write("2026-11-23", second);
    Path useCase = folder.resolve("usecase.conf");
    Files.writeString(
        useCase,
        """
        inputs = [{ path = "logs/{date}/*.jsonl", columns { text = text, label = label } }]
        nightly.settle = 0 s
        spark { master = "local[2]", shufflePartitions = 2 }
        """);
    return useCase;
  }

  private void write(String date, List<String> lines) throws IOException {
    Path day = Files.createDirectories(folder.resolve("logs").resolve(date));
    Files.write(day.resolve("app.jsonl"), lines);
  }

  private static String row(String text) {
    return "{\"text\":\"" + text + "\",\"label\":\"card\"}";
  }

  /** Every row of every table, as JSON, in an order of its own. */
  private static Map<String, List<String>> tables(SparkSession spark, Path warehouse) {
    Map<String, List<String>> rows = new TreeMap<>();
    SqlTables tables = new SqlTables(spark, warehouse.toString());
    for (String table : TABLES) {
      rows.put(
          table,
          tables.query("SELECT * FROM " + table).toJSON().collectAsList().stream()
              .sorted()
              .toList());
    }
    return rows;
  }

  private static int commits(Path warehouse) {
    int commits = 0;
    for (Path table : entries(warehouse)) {
      for (Path commit : entries(table.resolve("_delta_log"))) {
        commits += commit.getFileName().toString().matches("\\d{20}\\.json") ? 1 : 0;
      }
    }
    return commits;
  }

  private static List<Path> entries(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    } catch (IOException notThereYet) {
      return List.of();
    }
  }

  private Path copy(Path from, String name) throws IOException {
    Path to = folder.resolve(name);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
    return to;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      return "its output cannot be read: " + failure;
    }
  }
}
