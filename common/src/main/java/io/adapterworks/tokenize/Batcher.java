package io.adapterworks.tokenize;

import io.adapterworks.error.Check;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Groups rows into batches. The last batch of an epoch may be smaller.
 *
 * @param rowsPerBatch the rows of a batch
 * @param seed decides the order of rows in each epoch
 */
public record Batcher(int rowsPerBatch, long seed) implements Batching {
  public Batcher {
    Check.positive("batchSize", rowsPerBatch);
  }

  @Override
  public List<TokenBatch> inOrder(List<TokenRow> rows) {
    List<TokenBatch> batches = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += rowsPerBatch) {
      int to = Math.min(from + rowsPerBatch, rows.size());
      batches.add(TokenBatch.of(rows.subList(from, to)));
    }
    return batches;
  }

  /** Of the longest rows. */
  @Override
  public long mostTokens(List<TokenRow> rows) {
    return rows.stream()
        .mapToLong(TokenRow::length)
        .boxed()
        .sorted(Comparator.reverseOrder())
        .limit(rowsPerBatch)
        .mapToLong(Long::longValue)
        .sum();
  }

  /**
   * All rows once, shuffled: the same rows, seed and epoch give the same batches.
   *
   * @param epoch from 0
   */
  @Override
  public List<TokenBatch> epoch(List<TokenRow> rows, int epoch) {
    // Two rounds of splitting keep seeds 1, epoch 2 and seed 2, epoch 1 apart.
    SplittableRandom random = new SplittableRandom(new SplittableRandom(seed).nextLong() + epoch);
    List<TokenRow> shuffled = new ArrayList<>(rows);
    for (int i = shuffled.size() - 1; i > 0; i--) {
      Collections.swap(shuffled, i, random.nextInt(i + 1));
    }
    return inOrder(shuffled);
  }
}
