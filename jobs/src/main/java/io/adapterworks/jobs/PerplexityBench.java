package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.bench.PerplexityBenchmark;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.tokenize.TokenRow;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench perplexity}: what one epoch of LoRA does to a decoder's perplexity. */
@Command(
    name = "perplexity",
    description =
        "Trains LoRA on a decoder for one epoch over the first rows of a file, and measures"
            + " perplexity on the others before and after.",
    mixinStandardHelpOptions = true)
final class PerplexityBench implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FOLDER",
      description = "A decoder in Hugging Face layout.")
  private String model;

  @Option(
      names = "--train",
      paramLabel = "ROWS",
      defaultValue = "800",
      description = "Rows to train on; default: ${DEFAULT-VALUE}.")
  private int train;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      defaultValue = "3e-3",
      description = "Peak of the schedule; default: ${DEFAULT-VALUE}.")
  private double learningRate;

  @Option(
      names = "--tokens-per-batch",
      paramLabel = "N",
      defaultValue = "2048",
      description = "Tokens of one packed step; default: ${DEFAULT-VALUE}.")
  private int tokensPerBatch;

  @Parameters(
      paramLabel = "FILE",
      description =
          "A JSON array of texts, or of instructions, conversations or summaries, which are scored"
              + " on their answers.")
  private Path file;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    EngineSettings settings =
        new EngineSettings(EngineSettings.Device.CPU, EngineSettings.ComputeType.FLOAT32, 0);
    try (BaseModel base = BaseModelReader.open(model);
        Engine engine = EngineFactory.open(settings)) {
      PerplexityBenchmark benchmark = new PerplexityBenchmark(base, engine, tokensPerBatch);
      List<TokenRow> rows = benchmark.read(file);
      PerplexityBenchmark.Result result = benchmark.measure(rows, train, learningRate);
      out.printf(
          Locale.ROOT,
          "%d rows, perplexity of the base %.4f (%d scored tokens)%n"
              + "on the %d rows not trained on: %.4f before, %.4f after one epoch (%.1f %% less)%n"
              + "packed to %d steps of %d tokens: %.2f %% of positions hold no token%n",
          result.rows(),
          result.whole().perplexity(),
          result.whole().tokens(),
          result.rows() - train,
          result.before().perplexity(),
          result.after().perplexity(),
          100 * (1 - result.after().perplexity() / result.before().perplexity()),
          result.batches(),
          tokensPerBatch,
          100 * result.waste());
      out.println(json(result));
      out.flush();
      return 0;
    }
  }

  private static ObjectNode json(PerplexityBenchmark.Result result) {
    return new ObjectMapper()
        .createObjectNode()
        .put("rows", result.rows())
        .put("perplexity", result.whole().perplexity())
        .put("before", result.before().perplexity())
        .put("after", result.after().perplexity())
        .put("tokenAccuracyBefore", result.before().tokenAccuracy())
        .put("tokenAccuracyAfter", result.after().tokenAccuracy())
        .put("waste", result.waste());
  }
}
