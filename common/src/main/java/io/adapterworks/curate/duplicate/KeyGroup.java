package io.adapterworks.curate.duplicate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * Keys that share a band: candidates for each other. The links of a group are enough to connect
 * what its similar pairs connect. They are found from key to key: each key is compared with those
 * that no key is linked with so far, so that n copies of one text cost about n comparisons. Where a
 * large group turns out to hold many keys that are not alike, as when thousands of messages begin
 * with the same phrases, what is left is searched by {@link PrefixIndex}.
 */
final class KeyGroup {
  /** Comparisons for each key that a group may cost before the rest of it goes to the index. */
  private static final int COMPARISONS_A_KEY = 64;

  private final double threshold;
  private final List<Long> nodes = new ArrayList<>();
  private final List<int[]> shingles = new ArrayList<>();
  private final List<Boolean> fresh = new ArrayList<>();

  KeyGroup(double threshold) {
    this.threshold = threshold;
  }

  void add(long node, int[] keyShingles, boolean isFresh) {
    nodes.add(node);
    shingles.add(keyShingles);
    fresh.add(isFresh);
  }

  /** Pairs at or above the threshold that connect what can be connected. */
  List<Row> links() {
    List<Row> links = new ArrayList<>();
    int[] alone = new int[nodes.size()];
    for (int i = 0; i < alone.length; i++) {
      alone[i] = i;
    }
    int left = alone.length;
    long budget = (long) COMPARISONS_A_KEY * alone.length;
    ArrayDeque<Integer> reached = new ArrayDeque<>();
    while (left > 0 || !reached.isEmpty()) {
      if (budget < 0) {
        searchRest(reached, alone, left, links);
        return links;
      }
      int from = reached.isEmpty() ? alone[--left] : reached.pop();
      budget -= left;
      int stay = 0;
      for (int k = 0; k < left; k++) {
        int to = alone[k];
        if (isLink(from, to)) {
          links.add(link(from, to));
          reached.push(to);
        } else {
          alone[stay++] = to;
        }
      }
      left = stay;
    }
    return links;
  }

  /** Keys that were reached but not gone on from, and keys that nothing has reached. */
  private void searchRest(ArrayDeque<Integer> reached, int[] alone, int left, List<Row> links) {
    List<Integer> rest = new ArrayList<>(reached);
    for (int k = 0; k < left; k++) {
      rest.add(alone[k]);
    }
    PrefixIndex index = new PrefixIndex(rest.stream().map(shingles::get).toList(), threshold);
    index.search(
        (a, b) -> {
          boolean link = isLink(rest.get(a), rest.get(b));
          if (link) {
            links.add(link(rest.get(a), rest.get(b)));
          }
          return link;
        });
  }

  private boolean isLink(int i, int j) {
    return (fresh.get(i) || fresh.get(j))
        && mayReach(shingles.get(i).length, shingles.get(j).length)
        && Signature.jaccard(shingles.get(i), shingles.get(j)) >= threshold;
  }

  /** Jaccard is at most the smaller size over the larger. */
  private boolean mayReach(int left, int right) {
    return Math.min(left, right) >= threshold * Math.max(left, right);
  }

  private Row link(int i, int j) {
    long a = nodes.get(i);
    long b = nodes.get(j);
    return RowFactory.create(Math.min(a, b), Math.max(a, b));
  }
}
