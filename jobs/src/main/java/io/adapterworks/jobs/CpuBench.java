package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.bench.CpuBenchmark;
import io.adapterworks.bench.DecoderBenchmark;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.engine.cpu.CpuEngine;
import io.adapterworks.engine.cpu.KernelProfile;
import io.adapterworks.pass.PassOptions;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench cpu}: the training step's speed beside oneDNN alone. */
@Command(
    name = "cpu",
    description =
        "Times a training step of all-MiniLM-L6-v2 on the processor, and oneDNN alone on the"
            + " step's matrix products.",
    mixinStandardHelpOptions = true)
final class CpuBench implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "12",
      description = "Measure N times and keep the best; default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--model",
      paramLabel = "FOLDER|SHAPE",
      description =
          "Instead, a decoder: a folder, or 1b for the shape of Llama 3.2 1B with random weights;"
              + " also times generation beside the memory's bandwidth.")
  private String model;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "512",
      description = "Tokens of a decoder's training step; default: ${DEFAULT-VALUE}.")
  private int tokens;

  @Option(
      names = "--prompt",
      paramLabel = "SHARE",
      defaultValue = "0",
      description =
          "Share of these tokens that are a prompt, which is not scored; default:"
              + " ${DEFAULT-VALUE}.")
  private double prompt;

  @Option(
      names = "--recompute",
      paramLabel = "N",
      defaultValue = "0",
      description = "Layers of a decoder that backward computes again; default: ${DEFAULT-VALUE}.")
  private int recomputed;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "auto",
      description = "A decoder's compute type: float32, bfloat16 or auto; default: auto.")
  private ComputeType dtype;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    ObjectNode json = new ObjectMapper().createObjectNode();
    if (model != null) {
      PassOptions memory = PassOptions.of(WeightStorage.COMPUTE_TYPE, recomputed);
      DecoderBenchmark.Result result =
          new DecoderBenchmark(model, tokens, prompt, rounds, memory).measure(dtype);
      DecoderBenchOutput.print(out, result, tokens);
      DecoderBenchOutput.fill(json, result, tokens);
      out.println(json);
      out.flush();
      return 0;
    }
    for (ComputeType type : types()) {
      CpuBenchmark.Result result = new CpuBenchmark(rounds).measure(type);
      print(out, result);
      ObjectNode node = json.putObject(result.dtype().toLowerCase(Locale.ROOT));
      node.put("tokensPerSecond", Math.round(result.tokensPerSecond()));
      node.put("gflops", Math.round(result.gflops()));
      node.put("gflopsAlone", Math.round(result.gflopsAlone()));
      node.put("share", Math.round(result.share() * 1000) / 1000.0);
    }
    out.println(json);
    out.flush();
    return 0;
  }

  private static List<ComputeType> types() {
    return CpuEngine.hasBfloat16()
        ? List.of(ComputeType.FLOAT32, ComputeType.BFLOAT16)
        : List.of(ComputeType.FLOAT32);
  }

  private static void print(PrintWriter out, CpuBenchmark.Result result) {
    out.printf(
        Locale.ROOT,
        "%s on %s, %d threads: a step of %.0f tokens takes %.1f ms, %.0f tokens/s%n",
        result.dtype(),
        result.device(),
        result.threads(),
        result.tokens(),
        result.stepMillis(),
        result.tokensPerSecond());
    out.printf(
        Locale.ROOT,
        "  %.0f GFLOP/s; oneDNN alone on the same products %.0f GFLOP/s: share %.0f %%%n",
        result.gflops(),
        result.gflopsAlone(),
        100 * result.share());
    for (KernelProfile.Line line : result.profile()) {
      out.printf(
          Locale.ROOT, "  %-32s %4d runs %8.2f ms%n", line.kind(), line.calls(), line.millis());
    }
  }
}
