package io.adapterworks.pipeline;

import io.adapterworks.evaluate.LabelledText;
import java.util.List;
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
}
