package io.adapterworks.evaluate;

import java.util.List;

/**
 * How a classifier fared on the rows whose label it knows.
 *
 * @param macroF1 the mean F1 over the labels that occur among the rows or the predictions
 * @param macroF1Interval by bootstrap over rows, see {@link MacroF1}
 */
public record Scores(
    Proportion accuracy,
    double macroF1,
    Interval macroF1Interval,
    Calibration calibration,
    ConfusionMatrix confusion) {

  public static Scores of(Outcomes outcomes) {
    ConfusionMatrix confusion = ConfusionMatrix.of(outcomes);
    long hits = outcomes.known().stream().filter(Outcome::correct).count();
    return new Scores(
        new Proportion(hits, outcomes.known().size()),
        MacroF1.of(confusion.perClass()),
        MacroF1.bootstrapInterval(outcomes),
        Calibration.of(outcomes.known()),
        confusion);
  }

  public List<ClassScores> perClass() {
    return confusion.perClass();
  }
}
