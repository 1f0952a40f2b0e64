package io.adapterworks.tokenize;

import java.util.List;

/** How rows become batches. */
public interface Batching {
  /**
   * All rows once in an order of its own for each epoch: the same rows and epoch give the same
   * batches, and every epoch has as many.
   *
   * @param epoch from 0
   */
  List<TokenBatch> epoch(List<TokenRow> rows, int epoch);

  /** All rows in the order given, for evaluation. */
  List<TokenBatch> inOrder(List<TokenRow> rows);

  /** Tokens that no batch of these rows exceeds, in any epoch. */
  long mostTokens(List<TokenRow> rows);
}
