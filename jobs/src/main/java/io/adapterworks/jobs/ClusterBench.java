package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.bench.ClusterBenchmark;
import io.adapterworks.cluster.ModelSpec;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pipeline.UseCase;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench cluster}: training rounds on a Spark cluster. */
@Command(
    name = "cluster",
    description =
        "Times training on Spark's executors: what a round costs beyond training itself, and two"
            + " executors beside one. Starts a cluster on loopback unless SPARK_MASTER names one.",
    mixinStandardHelpOptions = true)
final class ClusterBench implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--devices",
      paramLabel = "N",
      defaultValue = "2",
      description = "Executors that train together; default: ${DEFAULT-VALUE}.")
  private int devices;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description = "Optimizer steps that are timed; default: ${DEFAULT-VALUE}.")
  private int steps;

  @Override
  public Integer call() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    try (JobSession session = JobSession.open(settings, "bench-cluster")) {
      UseCase useCase = session.useCase();
      Check.that(
          !session.spark().sparkContext().isLocal(),
          ErrorCode.USAGE,
          "bench cluster needs a cluster; expected SPARK_MASTER=spark://…, as scripts/cluster up"
              + " prints it");
      try (BaseModel base = BaseModelReader.open(useCase.base().model())) {
        ClusterBenchmark benchmark =
            new ClusterBenchmark(
                new JavaSparkContext(session.spark().sparkContext()),
                base,
                new ModelSpec.Recipe(
                    useCase.engine(), useCase.lora(), useCase.training(), useCase.base().dropout()),
                steps);
        double alone = 0;
        for (ClusterBenchmark.Result result : benchmark.run(devices, System.err::println)) {
          alone = result.devices() == 1 ? result.tokensPerSecond() : alone;
          print(result, alone);
          ObjectNode node = json.putObject(result.mode());
          node.put("devices", result.devices());
          node.put("tokensPerSecond", Math.round(result.tokensPerSecond()));
          node.put("medianOverheadMillis", result.medianOverhead().toMillis());
          node.put("speedup", Math.round(100 * result.tokensPerSecond() / alone) / 100.0);
        }
      }
    }
    System.out.println(json);
    return 0;
  }

  private static void print(ClusterBenchmark.Result result, double alone) {
    System.out.printf(
        Locale.ROOT,
        "%-12s %d devices: %,.0f tokens/s, %.2f times one; a round costs %d ms beyond its slowest"
            + " share of %d ms (medians of %d), the driver's step %d ms%n",
        result.mode(),
        result.devices(),
        result.tokensPerSecond(),
        result.tokensPerSecond() / alone,
        result.medianOverhead().toMillis(),
        result.medianShare().toMillis(),
        result.rounds().size(),
        result.betweenRounds().toMillis());
  }
}
