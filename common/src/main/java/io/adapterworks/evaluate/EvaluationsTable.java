package io.adapterworks.evaluate;

import io.adapterworks.table.Column;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import io.adapterworks.table.Transaction;
import io.adapterworks.table.WriteOutcome;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;

/** The table {@code evaluations}: one row for each metric of each slice of each evaluation. */
public final class EvaluationsTable {
  public static final String ADAPTER = "adapter";
  public static final String ADAPTER_VERSION = "adapter_version";
  public static final String RUN_ID = "run_id";
  public static final String DATASET = "dataset";
  public static final String DATASET_VERSION = "dataset_version";
  public static final String SPLIT = "split";
  public static final String MODEL = "model";
  public static final String METRIC = "metric";
  public static final String SLICE = "slice";
  public static final String VALUE = "value";
  public static final String LOW = "low";
  public static final String HIGH = "high";
  public static final String COUNT = "count";
  public static final String EVALUATED_AT = "evaluated_at";

  public static final TableSpec SPEC =
      new TableSpec(
          "evaluations",
          "One row for each metric of each slice of each evaluation.",
          List.of(
              new Column(ADAPTER, DataTypes.StringType, "Name of the adapter evaluated."),
              new Column(ADAPTER_VERSION, DataTypes.IntegerType, "Its version in the registry."),
              new Column(RUN_ID, DataTypes.StringType, "The run that evaluated it."),
              new Column(DATASET, DataTypes.StringType, "Table or file the test rows come from."),
              new Column(
                  DATASET_VERSION, DataTypes.LongType, "Version of that table; null for a file."),
              new Column(SPLIT, DataTypes.StringType, "Part of the data set, such as test."),
              new Column(
                  MODEL,
                  DataTypes.StringType,
                  "Whose number it is: adapter, base, or the champion as NAME@VERSION."),
              new Column(
                  METRIC,
                  DataTypes.StringType,
                  "accuracy, macroF1, ece, worstRecall, gainOverBase, gainOverChampion, pValue,"
                      + " unknownRows, precision, recall or f1; of text: perplexity,"
                      + " perplexityRatio, tokenAccuracy, rougeL, rougeLGain, exactMatch or"
                      + " unansweredRows."),
              new Column(SLICE, DataTypes.StringType, "all, or label: and a label."),
              new Column(VALUE, DataTypes.DoubleType, "The number, a share where not a count."),
              new Column(
                  LOW, DataTypes.DoubleType, "Low end of its 95 % interval; null where none."),
              new Column(
                  HIGH, DataTypes.DoubleType, "High end of its 95 % interval; null where none."),
              new Column(COUNT, DataTypes.LongType, "How many rows the number rests on."),
              new Column(EVALUATED_AT, DataTypes.TimestampType, "When it was measured.")),
          List.of(RUN_ID, MODEL, METRIC, SLICE));

  private static final String ALL = "all";
  private static final String OURS = "adapter";
  private static final String NO_CHAMPION = "no champion";

  private EvaluationsTable() {}

  /**
   * Writes an evaluation once: the same version on the same rows beside the same champion writes
   * nothing the second time, whichever run asks.
   */
  public static WriteOutcome write(
      DeltaStore store, EvaluationSubject subject, Evaluation evaluation) {
    String champion = evaluation.champion().map(Rival::name).orElse(NO_CHAMPION);
    return write(store, subject, rows(subject, evaluation), champion);
  }

  /** As {@link #write(DeltaStore, EvaluationSubject, Evaluation)}, of an adapter that generates. */
  public static WriteOutcome write(
      DeltaStore store, EvaluationSubject subject, TextEvaluation evaluation) {
    String champion = evaluation.champion().map(TextEvaluation.Champion::name).orElse(NO_CHAMPION);
    return write(store, subject, rows(subject, evaluation), champion);
  }

  private static WriteOutcome write(
      DeltaStore store, EvaluationSubject subject, List<Row> rows, String champion) {
    return store.append(
        SPEC,
        store.spark().createDataFrame(rows, SPEC.schema()),
        new Transaction(whatIsMeasured(subject, champion), 0));
  }

  private static String whatIsMeasured(EvaluationSubject subject, String champion) {
    TestData data = subject.data();
    return "evaluate %s@%d on %s %s %s against %s"
        .formatted(
            subject.adapter(),
            subject.version(),
            data.dataset(),
            data.version(),
            data.split(),
            champion);
  }

