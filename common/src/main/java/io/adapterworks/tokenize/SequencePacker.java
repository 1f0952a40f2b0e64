package io.adapterworks.tokenize;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Packs rows of different lengths into batches of about equally many tokens: each row goes where it
 * leaves least room, longest rows first (best fit decreasing; Johnson 1973). A row's tokens see
 * only their own row: a batch keeps its sequences and their positions apart.
 *
 * @param capacity the most tokens of a batch
 * @param seed decides the order of batches, and of rows of one length, in each epoch
 */
public record SequencePacker(int capacity, long seed) implements Batching {
  public SequencePacker {
    Check.positive("tokensPerBatch", capacity);
  }

  /** All rows once; the same rows, seed and epoch give the same batches. */
  @Override
  public List<TokenBatch> epoch(List<TokenRow> rows, int epoch) {
    SplittableRandom random = new SplittableRandom(new SplittableRandom(seed).nextLong() + epoch);
    List<TokenRow> shuffled = shuffled(rows, random);
    shuffled.sort(Comparator.comparingInt(TokenRow::length).reversed());
    TreeMap<Integer, List<List<TokenRow>>> byRoom = new TreeMap<>();
    List<List<TokenRow>> batches = new ArrayList<>();
    for (TokenRow row : shuffled) {
      Check.that(
          row.length() <= capacity,
          ErrorCode.INPUT,
          "a row of %d tokens does not fit a batch of %d; truncate it or raise the batch's tokens",
          row.length(),
          capacity);
      place(row, byRoom, batches);
    }
    return shuffled(batches, random).stream().map(TokenBatch::of).toList();
  }

  @Override
  public List<TokenBatch> inOrder(List<TokenRow> rows) {
    List<TokenBatch> batches = new ArrayList<>();
    List<TokenRow> open = new ArrayList<>();
    int tokens = 0;
    for (TokenRow row : rows) {
      if (!open.isEmpty() && tokens + row.length() > capacity) {
        batches.add(TokenBatch.of(open));
        open.clear();
        tokens = 0;
      }
      open.add(row);
      tokens += row.length();
    }
    if (!open.isEmpty()) {
      batches.add(TokenBatch.of(open));
    }
    return batches;
  }

  @Override
  public long mostTokens(List<TokenRow> rows) {
    return Math.min(capacity, rows.stream().mapToLong(TokenRow::length).sum());
  }

  private void place(
      TokenRow row, TreeMap<Integer, List<List<TokenRow>>> byRoom, List<List<TokenRow>> batches) {
    Integer room = byRoom.ceilingKey(row.length());
    List<TokenRow> batch;
    if (room == null) {
      batch = new ArrayList<>();
      batches.add(batch);
      room = capacity;
    } else {
      List<List<TokenRow>> open = byRoom.get(room);
      batch = open.remove(open.size() - 1);
      if (open.isEmpty()) {
        byRoom.remove(room);
      }
    }
    batch.add(row);
    byRoom.computeIfAbsent(room - row.length(), key -> new ArrayList<>()).add(batch);
  }

  /** The share of positions that hold no token. */
  public double waste(List<TokenBatch> batches) {
    double tokens = batches.stream().mapToInt(TokenBatch::tokens).sum();
    return 1 - tokens / ((double) capacity * batches.size());
  }

  private static <T> List<T> shuffled(List<T> items, SplittableRandom random) {
    List<T> shuffled = new ArrayList<>(items);
    for (int i = shuffled.size() - 1; i > 0; i--) {
      Collections.swap(shuffled, i, random.nextInt(i + 1));
    }
    return shuffled;
  }
}
