package io.adapterworks.evaluate;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What a classifier said about labelled rows. Rows whose label the classifier does not know are
 * kept apart and counted by label: it can only be wrong about them. Immutable.
 */
public final class Outcomes {
  private final List<String> labels;
  private final List<Outcome> all;
  private final List<Outcome> known;
  private final SortedMap<String, Integer> unknownLabels;

  private Outcomes(List<String> labels, List<Outcome> all) {
    this.labels = List.copyOf(labels);
    this.all = List.copyOf(all);
    this.known = all.stream().filter(Outcome::known).toList();
    SortedMap<String, Integer> unknown = new TreeMap<>();
    all.stream()
        .filter(outcome -> !outcome.known())
        .forEach(outcome -> unknown.merge(outcome.row().label(), 1, Integer::sum));
    this.unknownLabels = Collections.unmodifiableSortedMap(unknown);
  }

  /**
   * Asks {@code classifier} about every row.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT if no row has a label it knows
   */
  public static Outcomes of(Classifier classifier, List<LabelledText> rows) {
    List<String> labels = classifier.labels();
    Map<String, Integer> index = new HashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      index.put(labels.get(i), i);
    }
    Check.that(
        rows.stream().anyMatch(row -> index.containsKey(row.label())),
        ErrorCode.INPUT,
        "none of the %d rows has a label that the model knows; the rows have %s, the model %s;"
            + " check which column holds the label",
        rows.size(),
        shortened(rows.stream().map(LabelledText::label).distinct().sorted().toList()),
        shortened(labels));
    List<Prediction> predictions =
        classifier.predict(rows.stream().map(LabelledText::text).toList());
    if (predictions.size() != rows.size()) {
      throw new IllegalStateException(predictions.size() + " predictions for " + rows.size());
    }
    List<Outcome> outcomes =
        IntStream.range(0, rows.size())
            .mapToObj(
                i ->
                    new Outcome(
                        rows.get(i),
                        index.getOrDefault(rows.get(i).label(), Outcome.UNKNOWN),
                        predictions.get(i)))
            .toList();
    return new Outcomes(labels, outcomes);
  }

  /** The classifier's labels in order. */
  public List<String> labels() {
    return labels;
  }

  /** Every row in the order given. */
  public List<Outcome> all() {
    return all;
  }

  /** The rows whose label the classifier knows, in the order given: what metrics are about. */
  public List<Outcome> known() {
    return known;
  }

  /** How many rows carried each label that the classifier does not know. */
  public SortedMap<String, Integer> unknownLabels() {
    return unknownLabels;
  }

  /** How many rows carried a label that the classifier does not know. */
  public int unknownCount() {
    return all.size() - known.size();
  }

  /** The label that was predicted for {@code outcome}. */
  public String predictedLabel(Outcome outcome) {
    return labels.get(outcome.prediction().labelIndex());
  }

  /** At most {@code limit} wrong rows with a known label, the most confident first. */
  public List<Outcome> mostConfidentMistakes(int limit) {
    return known.stream()
        .filter(outcome -> !outcome.correct())
        .sorted(
            Comparator.comparingDouble((Outcome outcome) -> -outcome.prediction().confidence())
                .thenComparing(outcome -> outcome.row().text()))
        .limit(limit)
        .toList();
  }

  /** The first few of {@code names} and how many more there are. */
  static String shortened(Collection<String> names) {
    int shown = Math.min(5, names.size());
    String first = String.join(", ", names.stream().limit(shown).toList());
    return names.size() > shown ? first + " and " + (names.size() - shown) + " more" : first;
  }
}
