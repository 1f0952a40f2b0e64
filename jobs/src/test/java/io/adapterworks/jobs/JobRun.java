package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.TestSpark;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * One job, run through the command line as a person runs it, in the tests' Spark session.
 *
 * @param out what it printed
 * @param err what it said on standard error
 */
record JobRun(int exitCode, String out, String err) {
  /** Runs {@code arguments} with the installation's settings in {@code conf}. */
  static JobRun of(Path conf, String... arguments) {
    TestSpark.session();
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    try (PrintStream newOut = new PrintStream(outBytes, true, StandardCharsets.UTF_8);
        PrintStream newErr = new PrintStream(errBytes, true, StandardCharsets.UTF_8)) {
      System.setOut(newOut);
      System.setErr(newErr);
      int exitCode =
          Main.execute(
              Stream.concat(Stream.of(arguments), Stream.of("--conf", conf.toString()))
                  .toArray(String[]::new));
      return new JobRun(
          exitCode,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** The whole chain of a use case, with settings such as {@code training.epochs=1}. */
  static JobRun ofChain(Path conf, Path useCase, String... settings) {
    return of(
        conf,
        Stream.concat(
                Stream.of("run", "--use-case", useCase.toString()),
                Stream.of(settings).flatMap(setting -> Stream.of("--set", setting)))
            .toArray(String[]::new));
  }

  /** The rows that {@code query} answers with, as CSV lines without their header. */
  static List<String> rows(Path conf, String sql) {
    JobRun ran = of(conf, "query", sql, "--format", "csv");
    assertEquals(0, ran.exitCode(), ran::toString);
    return ran.out().lines().skip(1).toList();
  }

  /** Settings of an installation with its warehouse there, computing on the processor. */
  static Path installation(Path folder, String warehouse) throws IOException {
    return Files.writeString(
        folder.resolve("installation.conf"),
        "warehouse = \"" + warehouse + "\"\nspark.master = \"local[2]\"\nengine.device = cpu\n");
  }

  /** The lines of what it said on standard error, without Spark's log. */
  List<String> messages() {
    return err.lines()
        .filter(line -> !line.matches("\\d\\d:\\d\\d:\\d\\d (WARN|ERROR) .*"))
        .toList();
  }

  /** Everything, for the message of an assertion that failed. */
  @Override
  public String toString() {
    return "exit code " + exitCode + "\n" + out + "\n" + err;
  }
}
