package io.adapterworks.cluster;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A sum of vectors whose bytes do not depend on the order in which they arrive. Float addition is
 * not associative, and Spark's {@code treeAggregate} joins partial results as tasks end; so terms
 * are numbered and only neighbours in one binary tree over the numbers are ever added. A partial
 * result keeps at most one vector for each power of two of a contiguous range.
 */
final class OrderedSum implements Serializable {
  private static final long serialVersionUID = 1L;

  private final List<Block> blocks = new ArrayList<>();

  /** The sum of the terms from {@code first} on, {@code terms} of them, a power of two. */
  private record Block(int first, int terms, ShareResult sum) implements Serializable {
    boolean isLeft() {
      return first / terms % 2 == 0;
    }
  }

  /** Adds a term; changes and returns this. */
  OrderedSum add(int number, ShareResult term) {
    blocks.add(new Block(number, 1, term));
    join();
    return this;
  }

  /** Adds all terms of another; changes and returns this. */
  OrderedSum add(OrderedSum other) {
    blocks.addAll(other.blocks);
    join();
    return this;
  }

  private void join() {
    blocks.sort(Comparator.comparingInt(Block::first));
    int i = 0;
    while (i + 1 < blocks.size()) {
      Block left = blocks.get(i);
      Block right = blocks.get(i + 1);
      if (left.terms == right.terms && left.isLeft() && right.first == left.first + left.terms) {
        blocks.set(i, new Block(left.first, 2 * left.terms, left.sum.plus(right.sum)));
        blocks.remove(i + 1);
        i = Math.max(0, i - 1);
      } else {
        i++;
      }
    }
  }

  /**
   * The sum of all terms.
   *
   * @param terms how many there must be
   */
  ShareResult total(int terms) {
    ShareResult total = null;
    int next = 0;
    for (Block block : blocks) {
      Check.that(
          block.first == next,
          ErrorCode.NUMERIC,
          "the round's share %d is missing or came twice",
          Math.min(block.first, next));
      next = block.first + block.terms;
      total = total == null ? block.sum : total.plus(block.sum);
    }
    Check.that(next == terms, ErrorCode.NUMERIC, "%d shares came back of %d", next, terms);
    return total;
  }
}
