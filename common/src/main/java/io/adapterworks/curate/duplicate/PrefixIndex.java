package io.adapterworks.curate.duplicate;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Finds which sets may have a Jaccard similarity of at least a threshold, exactly and without
 * comparing all pairs. With the elements of every set in one order, the rarest first, two such sets
 * share one of their first n - ceil(threshold · n) + 1 elements, n the size of each (Bayardo, Ma
 * and Srikant 2007, "Scaling up all pairs similarity search"). What a thousand messages have in
 * common comes last in that order and makes no candidates.
 */
final class PrefixIndex {
  private final List<int[]> sets;
  private final double threshold;
  private final int[] roots;

  PrefixIndex(List<int[]> sets, double threshold) {
    this.sets = sets;
    this.threshold = threshold;
    this.roots = IntStream.range(0, sets.size()).toArray();
  }

  /** Compares two sets by their places; true where they are similar. */
  interface Comparison {
    boolean areSimilar(int left, int right);
  }

  /** Asks about every candidate pair that is not connected yet through pairs found similar. */
  void search(Comparison comparison) {
    int[][] prefixes = prefixes();
    Map<Integer, Postings> index = new HashMap<>();
    int[] asked = new int[sets.size()];
    Arrays.fill(asked, -1);
    Integer[] order = IntStream.range(0, sets.size()).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingInt(place -> sets.get(place).length));
    for (int place : order) {
      double least = threshold * sets.get(place).length;
      for (int element : prefixes[place]) {
        Postings postings = index.computeIfAbsent(element, any -> new Postings());
        for (int k = 0; k < postings.size; k++) {
          int other = postings.places[k];
          if (asked[other] != place
              && sets.get(other).length >= least
              && root(other) != root(place)) {
            asked[other] = place;
            if (comparison.areSimilar(other, place)) {
              roots[root(place)] = root(other);
            }
          }
        }
        postings.add(place);
      }
    }
  }

  /** The rarest elements of each set, as many as the threshold asks for. */
  private int[][] prefixes() {
    Map<Integer, Integer> counts = new HashMap<>();
    for (int[] set : sets) {
      for (int element : set) {
        counts.merge(element, 1, Integer::sum);
      }
    }
    int[][] prefixes = new int[sets.size()][];
    for (int place = 0; place < prefixes.length; place++) {
      int[] set = sets.get(place);
      // Count above, element below: sorted as a number, the rarest come first.
      long[] ranked = new long[set.length];
      for (int i = 0; i < set.length; i++) {
        ranked[i] = ((long) counts.get(set[i]) << 32) | (set[i] & 0xFFFFFFFFL);
      }
      Arrays.sort(ranked);
      int size = set.length - (int) Math.ceil(threshold * set.length - 1e-9) + 1;
      prefixes[place] = new int[Math.min(size, set.length)];
      for (int i = 0; i < prefixes[place].length; i++) {
        prefixes[place][i] = (int) ranked[i];
      }
    }
    return prefixes;
  }

  private int root(int place) {
    int root = place;
    while (roots[root] != root) {
      roots[root] = roots[roots[root]];
      root = roots[root];
    }
    return root;
  }

  /** A growing list of places. */
  private static final class Postings {
    private int[] places = new int[4];
    private int size;

    void add(int place) {
      if (size == places.length) {
        places = Arrays.copyOf(places, 2 * size);
      }
      places[size++] = place;
    }
  }
}