  /** The rows of {@link #SPEC}: the adapter's numbers, then the base's and the champion's. */
  static List<Row> rows(EvaluationSubject subject, TextEvaluation evaluation) {
    List<Measured> numbers = new ArrayList<>();
    for (TextMetric metric : TextMetric.values()) {
      long count = metric.countOf(evaluation.adapter());
      numbers.add(
          new Measured(OURS, metric.key(), ALL, metric.of(evaluation), count)
              .within(metric.intervalOf(evaluation)));
    }
    int unanswered = evaluation.adapter().unanswered();
    numbers.add(
        new Measured(
            OURS,
            "unansweredRows",
            ALL,
            unanswered,
            unanswered + evaluation.adapter().answers().size()));
    numbers.addAll(ofText("base", evaluation.base()));
    evaluation
        .champion()
        .ifPresent(champion -> numbers.addAll(ofText(champion.name(), champion.scores())));
    return numbers.stream().map(number -> number.row(subject)).toList();
  }

  private static List<Measured> ofText(String model, TextScores scores) {
    List<Measured> numbers = new ArrayList<>();
    for (TextMetric metric : TextMetric.values()) {
      metric
          .of(scores)
          .map(value -> new Measured(model, metric.key(), ALL, value, metric.countOf(scores)))
          .map(number -> number.within(metric.intervalOf(scores)))
          .ifPresent(numbers::add);
    }
    return numbers;
  }

  /** The rows of {@link #SPEC}, overall numbers first, then label by label. */
  public static List<Row> rows(EvaluationSubject subject, Evaluation evaluation) {
    List<Measured> numbers = new ArrayList<>();
    for (Metric metric : Metric.values()) {
      metric
          .of(evaluation)
          .map(value -> new Measured(OURS, metric.key(), ALL, value, metric.rowsOf(evaluation)))
          .map(number -> number.within(metric.intervalOf(evaluation)))
          .ifPresent(numbers::add);
    }
    Outcomes outcomes = evaluation.outcomes();
    numbers.add(
        new Measured(OURS, "unknownRows", ALL, outcomes.unknownCount(), outcomes.all().size()));
    evaluation.base().ifPresent(base -> numbers.addAll(ofRival(base.name(), base)));
    evaluation
        .champion()
        .ifPresent(
            champion -> {
              numbers.addAll(ofRival(champion.name(), champion));
              PairedComparison pair = champion.comparison();
              numbers.add(
                  new Measured(OURS, "gainOverChampion", ALL, pair.difference(), pair.total())
                      .within(Optional.of(pair.differenceInterval())));
            });
    evaluation.scores().perClass().forEach(label -> numbers.addAll(ofLabel(label)));
    return numbers.stream().map(number -> number.row(subject)).toList();
  }

  private static List<Measured> ofRival(String name, Rival rival) {
    Proportion accuracy = rival.scores().accuracy();
    return List.of(
        new Measured(name, Metric.ACCURACY.key(), ALL, accuracy.value(), accuracy.total())
            .within(Optional.of(accuracy.wilson())),
        new Measured(name, Metric.MACRO_F1.key(), ALL, rival.scores().macroF1(), accuracy.total())
            .within(Optional.of(rival.scores().macroF1Interval())),
        new Measured(name, "pValue", ALL, rival.comparison().pValue(), rival.comparison().total()));
  }

  private static List<Measured> ofLabel(ClassScores label) {
    String slice = "label:" + label.label();
    return List.of(
        ofShare("precision", slice, label.precision()),
        ofShare("recall", slice, label.recall()),
        new Measured(OURS, "f1", slice, label.f1(), label.support()));
  }

  private static Measured ofShare(String metric, String slice, Proportion share) {
    return new Measured(OURS, metric, slice, share.value(), share.total())
        .within(Optional.of(share.wilson()));
  }

  private record Measured(
      String model,
      String metric,
      String slice,
      double value,
      Optional<Interval> interval,
      long count) {
    Measured(String model, String metric, String slice, double value, long count) {
      this(model, metric, slice, value, Optional.empty(), count);
    }

    Measured within(Optional<Interval> bounds) {
      return new Measured(model, metric, slice, value, bounds, count);
    }

    Row row(EvaluationSubject subject) {
      return RowFactory.create(
          subject.adapter(),
          subject.version(),
          subject.runId(),
          subject.data().dataset(),
          subject.data().version().isPresent() ? subject.data().version().getAsLong() : null,
          subject.data().split(),
          model,
          metric,
          slice,
          value,
          interval.map(Interval::low).orElse(null),
          interval.map(Interval::high).orElse(null),
          count,
          Timestamp.from(subject.at()));
    }
  }
}
