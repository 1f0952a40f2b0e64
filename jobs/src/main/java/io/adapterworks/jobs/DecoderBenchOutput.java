package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.bench.DecoderBenchmark;
import io.adapterworks.engine.cpu.KernelProfile;
import java.io.PrintWriter;
import java.util.Locale;

/** What {@code bench cpu --model} prints. */
final class DecoderBenchOutput {
  private DecoderBenchOutput() {}

  static void print(PrintWriter out, DecoderBenchmark.Result result, int tokens) {
    DecoderBenchmark.Step step = result.step();
    out.printf(
        Locale.ROOT,
        "%s on %s, %d threads: a step of %d tokens takes %.2f s, %.0f tokens/s, peak memory %.2f"
            + " GB%n",
        result.dtype(),
        result.device(),
        result.threads(),
        tokens,
        step.seconds(),
        tokens / step.seconds(),
        step.peakBytes() / 1e9);
    out.printf(
        Locale.ROOT,
        "  %.0f GFLOP/s; oneDNN alone on the same products %.0f GFLOP/s: share %.0f %%%n",
        step.gflops(),
        step.gflopsAlone(),
        100 * step.share());
    for (KernelProfile.Line line : step.profile()) {
      out.printf(
          Locale.ROOT, "  %-32s %6d runs %9.1f ms%n", line.kind(), line.calls(), line.millis());
    }
    DecoderBenchmark.Generation generation = result.generation();
    out.printf(
        Locale.ROOT,
        "generation: %.1f ms a token, %.1f GB/s of weights; reading alone %.1f GB/s: share %.0f"
            + " %%%n",
        1e3 * generation.secondsPerToken(),
        generation.weightBytes() / generation.secondsPerToken() / 1e9,
        generation.bandwidth() / 1e9,
        100 * generation.share());
  }

  static void fill(ObjectNode node, DecoderBenchmark.Result result, int tokens) {
    DecoderBenchmark.Step step = result.step();
    DecoderBenchmark.Generation generation = result.generation();
    node.put("tokensPerSecond", tokens / step.seconds())
        .put("gflops", step.gflops())
        .put("gflopsAlone", step.gflopsAlone())
        .put("share", step.share())
        .put("peakGigabytes", step.peakBytes() / 1e9)
        .put("generatedTokensPerSecond", 1 / generation.secondsPerToken())
        .put("bandwidthGigabytesPerSecond", generation.bandwidth() / 1e9)
        .put("bandwidthShare", generation.share());
  }
}
