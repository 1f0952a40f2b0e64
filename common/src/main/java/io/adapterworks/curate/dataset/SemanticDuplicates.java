package io.adapterworks.curate.dataset;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Finds rows of one label whose embeddings are nearly the same. A row goes where a row that stays
 * is that close to it: chains of neighbours do not pull distant rows together. Rows are compared
 * within their two nearest cells, so that a border between cells parts few pairs.
 */
final class SemanticDuplicates {
  static final String RULE = "semantic-duplicate";

  private final double threshold;
  private final Cells cells;

  SemanticDuplicates(double threshold, Cells cells) {
    this.threshold = threshold;
    this.cells = cells;
  }

  private record Place(int cell, String label) {}

  List<LeftOut> find(List<Example> examples) {
    Map<Place, List<Example>> kept = new HashMap<>();
    List<LeftOut> dropped = new ArrayList<>();
    for (Example example : examples.stream().sorted(Example.BEST_FIRST).toList()) {
      List<Integer> near = cells.of(example.vector());
      Example nearest = null;
      double best = -1;
      for (int cell : near) {
        for (Example other :
            kept.getOrDefault(new Place(cell, example.label()), List.<Example>of())) {
          double cosine = example.cosine(other);
          if (cosine > best) {
            nearest = other;
            best = cosine;
          }
        }
      }
      if (best >= threshold) {
        dropped.add(duplicate(example, nearest, best));
      } else {
        near.forEach(
            cell ->
                kept.computeIfAbsent(new Place(cell, example.label()), p -> new ArrayList<>())
                    .add(example));
      }
    }
    return dropped;
  }

  private LeftOut duplicate(Example example, Example nearest, double cosine) {
    String reason =
        String.format(Locale.ROOT, "says the same as “%s” (cosine %.3f)", nearest.text(), cosine);
    return new LeftOut(example, RULE, cosine, threshold, reason, nearest.id());
  }
}
