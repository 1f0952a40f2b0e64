package io.adapterworks.tokenize;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Arrays;
import java.util.List;

/**
 * Sequences laid end to end without padding: N tokens in all, sequence s at {@code [starts[s],
 * starts[s + 1])}. Immutable; the arrays that come out are copies.
 */
public final class TokenBatch {
  /** A label that is not scored, as in PyTorch. */
  public static final int IGNORED = -100;

  private final int[] ids;
  private final int[] positions;
  private final int[] starts;
  private final int[] labels;
  private final LabelScope scope;

  private TokenBatch(int[] ids, int[] positions, int[] starts, int[] labels, LabelScope scope) {
    this.ids = ids;
    this.positions = positions;
    this.starts = starts;
    this.labels = labels;
    this.scope = scope;
  }

  /** The rows in the order given; all of one {@link LabelScope}. */
  public static TokenBatch of(List<TokenRow> rows) {
    Check.that(!rows.isEmpty(), ErrorCode.INPUT, "a batch has no rows; expected at least one");
    LabelScope scope = rows.get(0).scope();
    int tokens = rows.stream().mapToInt(TokenRow::length).sum();
    int[] ids = new int[tokens];
    int[] positions = new int[tokens];
    int[] starts = new int[rows.size() + 1];
    int at = 0;
    for (int s = 0; s < rows.size(); s++) {
      TokenRow row = rows.get(s);
      Check.that(
          row.scope() == scope,
          ErrorCode.INPUT,
          "row %d of a batch has labels for %s, row 0 for %s; expected one kind",
          s,
          row.scope(),
          scope);
      System.arraycopy(row.ids(), 0, ids, at, row.length());
      for (int i = 0; i < row.length(); i++) {
        positions[at + i] = i;
      }
      at += row.length();
      starts[s + 1] = at;
    }
    int[] labels = rows.stream().flatMapToInt(row -> Arrays.stream(row.labels())).toArray();
    return new TokenBatch(ids, positions, starts, labels, scope);
  }

  /** Every sequence again after all of them: sequence s + S is sequence s. */
  public TokenBatch twice() {
    int tokens = ids.length;
    int[] twiceStarts = Arrays.copyOf(starts, 2 * sequences() + 1);
    for (int s = 1; s <= sequences(); s++) {
      twiceStarts[sequences() + s] = tokens + starts[s];
    }
    return new TokenBatch(repeated(ids), repeated(positions), twiceStarts, repeated(labels), scope);
  }

  private static int[] repeated(int[] values) {
    int[] twice = Arrays.copyOf(values, 2 * values.length);
    System.arraycopy(values, 0, twice, values.length, values.length);
    return twice;
  }

  /** The token ids (N). */
  public int[] ids() {
    return ids.clone();
  }

  /** Each token's place in its own sequence (N), from 0. */
  public int[] positions() {
    return positions.clone();
  }

  /** Where each sequence starts (S + 1); the last is N. */
  public int[] starts() {
    return starts.clone();
  }

  /** One label for each sequence (S), one for each token (N), or none, as {@link #scope} says. */
  public int[] labels() {
    return labels.clone();
  }

  public LabelScope scope() {
    return scope;
  }

  /** N. */
  public int tokens() {
    return ids.length;
  }

  /** S. */
  public int sequences() {
    return starts.length - 1;
  }

  /** The number of labels that are scored. */
  public int scored() {
    return (int) Arrays.stream(labels).filter(label -> label != IGNORED).count();
  }

  /** The length of the longest sequence. */
  public int maxLength() {
    int longest = 0;
    for (int s = 0; s < sequences(); s++) {
      longest = Math.max(longest, starts[s + 1] - starts[s]);
    }
    return longest;
  }
}
