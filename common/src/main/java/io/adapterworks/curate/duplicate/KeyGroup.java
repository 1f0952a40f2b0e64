package io.adapterworks.curate.duplicate;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** Keys that share a band: candidates for each other. */
final class KeyGroup {
  private final List<Long> nodes = new ArrayList<>();
  private final List<int[]> shingles = new ArrayList<>();
  private final List<Boolean> fresh = new ArrayList<>();

  void add(long node, int[] keyShingles, boolean isFresh) {
    nodes.add(node);
    shingles.add(keyShingles);
    fresh.add(isFresh);
  }

  /** Pairs at or above the threshold that connect what can be connected, without detours. */
  List<Row> links(double threshold) {
    int[] roots = new int[nodes.size()];
    for (int i = 0; i < roots.length; i++) {
      roots[i] = i;
    }
    List<Row> links = new ArrayList<>();
    for (int i = 0; i < roots.length; i++) {
      for (int j = i + 1; j < roots.length; j++) {
        boolean comparable = fresh.get(i) || fresh.get(j);
        if (!comparable || root(roots, i) == root(roots, j) || !mayReach(i, j, threshold)) {
          continue;
        }
        if (Signature.jaccard(shingles.get(i), shingles.get(j)) >= threshold) {
          roots[root(roots, j)] = root(roots, i);
          links.add(RowFactory.create(nodes.get(i), nodes.get(j)));
        }
      }
    }
    return links;
  }

  /** Jaccard is at most the smaller size over the larger. */
  private boolean mayReach(int i, int j, double threshold) {
    int left = shingles.get(i).length;
    int right = shingles.get(j).length;
    return Math.min(left, right) >= threshold * Math.max(left, right);
  }

  private static int root(int[] roots, int i) {
    int root = i;
    while (roots[root] != root) {
      roots[root] = roots[roots[root]];
      root = roots[root];
    }
    return root;
  }
}
