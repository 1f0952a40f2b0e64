package io.adapterworks.bench;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.cpu.CpuEngine;
import io.adapterworks.engine.cpu.KernelProfile;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.model.RandomModel;
import io.adapterworks.model.Rope;
import io.adapterworks.pass.Decoding;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A decoder on the processor: one training step beside oneDNN alone on the step's products, and
 * generation beside the memory's bandwidth, for every token reads every weight once.
 */
public final class DecoderBenchmark {
  private static final int PROMPT = 16;
  private static final int WARM_UP_TOKENS = 4;
  private static final List<String> TARGETS = List.of("q_proj", "k_proj", "v_proj", "o_proj");

  private final String model;
  private final int tokens;
  private final double prompt;
  private final int rounds;
  private final PassOptions memory;

  /**
   * @param model a folder, or {@code 1b} for the shape of Llama 3.2 1B with random weights
   * @param tokens of the training step's one sequence
   * @param prompt the share of these, from the first, that are not scored
   * @param rounds times that everything is measured; the best counts
   */
  public DecoderBenchmark(String model, int tokens, double prompt, int rounds, PassOptions memory) {
    Check.inRange("prompt", prompt, 0, 1);
    this.model = model;
    this.tokens = tokens;
    this.prompt = prompt;
    this.rounds = rounds;
    this.memory = memory;
  }

  /**
   * A training step.
   *
   * @param share the step's rate of matrix arithmetic as a share of oneDNN's own
   * @param peakBytes the most memory that the process has held so far
   */
  public record Step(
      double seconds,
      double gflops,
      double gflopsAlone,
      double share,
      long peakBytes,
      List<KernelProfile.Line> profile) {}

  /**
   * Generation, one sequence.
   *
   * @param weightBytes what each token reads
   * @param bandwidth bytes a second that reading alone reached
   * @param share the weights' rate as a share of it
   */
  public record Generation(
      double secondsPerToken, double weightBytes, double bandwidth, double share) {}

  /** Both, with where they ran. */
  public record Result(
      String device, String dtype, int threads, Step step, Generation generation) {}

  /** Measures in one compute type. */
  public Result measure(EngineSettings.ComputeType dtype) throws InterruptedException {
    EngineSettings settings = new EngineSettings(EngineSettings.Device.CPU, dtype, 0);
    try (BaseModel base = open();
        CpuEngine engine = CpuEngine.open(settings)) {
      LoraAdapter adapter =
          LoraAdapter.initialise(base, LoraConfig.of(8, 16, TARGETS), Optional.empty(), 42);
      try (LlamaPass pass = new LlamaPass(engine, base, adapter, memory)) {
        Step step = step(engine, pass);
        return new Result(
            engine.info().device(),
            engine.computeType().name(),
            engine.info().threads(),
            step,
            generation(engine, pass, base));
      }
    }
  }

  private BaseModel open() {
    return model.equals("1b") ? RandomModel.of(oneBillion()) : BaseModelReader.open(model);
  }

  /** The sizes of Llama 3.2 1B. */
  private static LlamaConfig oneBillion() {
    return new LlamaConfig(
        "llama",
        2048,
        16,
        32,
        8,
        64,
        8192,
        128256,
        131072,
        1e-5f,
        new Rope(500000, new Rope.Llama3(32, 1, 4, 8192)),
        Set.of(),
        Set.of(LlamaConfig.Feature.TIED_EMBEDDINGS));
  }

  private Step step(CpuEngine engine, LlamaPass pass) {
    TokenBatch batch = batch(pass.outputs());
    float[] gradient = new float[pass.layout().size()];
    Runnable step = () -> pass.lossAndGradient(batch, 1, gradient);
    step.run();
    long peak = PeakMemory.bytes();
    double seconds = Double.POSITIVE_INFINITY;
    double alone = Double.POSITIVE_INFINITY;
    KernelProfile profile = null;
    for (int i = 0; i < rounds; i++) {
      long start = System.nanoTime();
      step.run();
      seconds = Math.min(seconds, (System.nanoTime() - start) / 1e9);
      profile = engine.profile(step);
      alone = Math.min(alone, engine.productsAlone(profile));
    }
    double flop = profile.productFlop();
    return new Step(
        seconds, flop / seconds / 1e9, flop / alone / 1e9, alone / seconds, peak, profile.lines());
  }

  private TokenBatch batch(int vocabulary) {
    int[] ids = new SplittableRandom(7).ints(tokens + 1, 0, vocabulary).toArray();
    int[] labels = Arrays.copyOfRange(ids, 1, tokens + 1);
    // The last token is always scored: a step without a label has no loss.
    Arrays.fill(labels, 0, (int) Math.min(tokens - 1, prompt * tokens), TokenBatch.IGNORED);
    return TokenBatch.of(List.of(TokenRow.scored(Arrays.copyOf(ids, tokens), labels)));
  }

  private Generation generation(CpuEngine engine, LlamaPass pass, BaseModel base)
      throws InterruptedException {
    Check.that(rounds > 0, ErrorCode.USAGE, "rounds=%d; expected 1 or more", rounds);
    int[] prompt = new SplittableRandom(8).ints(PROMPT, 0, pass.outputs()).toArray();
    int most = WARM_UP_TOKENS + 8 * rounds;
    Decoding decoding = pass.decode(List.of(prompt), PROMPT + most + 1);
    int[] sequence = {0};
    double seconds = Double.POSITIVE_INFINITY;
    for (int i = 0; i < most; i++) {
      long start = System.nanoTime();
      decoding.append(sequence, new int[] {prompt[i % PROMPT]});
      double taken = (System.nanoTime() - start) / 1e9;
      seconds = i < WARM_UP_TOKENS ? seconds : Math.min(seconds, taken);
    }
    double elements =
        base.linearModules().stream().mapToDouble(m -> (double) m.in() * m.out()).sum()
            + (double) base.config().vocabulary() * base.config().hidden();
    double bytes = elements * engine.computeType().bytes();
    double bandwidth = MemoryBandwidth.measure(engine.info().threads());
    return new Generation(seconds, bytes, bandwidth, bytes / seconds / bandwidth);
  }
}
