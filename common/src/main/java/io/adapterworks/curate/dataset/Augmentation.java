package io.adapterworks.curate.dataset;

import io.adapterworks.curate.dataset.WordEdits.Operation;
import io.adapterworks.curate.duplicate.Signature;
import io.adapterworks.curate.duplicate.TextKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Varied copies of training rows, for the labels that have fewest rows. No row whose label is in
 * doubt is varied, none twice, and no copy says what another row, or one that is held out, says.
 */
final class Augmentation {
  private final AugmentationConfig config;
  private final Decontamination decontamination;
  private final Set<String> underReview;
  private final WordEdits edits;

  /** A varied copy of {@code parent}. */
  record Variant(Example parent, Operation operation, String text) {
    String id() {
      return parent.id() + "-" + operation.spelled();
    }

    /** The copy as a row of its own; it has no embedding. */
    Example example() {
      return new Example(id(), text, parent.label(), 1, new float[0], null);
    }
  }

  /**
   * @param decontamination finds copies that give away a held-out row
   * @param underReview ids of rows whose label waits for a person
   */
  Augmentation(
      AugmentationConfig config, Decontamination decontamination, Set<String> underReview) {
    this.config = config;
    this.decontamination = decontamination;
    this.underReview = Set.copyOf(underReview);
    this.edits = new WordEdits(config.edits());
  }

  /** The same copies for the same rows, in the order of their ids. */
  List<Variant> of(List<Example> training) {
    Set<String> texts =
        training.stream()
            .map(row -> TextKey.of(row.text(), null))
            .collect(Collectors.toCollection(HashSet::new));
    Map<String, List<Example>> parents = parents(training);
    Map<String, List<String>> words = new HashMap<>();
    parents.forEach(
        (label, rows) ->
            words.put(
                label,
                rows.stream().flatMap(row -> WordEdits.insertable(row.text()).stream()).toList()));
    Map<String, Integer> sizes = new TreeMap<>();
    training.stream()
        .filter(row -> row.label() != null)
        .forEach(row -> sizes.merge(row.label(), 1, Integer::sum));
    List<Variant> variants = new ArrayList<>();
    int wanted = (int) (config.share() / (1 - config.share()) * training.size());
    while (variants.size() < wanted && !parents.isEmpty()) {
      String label = parents.keySet().stream().min(Comparator.comparing(sizes::get)).orElseThrow();
      List<Example> rows = parents.get(label);
      Example parent = rows.remove(rows.size() - 1);
      if (rows.isEmpty()) {
        parents.remove(label);
      }
      variant(parent, words.get(label), variants.size())
          .filter(variant -> texts.add(TextKey.of(variant.text(), null)))
          .ifPresent(
              variant -> {
                variants.add(variant);
                sizes.merge(label, 1, Integer::sum);
              });
    }
    variants.sort(Comparator.comparing(Variant::id));
    return variants;
  }

  /** Rows that may be varied, by label, in an order that depends on their ids alone. */
  private Map<String, List<Example>> parents(List<Example> training) {
    return training.stream()
        .filter(row -> row.isTrusted() && row.label() != null && !underReview.contains(row.id()))
        .sorted(Comparator.comparingLong(row -> Signature.node(row.id())))
        .collect(
            Collectors.groupingBy(
                Example::label, TreeMap::new, Collectors.toCollection(ArrayList::new)));
  }

  private Optional<Variant> variant(Example parent, List<String> words, int number) {
    List<Operation> operations = List.of(Operation.values());
    Operation operation = operations.get(number % operations.size());
    return edits
        .apply(operation, parent.text(), words, new SplittableRandom(Signature.node(parent.id())))
        .map(text -> new Variant(parent, operation, text))
        .filter(variant -> decontamination.find(List.of(variant.example())).isEmpty());
  }
}
