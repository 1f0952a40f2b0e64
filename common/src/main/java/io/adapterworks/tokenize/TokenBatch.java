package io.adapterworks.tokenize;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Sequences laid end to end without padding: N tokens in all, sequence s at {@code [starts[s],
 * starts[s + 1])}. Immutable; the arrays that come out are copies.
 */
public final class TokenBatch implements Serializable {
  private static final long serialVersionUID = 1L;

  /** A label that is not scored, as in PyTorch. */
  public static final int IGNORED = -100;

  private final int[] ids;
  private final int[] positions;
  private final int[] starts;
  private final int[] labels;
  private final LabelScope scope;
  private final Origin origin;
  private final Span idSpan;
  private final Span labelSpan;

  /** Where the first token and the first sequence lie in the batch that this is a part of. */
  private record Origin(int token, int sequence) implements Serializable {
    static final Origin WHOLE = new Origin(0, 0);
  }

  private TokenBatch(
      int[] ids, int[] positions, int[] starts, int[] labels, LabelScope scope, Origin origin) {
    this.origin = origin;
    this.ids = ids;
    this.positions = positions;
    this.starts = starts;
    this.labels = labels;
    this.scope = scope;
    this.idSpan = Span.of(ids, Integer.MIN_VALUE);
    this.labelSpan = Span.of(labels, IGNORED);
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
    return new TokenBatch(ids, positions, starts, labels, scope, Origin.WHOLE);
  }

  /** Every sequence twice, one after the other: sequences 2s and 2s + 1 are sequence s. */
  public TokenBatch twice() {
    int[] order = IntStream.range(0, 2 * sequences()).map(i -> i / 2).toArray();
    return gathered(order, new Origin(2 * origin.token, 2 * origin.sequence));
  }

  /**
   * The sequences from {@code from} to before {@code to}, which remember where they lay.
   *
   * @param from at least 0
   * @param to at most S, more than {@code from}
   */
  public TokenBatch part(int from, int to) {
    Check.that(
        0 <= from && from < to && to <= sequences(),
        ErrorCode.INPUT,
        "sequences %d to %d of a batch of %d; expected at least one of them",
        from,
        to,
        sequences());
    return gathered(
        IntStream.range(from, to).toArray(),
        new Origin(origin.token + starts[from], origin.sequence + from));
  }

  /** The same sequences, said to begin at these places of a batch that they are a part of. */
  public TokenBatch at(int token, int sequence) {
    return new TokenBatch(ids, positions, starts, labels, scope, new Origin(token, sequence));
  }

  private TokenBatch gathered(int[] order, Origin place) {
    int[] newStarts = new int[order.length + 1];
    for (int i = 0; i < order.length; i++) {
      newStarts[i + 1] = newStarts[i] + starts[order[i] + 1] - starts[order[i]];
    }
    int tokens = newStarts[order.length];
    int[] newIds = new int[tokens];
    int[] newPositions = new int[tokens];
    int[] newLabels = new int[labelsOf(tokens, order.length)];
    for (int i = 0; i < order.length; i++) {
      int from = starts[order[i]];
      int length = newStarts[i + 1] - newStarts[i];
      System.arraycopy(ids, from, newIds, newStarts[i], length);
      System.arraycopy(positions, from, newPositions, newStarts[i], length);
      if (scope == LabelScope.TOKEN) {
        System.arraycopy(labels, from, newLabels, newStarts[i], length);
      } else if (scope == LabelScope.SEQUENCE) {
        newLabels[i] = labels[order[i]];
      }
    }
    return new TokenBatch(newIds, newPositions, newStarts, newLabels, scope, place);
  }

  private int labelsOf(int tokens, int sequences) {
    return switch (scope) {
      case NONE -> 0;
      case SEQUENCE -> sequences;
      case TOKEN -> tokens;
    };
  }

  /** The place of the first token in the batch that this is a part of; 0 for a whole batch. */
  public int firstToken() {
    return origin.token;
  }

  /** The place of the first sequence in the batch that this is a part of; 0 for a whole batch. */
  public int firstSequence() {
    return origin.sequence;
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
    return labelSpan.count();
  }

  /** A token id that is not one of a vocabulary of so many. */
  public OptionalInt idOutside(int vocabulary) {
    return idSpan.outside(vocabulary);
  }

  /** A scored label that is not one of so many. */
  public OptionalInt labelOutside(int labels) {
    return labelSpan.outside(labels);
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
