package io.adapterworks.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.FrozenSource;
import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.TextMetrics;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tokenize.SequencePacker;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What eight-bit weights save, and what they cost in perplexity. */
public final class EightBitBenchmark {
  private static final int TOKENS_PER_BATCH = 2048;

  private final Path model;
  private final Path texts;
  private final int most;

  /**
   * @param model a decoder's folder in Hugging Face layout
   * @param texts a JSON array of texts
   * @param most so many of them at most, from the first
   */
  public EightBitBenchmark(Path model, Path texts, int most) {
    this.model = model;
    this.texts = texts;
    this.most = most;
  }

  /**
   * What was measured.
   *
   * @param bytes what the engine holds of the matrices that are multiplied with, scales included
   * @param bfloat16Bytes what they take in bfloat16
   * @param exact perplexity with float32 weights
   * @param rounded perplexity with eight-bit weights
   */
  public record Result(
      long bytes, long bfloat16Bytes, double exact, double rounded, long scoredTokens) {
    /** Eight-bit bytes as a share of bfloat16's. */
    public double share() {
      return (double) bytes / bfloat16Bytes;
    }

    /** How much perplexity rises, relative to float32. */
    public double loss() {
      return rounded / exact - 1;
    }
  }

  /** Measures on the processor, in float32. */
  public Result run() {
    EngineSettings settings =
        new EngineSettings(EngineSettings.Device.CPU, EngineSettings.ComputeType.FLOAT32, 0);
    try (BaseModel base = BaseModelReader.open(model.toString());
        Engine engine = EngineFactory.open(settings)) {
      Check.that(
          base.config() instanceof LlamaConfig,
          ErrorCode.USAGE,
          "%s is a %s model; expected a decoder",
          model,
          base.config().modelType());
      List<HostTensor> matrices = matrices(base, (LlamaConfig) base.config());
      long held = 0;
      for (HostTensor matrix : matrices) {
        FrozenSource source = new FrozenSource(List.of(matrix), List.of(), WeightStorage.INT8, 0);
        held += engine.linear().freeze(source).bytes();
      }
      long narrow =
          matrices.stream().mapToLong(m -> m.shape().elements() * DType.BFLOAT16.bytes()).sum();
      List<TokenBatch> batches = new SequencePacker(TOKENS_PER_BATCH, 1).epoch(rows(base), 0);
      TextMetrics.Foresight exact = foresight(engine, base, WeightStorage.COMPUTE_TYPE, batches);
      TextMetrics.Foresight rounded = foresight(engine, base, WeightStorage.INT8, batches);
      return new Result(held, narrow, exact.perplexity(), rounded.perplexity(), exact.tokens());
    }
  }

  private static TextMetrics.Foresight foresight(
      Engine engine, BaseModel base, WeightStorage storage, List<TokenBatch> batches) {
    PassOptions options = new PassOptions(storage, 0, PassOptions.Placement.HOST);
    try (LlamaPass pass = new LlamaPass(engine, base, LoraAdapter.none(base), options)) {
      return TextMetrics.foresight(pass, batches);
    }
  }

  private static List<HostTensor> matrices(BaseModel base, LlamaConfig config) {
    List<HostTensor> matrices = new ArrayList<>();
    base.linearModules().forEach(module -> matrices.add(base.weight(module.weight())));
    matrices.add(base.weight(config.headName(base.prefix())));
    return matrices;
  }

  /** Each text with every token scored but the first. */
  private List<TokenRow> rows(BaseModel base) {
    List<TokenRow> rows = new ArrayList<>();
    JsonNode all = JsonRows.read(texts);
    for (int i = 0; i < Math.min(most, all.size()); i++) {
      JsonNode text = all.get(i);
      rows.add(TokenRow.text(base.tokenizer().encode(text.asText(), base.config().maxPositions())));
    }
    return rows;
  }
}
