package io.adapterworks.pipeline;

import io.adapterworks.evaluate.LabelledText;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Labelled texts by what they are for. */
public record LabelledSplits(
    List<LabelledText> training, List<LabelledText> validation, List<LabelledText> test) {
  public LabelledSplits {
    training = List.copyOf(training);
    validation = List.copyOf(validation);
    test = List.copyOf(test);
  }

  /** The labels of the training split, in alphabetical order: the rows of the head. */
  public List<String> labels() {
    return List.copyOf(
        training.stream().map(LabelledText::label).collect(Collectors.toCollection(TreeSet::new)));
  }

  /** How many validation rows have each label that no training row has: a head has none for it. */
  Map<String, Long> unknownInValidation() {
    Set<String> known = Set.copyOf(labels());
    return validation.stream()
        .map(LabelledText::label)
        .filter(label -> !known.contains(label))
        .collect(Collectors.groupingBy(label -> label, TreeMap::new, Collectors.counting()));
  }

  /** Without the validation rows of labels that no training row has. */
  LabelledSplits withKnownValidation() {
    Set<String> known = Set.copyOf(labels());
    return new LabelledSplits(
        training, validation.stream().filter(text -> known.contains(text.label())).toList(), test);
  }
}
