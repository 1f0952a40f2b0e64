package io.adapterworks.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.curate.conversation.ConversationReader;
import io.adapterworks.engine.Engine;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.TextMetrics;
import io.adapterworks.evaluate.TextMetrics.Foresight;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.tokenize.ConversationEncoder;
import io.adapterworks.tokenize.EncodedConversation;
import io.adapterworks.tokenize.SequencePacker;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import io.adapterworks.train.AdapterNetwork;
import io.adapterworks.train.TrainingConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one epoch of LoRA on the first rows of a file does to a decoder's perplexity on the rest.
 */
public final class PerplexityBenchmark {
  private static final int LONGEST = 512;
  private static final long SEED = 1;
  private static final LoraConfig LORA = LoraConfig.of(8, 16, List.of(LoraConfig.ALL_LINEAR));

  private final BaseModel base;
  private final Engine engine;
  private final int tokensPerBatch;

  public PerplexityBenchmark(BaseModel base, Engine engine, int tokensPerBatch) {
    this.base = base;
    this.engine = engine;
    this.tokensPerBatch = tokensPerBatch;
  }

  /**
   * What was measured.
   *
   * @param whole the base's on all rows
   * @param waste the share of positions of packed steps over all rows that hold no token
   * @param batches how many steps that is
   */
  public record Result(
      int rows, Foresight whole, Foresight before, Foresight after, double waste, int batches) {}

  /**
   * Rows of at most 512 tokens: texts are scored whole, instructions and conversations on their
   * answers.
   *
   * @param file a JSON array of texts or of objects
   */
  public List<TokenRow> read(Path file) {
    ConversationEncoder encoder =
        new ConversationEncoder(base.tokenizer(), base.textFormat().template(), LONGEST);
    List<TokenRow> rows = new ArrayList<>();
    for (JsonNode row : JsonRows.read(file)) {
      if (row.isTextual()) {
        rows.add(TokenRow.text(base.tokenizer().encode(row.textValue(), LONGEST)));
      } else {
        EncodedConversation encoded = encoder.encode(ConversationReader.read(row, file.toString()));
        if (encoded.scored() > 0) {
          rows.add(encoded.row());
        }
      }
    }
    return rows;
  }

  /** Trains on the first {@code train} rows, measures the others before and after. */
  public Result measure(List<TokenRow> rows, int train, double learningRate) {
    Check.that(
        train > 0 && train < rows.size(),
        ErrorCode.USAGE,
        "%d rows to train on of %d; expected at least one, and one left to measure",
        train,
        rows.size());
    List<TokenBatch> all = packed(rows);
    List<TokenBatch> test = packed(rows.subList(train, rows.size()));
    LoraAdapter adapter = LoraAdapter.initialise(base, LORA, Optional.empty(), SEED);
    try (LlamaPass pass = new LlamaPass(engine, base, adapter, PassOptions.DEFAULT)) {
      Foresight whole = TextMetrics.foresight(pass, all);
      Foresight before = TextMetrics.foresight(pass, test);
      List<TokenBatch> batches = packed(rows.subList(0, train));
      AdapterNetwork network =
          new AdapterNetwork(pass, config(learningRate), batches.size(), adapter.values());
      for (int i = 0; i < batches.size(); i++) {
        network.step(batches.get(i), i);
      }
      pass.setParameters(network.parameters());
      Foresight after = TextMetrics.foresight(pass, test);
      double waste = new SequencePacker(tokensPerBatch, SEED).waste(all);
      return new Result(rows.size(), whole, before, after, waste, all.size());
    }
  }

  private List<TokenBatch> packed(List<TokenRow> rows) {
    return new SequencePacker(tokensPerBatch, SEED).epoch(rows, 0);
  }

  private static TrainingConfig config(double learningRate) {
    return new TrainingConfig(
        1,
        1,
        learningRate,
        1,
        0.05,
        TrainingConfig.Decay.COSINE,
        0,
        1,
        0,
        0,
        0.9,
        0.999,
        1e-8,
        new TrainingConfig.EarlyStopping(0, 0),
        0);
  }
}
