package io.adapterworks.tokenize;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.Serializable;
import java.util.Arrays;

/**
 * One row of a batch: its token ids and what it should teach. Immutable.
 *
 * <p>The labels are one for the whole sequence, or one for each token (the token that should follow
 * it, or {@code -100} where nothing is scored).
 */
public final class TokenRow implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int[] ids;
  private final int[] labels;
  private final LabelScope scope;

  private TokenRow(int[] ids, int[] labels, LabelScope scope) {
    Check.that(ids.length > 0, ErrorCode.INPUT, "a row has no tokens; expected at least one");
    this.ids = ids.clone();
    this.labels = labels.clone();
    this.scope = scope;
  }

  /** A row without labels, for prediction. */
  public static TokenRow unlabelled(int[] ids) {
    return new TokenRow(ids, new int[0], LabelScope.NONE);
  }

  /** A row with one label, for classification. */
  public static TokenRow classified(int[] ids, int label) {
    return new TokenRow(ids, new int[] {label}, LabelScope.SEQUENCE);
  }

  /** A row with one label for each token, for language modelling. */
  public static TokenRow scored(int[] ids, int[] labels) {
    Check.that(
        ids.length == labels.length,
        ErrorCode.INPUT,
        "a row has %d tokens but %d labels; expected one label for each token",
        ids.length,
        labels.length);
    return new TokenRow(ids, labels, LabelScope.TOKEN);
  }

  /** A text for language modelling: every token is scored but the first. */
  public static TokenRow text(int[] ids) {
    int[] labels = new int[ids.length];
    Arrays.setAll(labels, i -> i + 1 < ids.length ? ids[i + 1] : TokenBatch.IGNORED);
    return scored(ids, labels);
  }

  public int[] ids() {
    return ids.clone();
  }

  public int[] labels() {
    return labels.clone();
  }

  public LabelScope scope() {
    return scope;
  }

  /** The number of tokens. */
  public int length() {
    return ids.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenRow row
        && scope == row.scope
        && Arrays.equals(ids, row.ids)
        && Arrays.equals(labels, row.labels);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(ids) + Arrays.hashCode(labels);
  }

  @Override
  public String toString() {
    return "TokenRow" + Arrays.toString(ids) + " " + scope + Arrays.toString(labels);
  }
}
