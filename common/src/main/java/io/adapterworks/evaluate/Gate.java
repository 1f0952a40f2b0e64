package io.adapterworks.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Judges a candidate: every KPI met, and the champion not beaten backwards. */
public final class Gate {
  private final SuccessCriteria criteria;

  public Gate(SuccessCriteria criteria) {
    this.criteria = criteria;
  }

  /** The verdict on each KPI in the order configured, then on the champion where there is one. */
  public List<Verdict> judge(Evaluation evaluation) {
    List<Verdict> verdicts = new ArrayList<>();
    criteria
        .kpis()
        .forEach(
            (key, bound) -> verdicts.add(kpi(Metric.ofKey(key).orElseThrow(), bound, evaluation)));
    evaluation.champion().map(this::champion).ifPresent(verdicts::add);
    return List.copyOf(verdicts);
  }

  private static Verdict kpi(Metric metric, Bound bound, Evaluation evaluation) {
    Optional<Double> value = metric.of(evaluation);
    Optional<Interval> interval = metric.intervalOf(evaluation);
    return new Verdict(metric.key(), value, interval, bound, met(bound, value, interval));
  }

  /** As {@link #judge}, of an adapter that generates: the champion's perplexity is its measure. */
  public List<Verdict> judge(TextEvaluation evaluation) {
    List<Verdict> verdicts = new ArrayList<>();
    criteria
        .kpis()
        .forEach(
            (key, bound) -> {
              TextMetric metric = TextMetric.ofKey(key).orElseThrow();
              Optional<Double> value = Optional.of(metric.of(evaluation));
              Optional<Interval> interval = metric.intervalOf(evaluation);
              verdicts.add(new Verdict(key, value, interval, bound, met(bound, value, interval)));
            });
    evaluation
        .champion()
        .ifPresent(
            champion -> {
              Bound bound = Bound.atLeast(-criteria.championMargin());
              Optional<Double> saved =
                  Optional.of(
                      1
                          - evaluation.adapter().foresight().perplexity()
                              / champion.scores().foresight().perplexity());
              verdicts.add(
                  new Verdict(
                      "perplexity saved against champion " + champion.name(),
                      saved,
                      Optional.empty(),
                      bound,
                      met(bound, saved, Optional.empty())));
            });
    return List.copyOf(verdicts);
  }

  private Verdict champion(Rival champion) {
    PairedComparison comparison = champion.comparison();
    Bound bound = Bound.atLeast(-criteria.championMargin());
    Optional<Double> difference = Optional.of(comparison.difference());
    Optional<Interval> interval = Optional.of(comparison.differenceInterval());
    return new Verdict(
        "accuracy against champion " + champion.name(),
        difference,
        interval,
        bound,
        met(bound, difference, interval));
  }

  private static Verdict.Met met(Bound bound, Optional<Double> value, Optional<Interval> interval) {
    if (!value.map(bound::holds).orElse(false)) {
      return Verdict.Met.NO;
    }
    boolean whole =
        interval.map(range -> bound.holds(range.low()) && bound.holds(range.high())).orElse(true);
    return whole ? Verdict.Met.YES : Verdict.Met.NARROWLY;
  }
}
