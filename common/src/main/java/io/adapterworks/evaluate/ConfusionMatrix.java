package io.adapterworks.evaluate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** How often each label was predicted as each other. Immutable. */
public final class ConfusionMatrix {
  private final List<String> labels;
  private final int[][] counts;

  private ConfusionMatrix(List<String> labels, int[][] counts) {
    this.labels = labels;
    this.counts = counts;
  }

  /** A pair of labels that were mixed up, and how often. */
  public record Confusion(String truth, String predicted, int count, int support) {}

  public static ConfusionMatrix of(Outcomes outcomes) {
    int size = outcomes.labels().size();
    int[][] counts = new int[size][size];
    for (Outcome row : outcomes.known()) {
      counts[row.truth()][row.prediction().labelIndex()]++;
    }
    return new ConfusionMatrix(outcomes.labels(), counts);
  }

  public List<String> labels() {
    return labels;
  }

  /** Rows of label {@code truth} that were predicted as {@code predicted}. */
  public int count(int truth, int predicted) {
    return counts[truth][predicted];
  }

  /** Rows of label {@code truth}. */
  public int support(int truth) {
    int sum = 0;
    for (int count : counts[truth]) {
      sum += count;
    }
    return sum;
  }

  /** Precision, recall and F1 of each label, in order. */
  public List<ClassScores> perClass() {
    int[] predicted = new int[labels.size()];
    for (int[] row : counts) {
      for (int j = 0; j < row.length; j++) {
        predicted[j] += row[j];
      }
    }
    List<ClassScores> scores = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      scores.add(new ClassScores(labels.get(i), counts[i][i], predicted[i], support(i)));
    }
    return List.copyOf(scores);
  }

  /** At most {@code limit} confusions, the most frequent first, then in label order. */
  public List<Confusion> topConfusions(int limit) {
    List<Confusion> all = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      int support = support(i);
      for (int j = 0; j < labels.size(); j++) {
        if (i != j && counts[i][j] > 0) {
          all.add(new Confusion(labels.get(i), labels.get(j), counts[i][j], support));
        }
      }
    }
    all.sort(Comparator.comparingInt(Confusion::count).reversed());
    return List.copyOf(all.subList(0, Math.min(limit, all.size())));
  }
}
