package io.adapterworks.pass.export;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Compares decoders by their logits on a few random sequences, always the same. */
final class LogitProbe {
  private static final int ROWS = 4;
  private static final int TOKENS = 24;
  private static final long SEED = 20261123;

  private final Engine engine;
  private final TokenBatch batch;

  /** A probe for models like this one. */
  LogitProbe(Engine engine, BaseModel base) {
    this.engine = engine;
    SplittableRandom random = new SplittableRandom(SEED);
    int length = Math.min(TOKENS, base.config().maxPositions());
    int vocabulary = base.config().vocabulary();
    this.batch =
        TokenBatch.of(
            Stream.generate(() -> random.ints(length, 0, vocabulary).toArray())
                .limit(ROWS)
                .map(TokenRow::unlabelled)
                .toList());
  }

  /** (N, V): the logits after every token of the probe. */
  float[] logits(BaseModel base, LoraAdapter adapter) {
    try (LlamaPass pass = new LlamaPass(engine, base, adapter, PassOptions.DEFAULT)) {
      return pass.logits(batch);
    }
  }

  /** The largest difference of a logit, relative to the largest logit (at least 1). */
  static double largestDifference(float[] expected, float[] actual) {
    double largest = 1;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      double between = Math.abs((double) expected[i] - actual[i]);
      difference = Double.isNaN(between) ? between : Math.max(difference, between);
    }
    return difference / largest;
  }

  /** Fails unless the logits agree; returns how far apart they are. */
  static double require(String what, float[] expected, float[] actual, double allowed) {
    double difference = largestDifference(expected, actual);
    Check.that(
        difference <= allowed,
        ErrorCode.NUMERIC,
        "%s",
        String.format(
            Locale.ROOT,
            "%s gives logits that differ by %.2g of the largest, more than %.2g; it was not saved",
            what,
            difference,
            allowed));
    return difference;
  }
}
