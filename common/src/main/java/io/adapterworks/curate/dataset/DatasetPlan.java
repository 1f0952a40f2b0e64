package io.adapterworks.curate.dataset;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Which rows are trained on, which are left out, and how many after each step. */
public final class DatasetPlan {
  private final List<Example> training;
  private final List<LeftOut> leftOut;
  private final Map<String, Map<String, Integer>> droppedByStep;

  private DatasetPlan(
      List<Example> training,
      List<LeftOut> leftOut,
      Map<String, Map<String, Integer>> droppedByStep) {
    this.training = List.copyOf(training);
    this.leftOut = List.copyOf(leftOut);
    this.droppedByStep = droppedByStep;
  }

  /**
   * Runs the steps: semantic duplicates, decontamination, selection.
   *
   * @param examples rows that may be trained on
   * @param heldOut texts that must not be
   */
  public static DatasetPlan of(
      DatasetConfig config, Cells cells, List<Example> examples, List<String> heldOut) {
    List<Example> left = examples;
    List<LeftOut> leftOut = new ArrayList<>();
    Map<String, Map<String, Integer>> dropped = new LinkedHashMap<>();
    if (config.semanticDuplicates().enabled()) {
      List<LeftOut> found =
          new SemanticDuplicates(config.semanticDuplicates().threshold(), cells).find(left);
      left = without(left, found);
      note(dropped, "semantic duplicates", found, leftOut);
    }
    if (config.decontamination().enabled()) {
      List<LeftOut> found = new Decontamination(config.decontamination(), heldOut).find(left);
      left = without(left, found);
      note(dropped, "decontamination", found, leftOut);
    }
    Selection.Picked picked =
        new Selection(config.target().size(), config.labelReview().threshold(), cells).pick(left);
    note(dropped, "selection", picked.leftOut(), leftOut);
    return new DatasetPlan(picked.rows(), leftOut, dropped);
  }

  private static List<Example> without(List<Example> rows, List<LeftOut> dropped) {
    Set<Example> gone = new HashSet<>();
    dropped.forEach(row -> gone.add(row.example()));
    return rows.stream().filter(row -> !gone.contains(row)).toList();
  }

  private static void note(
      Map<String, Map<String, Integer>> dropped,
      String step,
      List<LeftOut> found,
      List<LeftOut> leftOut) {
    Map<String, Integer> rules = new TreeMap<>();
    found.forEach(row -> rules.merge(row.rule(), 1, Integer::sum));
    dropped.put(step, rules);
    leftOut.addAll(found);
  }

  public List<Example> training() {
    return training;
  }

  public List<LeftOut> leftOut() {
    return leftOut;
  }

  /** How many rows each step left out, by rule. */
  public Map<String, Map<String, Integer>> droppedByStep() {
    return droppedByStep;
  }
}
