package io.adapterworks.bench;

import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.cpu.CpuEngine;
import io.adapterworks.engine.cpu.KernelProfile;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The training step of an intent classifier on the processor: forward, loss and backward of
 * all-MiniLM-L6-v2 with LoRA on all linear layers, beside what oneDNN alone needs for the step's
 * matrix products.
 */
public final class CpuBenchmark {
  private static final String BASE_MODEL = "builtin:all-minilm-l6-v2";
  private static final int SEQUENCES = 32;
  private static final int SHORTEST = 7;
  private static final int LONGEST = 21;
  private static final int LABELS = 77;
  private static final int BATCHES = 8;
  private static final int WARM_UP = 10;
  private static final double DROPOUT = 0.1;

  private final int rounds;

  /**
   * @param rounds times that step and bare products are measured in turn; the best counts
   */
  public CpuBenchmark(int rounds) {
    this.rounds = rounds;
  }

  /**
   * What one compute type reached.
   *
   * @param share the step's rate of matrix arithmetic as a share of oneDNN's own
   * @param profile where the time of one step went
   */
  public record Result(
      String dtype,
      String device,
      int threads,
      double tokens,
      double stepMillis,
      double tokensPerSecond,
      double gflops,
      double gflopsAlone,
      double share,
      List<KernelProfile.Line> profile) {}

  /** Measures one compute type. */
  public Result measure(EngineSettings.ComputeType dtype) {
    EngineSettings settings = new EngineSettings(EngineSettings.Device.CPU, dtype, 0);
    try (BaseModel base = BaseModelReader.open(BASE_MODEL);
        CpuEngine engine = CpuEngine.open(settings);
        BertPass pass =
            new BertPass(engine, base, adapter(base), ClassificationObjective.CROSS_ENTROPY)) {
      return measure(engine, pass);
    }
  }

  private static LoraAdapter adapter(BaseModel base) {
    LoraConfig config =
        new LoraConfig(
            8,
            16,
            DROPOUT,
            List.of(LoraConfig.ALL_LINEAR),
            Optional.empty(),
            List.of(),
            false,
            false,
            Map.of(),
            Map.of());
    Head head = new Head(LABELS, Head.Pooling.MEAN);
    return LoraAdapter.initialise(base, config, Optional.of(head), 42);
  }

  private Result measure(CpuEngine engine, BertPass pass) {
    List<TokenBatch> batches = batches();
    Step step = new Step(pass, batches);
    for (int i = 0; i < WARM_UP; i++) {
      step.all();
    }
    engine.productsAlone(engine.profile(step::all));
    double[] seconds = new double[rounds];
    double[] alone = new double[rounds];
    double flop = 0;
    KernelProfile profile = null;
    for (int i = 0; i < rounds; i++) {
      long start = System.nanoTime();
      step.all();
      seconds[i] = (System.nanoTime() - start) / 1e9;
      KernelProfile next = engine.profile(step::all);
      alone[i] = engine.productsAlone(next);
      flop = next.productFlop();
      if (profile == null || next.wallMillis() < profile.wallMillis()) {
        profile = next;
      }
    }
    double time = best(seconds);
    double timeAlone = best(alone);
    double tokens = batches.stream().mapToInt(TokenBatch::tokens).sum();
    return new Result(
        engine.computeType().name(),
        engine.info().device(),
        engine.info().threads(),
        tokens / BATCHES,
        1e3 * time / BATCHES,
        tokens / time,
        flop / time / 1e9,
        flop / timeAlone / 1e9,
        timeAlone / time,
        profile.lines().stream()
            .map(l -> new KernelProfile.Line(l.kind(), l.calls() / BATCHES, l.millis() / BATCHES))
            .toList());
  }

  /** One training step on each batch. */
  private static final class Step {
    private final BertPass pass;
    private final List<TokenBatch> batches;
    private final float[] gradient;

    Step(BertPass pass, List<TokenBatch> batches) {
      this.pass = pass;
      this.batches = batches;
      this.gradient = new float[pass.layout().size()];
    }

    void all() {
      for (int i = 0; i < batches.size(); i++) {
        pass.lossAndGradient(batches.get(i), 1000 + i, gradient);
      }
    }
  }

  private static double best(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[0];
  }

  /** Sequences as long as bank customers' questions: 7 to 21 tokens, 14 on average. */
  private static List<TokenBatch> batches() {
    SplittableRandom random = new SplittableRandom(42);
    List<TokenBatch> batches = new ArrayList<>();
    for (int b = 0; b < BATCHES; b++) {
      List<TokenRow> rows = new ArrayList<>();
      for (int s = 0; s < SEQUENCES; s++) {
        int[] ids = random.ints(random.nextInt(SHORTEST, LONGEST + 1), 1000, 30000).toArray();
        rows.add(TokenRow.classified(ids, random.nextInt(LABELS)));
      }
      batches.add(TokenBatch.of(rows));
    }
    return batches;
  }
}
