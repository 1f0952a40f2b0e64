package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.bench.NightlyKills;
import io.adapterworks.pipeline.ScratchFolder;
import io.adapterworks.table.SparkConfig;
import io.adapterworks.table.SparkSessions;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench nightly-kills}: nights that are killed and run again. */
@Command(
    name = "nightly-kills",
    description = {
      "Kills the job nightly with SIGKILL at seeded moments, runs it again and compares every table",
      "with those of an undisturbed night; ends with 1 where one differs. About 40 s a moment."
    },
    mixinStandardHelpOptions = true)
final class NightlyKillsBench implements Callable<Integer> {
  @Option(
      names = "--moments",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many kills, each on its own copy; default: ${DEFAULT-VALUE}.")
  private int moments;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Decides the moments; default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--folder",
      paramLabel = "FOLDER",
      description = "An empty folder to work in and to leave all there; default: one that goes.")
  private Path folder;

  @Override
  public Integer call() throws Exception {
    SparkSession spark =
        SparkSessions.open("bench-nightly-kills", new SparkConfig("local[2]", 2, Map.of()));
    try (ScratchFolder scratch = ScratchFolder.make("nightly-kills")) {
      Path place = folder == null ? scratch.path() : Files.createDirectories(folder);
      NightlyKills.Result result = new NightlyKills(spark, nightly(), place).run(moments, seed);
      System.out.println(json(result));
      return result.moments().stream().allMatch(NightlyKills.Moment::same) ? 0 : 1;
    } finally {
      spark.stop();
    }
  }

  /** This JVM's own options and class path, with a small heap. */
  private static List<String> nightly() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> !argument.startsWith("-Xmx"))
        .forEach(command::add);
    // One short night is not worth the second compiler's work.
    command.addAll(List.of("-Xmx1g", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Main.class.getName(), "nightly"));
    return command;
  }

  private String json(NightlyKills.Result result) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode line = mapper.createObjectNode().put("benchmark", "nightly-kills").put("seed", seed);
    line.put("nightCommits", result.nightCommits());
    line.put("killed", result.moments().stream().filter(NightlyKills.Moment::killed).count());
    line.put("same", result.moments().stream().filter(NightlyKills.Moment::same).count());
    line.set("tables", mapper.valueToTree(result.tables()));
    line.set("moments", mapper.valueToTree(result.moments()));
    return line.toString();
  }
}
