package io.adapterworks.curate.dataset;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.commons.math3.ml.clustering.CentroidCluster;
import org.apache.commons.math3.ml.clustering.Clusterable;
import org.apache.commons.math3.ml.clustering.KMeansPlusPlusClusterer;
import org.apache.commons.math3.ml.distance.EuclideanDistance;
import org.apache.commons.math3.random.JDKRandomGenerator;

/**
 * Picks the rows to train on: as many of each label as there are, up to an equal share, and of each
 * label the rows nearest to the centres of as many clusters as it may have rows, so that they stand
 * for all of it. Rows whose label is in doubt come last. Clusters are found within the cells of the
 * embedding space, which bounds the work.
 */
final class Selection {
  static final String OVER_TARGET = "over-target";
  static final String UNDER_REVIEW = "under-review";

  private static final int ITERATIONS = 10;
  private static final int SEED = 1;

  private final int size;
  private final double reviewThreshold;
  private final Cells cells;

  /**
   * @param reviewThreshold the suspicion from which on a label is in doubt
   */
  Selection(int size, double reviewThreshold, Cells cells) {
    this.size = size;
    this.reviewThreshold = reviewThreshold;
    this.cells = cells;
  }

  /** What was picked, and what was not. */
  record Picked(List<Example> rows, List<LeftOut> leftOut) {}

  Picked pick(List<Example> examples) {
    if (examples.size() <= size) {
      return new Picked(List.copyOf(examples), List.of());
    }
    Map<String, List<Example>> trusted = byLabel(examples, true);
    Map<String, List<Example>> doubtful = byLabel(examples, false);
    Map<String, Integer> quotas = Quotas.even(counts(trusted), size);
    int missing = size - quotas.values().stream().mapToInt(n -> n).sum();
    Map<String, Integer> doubtfulQuotas = Quotas.even(counts(doubtful), Math.max(0, missing));
    List<Example> picked = new ArrayList<>();
    List<LeftOut> leftOut = new ArrayList<>();
    trusted.forEach(
        (label, rows) -> {
          List<Example> of = spread(rows, quotas.get(label));
          picked.addAll(of);
          leftOut.addAll(overTarget(rows, of));
        });
    doubtful.forEach(
        (label, rows) -> {
          List<Example> best = leastDoubtful(rows, doubtfulQuotas.get(label));
          picked.addAll(best);
          rows.stream().filter(row -> !best.contains(row)).map(this::inDoubt).forEach(leftOut::add);
        });
    picked.sort(Comparator.comparing(Example::id));
    return new Picked(picked, leftOut);
  }

  private static Map<String, List<Example>> byLabel(List<Example> examples, boolean trusted) {
    return examples.stream()
        .filter(example -> example.isTrusted() == trusted)
        .sorted(Example.BEST_FIRST)
        .collect(
            Collectors.groupingBy(
                example -> example.label() == null ? "" : example.label(),
                TreeMap::new,
                Collectors.toList()));
  }

  private static <K> Map<K, Integer> counts(Map<K, List<Example>> groups) {
    Map<K, Integer> counts = new HashMap<>();
    groups.forEach((group, rows) -> counts.put(group, rows.size()));
    return counts;
  }

  private static List<Example> leastDoubtful(List<Example> rows, int wanted) {
    return rows.stream()
        .sorted(Comparator.comparingDouble(row -> row.doubt().suspicion()))
        .limit(wanted)
        .toList();
  }

  private List<Example> spread(List<Example> rows, int wanted) {
    Map<Integer, List<Example>> byCell =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    row -> cells.of(row.vector()).get(0), TreeMap::new, Collectors.toList()));
    Map<Integer, Integer> quotas = Quotas.proportional(counts(byCell), wanted);
    List<Example> picked = new ArrayList<>();
    byCell.forEach((cell, of) -> picked.addAll(nearestToCentres(of, quotas.get(cell))));
    return picked;
  }

  private static List<Example> nearestToCentres(List<Example> rows, int wanted) {
    if (wanted >= rows.size()) {
      return rows;
    }
    if (wanted == 0) {
      return List.of();
    }
    var clusterer =
        new KMeansPlusPlusClusterer<Point>(
            wanted, ITERATIONS, new EuclideanDistance(), new JDKRandomGenerator(SEED));
    List<Example> picked = new ArrayList<>();
    for (CentroidCluster<Point> cluster :
        clusterer.cluster(rows.stream().map(Point::of).toList())) {
      double[] centre = cluster.getCenter().getPoint();
      cluster.getPoints().stream()
          .min(Comparator.comparingDouble(point -> point.distance(centre)))
          .ifPresent(point -> picked.add(point.example()));
    }
    rows.stream()
        .filter(row -> !picked.contains(row))
        .limit(wanted - picked.size())
        .forEach(picked::add);
    return List.copyOf(picked);
  }

  @SuppressWarnings("ArrayRecordComponent") // handed to the clusterer, never compared
  private record Point(Example example, double[] values) implements Clusterable {
    static Point of(Example example) {
      double[] values = new double[example.vector().length];
      for (int i = 0; i < values.length; i++) {
        values[i] = example.vector()[i];
      }
      return new Point(example, values);
    }

    @Override
    public double[] getPoint() {
      return values;
    }

    double distance(double[] centre) {
      double sum = 0;
      for (int i = 0; i < centre.length; i++) {
        sum += (values[i] - centre[i]) * (values[i] - centre[i]);
      }
      return sum;
    }
  }

  private static List<LeftOut> overTarget(List<Example> rows, List<Example> picked) {
    List<LeftOut> leftOut = new ArrayList<>();
    for (Example row : rows) {
      if (!picked.contains(row)) {
        Example nearest = picked.stream().max(Comparator.comparingDouble(row::cosine)).orElse(null);
        String reason =
            String.format(
                Locale.ROOT,
                "%d rows were wanted of %d%s",
                picked.size(),
                rows.size(),
                nearest == null ? "" : "; nearest that was picked: “" + nearest.text() + "”");
        leftOut.add(
            new LeftOut(
                row,
                OVER_TARGET,
                rows.size(),
                picked.size(),
                reason,
                nearest == null ? null : nearest.id()));
      }
    }
    return leftOut;
  }

  private LeftOut inDoubt(Example row) {
    String reason = "its label may rather be " + row.doubt().suggested() + "; decide with review";
    return new LeftOut(row, UNDER_REVIEW, row.doubt().suspicion(), reviewThreshold, reason, null);
  }
}
