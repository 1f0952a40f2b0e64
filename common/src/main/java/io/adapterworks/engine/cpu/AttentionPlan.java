package io.adapterworks.engine.cpu;

import io.adapterworks.engine.Segments;
import java.util.ArrayList;
import java.util.List;

/**
 * How the sequences of a batch are laid into blocks of equal length, so that one batched product
 * serves all blocks and heads. Consecutive short sequences share a block, behind a mask; a long one
 * has a block to itself.
 */
final class AttentionPlan {
  /** Sequences up to this length share blocks. */
  private static final int SHORT = 64;

  private static final int SHORTEST_BLOCK = 32;

  /** A run of consecutive sequences in one block. */
  record Block(int firstSegment, int lastSegment, int start, int tokens) {}

  /** Blocks that are computed together. */
  record Group(List<Block> blocks, int length) {}

  private final List<Group> groups = new ArrayList<>();

  /** Which blocks are computed together. */
  enum Grouping {
    /** All that are equally long. */
    ALL,
    /**
     * Each by itself: where query heads share keys, oneDNN 3.11 multiplies several blocks at once
     * wrongly.
     */
    SINGLE
  }

  AttentionPlan(Segments segments, Grouping grouping) {
    int shortLength = SHORTEST_BLOCK;
    for (int s = 0; s < segments.count(); s++) {
      if (segments.length(s) <= SHORT) {
        shortLength = Math.max(shortLength, rounded(segments.length(s)));
      }
    }
    List<Block> shorts = new ArrayList<>();
    int s = 0;
    while (s < segments.count()) {
      int last = s;
      int start = segments.start(s);
      if (segments.length(s) > SHORT) {
        Block alone = new Block(s, s, start, segments.length(s));
        groups.add(new Group(List.of(alone), rounded(alone.tokens())));
      } else {
        while (last + 1 < segments.count() && segments.start(last + 2) - start <= shortLength) {
          last++;
        }
        shorts.add(new Block(s, last, start, segments.start(last + 1) - start));
      }
      s = last + 1;
    }
    if (grouping == Grouping.SINGLE) {
      for (Block block : shorts) {
        groups.add(new Group(List.of(block), shortLength));
      }
    } else if (!shorts.isEmpty()) {
      groups.add(new Group(List.copyOf(shorts), shortLength));
    }
  }

  List<Group> groups() {
    return groups;
  }

  private static int rounded(int length) {
    return (int) CpuStorage.rounded(length);
  }
}
