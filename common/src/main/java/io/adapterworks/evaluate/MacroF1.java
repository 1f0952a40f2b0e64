package io.adapterworks.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** The mean of the F1 of each label, each counting the same however many rows it has. */
public final class MacroF1 {
  private static final int REPLICATES = 1000;
  private static final long SEED = 20170614L;

  private MacroF1() {}

  /** The mean F1 of the labels that occurred; zero where none did. */
  public static double of(List<ClassScores> perClass) {
    return perClass.stream()
        .filter(ClassScores::occurred)
        .mapToDouble(ClassScores::f1)
        .average()
        .orElse(0);
  }

  /**
   * The 2.5th and 97.5th percentiles of macro-F1 over 1,000 resamples of the rows, drawn with a
   * fixed seed so that the same rows give the same interval. Efron and Tibshirani 1993, chapter 13.
   */
  public static Interval bootstrapInterval(Outcomes outcomes) {
    int n = outcomes.known().size();
    int labels = outcomes.labels().size();
    int[] truths = outcomes.known().stream().mapToInt(Outcome::truth).toArray();
    int[] guesses =
        outcomes.known().stream().mapToInt(row -> row.prediction().labelIndex()).toArray();
    SplittableRandom random = new SplittableRandom(SEED);
    double[] replicates = new double[REPLICATES];
    for (int r = 0; r < REPLICATES; r++) {
      int[] hits = new int[labels];
      int[] occurrences = new int[labels];
      for (int i = 0; i < n; i++) {
        int row = random.nextInt(n);
        occurrences[truths[row]]++;
        occurrences[guesses[row]]++;
        if (truths[row] == guesses[row]) {
          hits[truths[row]]++;
        }
      }
      replicates[r] = mean(hits, occurrences);
    }
    Arrays.sort(replicates);
    return new Interval(
        replicates[(int) (0.025 * REPLICATES)], replicates[(int) (0.975 * REPLICATES) - 1]);
  }

  private static double mean(int[] hits, int[] occurrences) {
    double sum = 0;
    int occurred = 0;
    for (int i = 0; i < hits.length; i++) {
      if (occurrences[i] > 0) {
        sum += 2.0 * hits[i] / occurrences[i];
        occurred++;
      }
    }
    return occurred == 0 ? 0 : sum / occurred;
  }
}
