package io.adapterworks.pipeline;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.split;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.trim;
import static org.apache.spark.sql.functions.when;

import io.adapterworks.curate.row.RowPipeline;
import io.adapterworks.curate.schema.AugmentationTrialTable;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.CurationRunTable;
import io.adapterworks.curate.schema.DatasetRejectTable;
import io.adapterworks.curate.schema.DatasetRunTable;
import io.adapterworks.curate.schema.DatasetTable;
import io.adapterworks.curate.schema.LabelReviewTable;
import io.adapterworks.curate.schema.RejectTable;
import io.adapterworks.evaluate.report.DatasetCardInput.Bin;
import io.adapterworks.evaluate.report.DatasetCardInput.Drop;
import io.adapterworks.evaluate.report.DatasetCardInput.Example;
import io.adapterworks.evaluate.report.DatasetCardInput.Label;
import io.adapterworks.evaluate.report.DatasetCardInput.Step;
import io.adapterworks.evaluate.report.DatasetCardInput.Trial;
import io.adapterworks.table.DeltaStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/** Counts what a dataset card shows, in the tables of a warehouse. */
final class DatasetCardFacts {
  private static final int EXAMPLES = 3;
  private static final int[] WORDS = {3, 6, 9, 12, 16, 24, 40, 80};
  private static final int[] COPIES = {1, 2, 3, 5, 10};

  private final DeltaStore store;
  private final Dataset<Row> dataset;

  DatasetCardFacts(DeltaStore store) {
    this.store = store;
    this.dataset = store.read(DatasetTable.SPEC).cache();
  }

  long underReview() {
    return store
        .readOrEmpty(LabelReviewTable.SPEC)
        .where(col(LabelReviewTable.DECISION).equalTo(LabelReviewTable.OPEN))
        .count();
  }

  /** Curation's steps by what is in its tables now, then those of the newest dataset. */
  List<Step> steps() {
    Map<String, Long> rejected = counts(store.readOrEmpty(RejectTable.SPEC), RejectTable.RULE);
    long left = store.read(CuratedTable.SPEC).count();
    left += rejected.values().stream().mapToLong(n -> n).sum();
    List<Step> steps = new ArrayList<>();
    for (Map.Entry<String, List<String>> step : rulesByStep().entrySet()) {
      Map<String, Long> dropped = new TreeMap<>(rejected);
      dropped.keySet().retainAll(step.getValue());
      long gone = dropped.values().stream().mapToLong(n -> n).sum();
      steps.add(new Step(step.getKey(), left, left - gone, words(dropped)));
      left -= gone;
    }
    steps.addAll(datasetSteps());
    return steps;
  }

  private Map<String, List<String>> rulesByStep() {
    Map<String, List<String>> rules = new LinkedHashMap<>();
    store
        .readOrEmpty(CurationRunTable.SPEC)
        .groupBy(CurationRunTable.STEP, CurationRunTable.RULE)
        .agg(max(CurationRunTable.ROWS).as("most"))
        .collectAsList()
        .forEach(
            row ->
                rules
                    .computeIfAbsent(row.getString(0), step -> new ArrayList<>())
                    .add(row.getString(1)));
    Map<String, List<String>> ordered = new LinkedHashMap<>();
    for (String step : RowPipeline.stepNames()) {
      if (rules.containsKey(step)) {
        ordered.put(step, rules.remove(step));
      }
    }
    ordered.putAll(new TreeMap<>(rules));
    return ordered;
  }

  private List<Step> datasetSteps() {
    Dataset<Row> runs = store.readOrEmpty(DatasetRunTable.SPEC);
    Map<String, Map<String, Long>> byStep = new LinkedHashMap<>();
    Row newest = runs.agg(max(DatasetRunTable.RUN)).head();
    if (newest.isNullAt(0)) {
      return List.of();
    }
    runs.where(col(DatasetRunTable.RUN).equalTo(newest.getLong(0)))
        .collectAsList()
        .forEach(
            row ->
                byStep
                    .computeIfAbsent(row.getAs(DatasetRunTable.STEP), step -> new TreeMap<>())
                    .put(row.getAs(DatasetRunTable.RULE), row.getAs(DatasetRunTable.ROWS)));
    return byStep.entrySet().stream()
        .map(
            step -> {
              Map<String, Long> rules = new TreeMap<>(step.getValue());
              long read = rules.remove(CurationRunTable.READ);
              long kept = rules.remove(CurationRunTable.KEPT);
              return new Step(step.getKey(), read, kept, words(rules));
            })
        .sorted(Comparator.comparingLong(Step::read).thenComparing(Step::kept).reversed())
        .toList();
  }

  /** What the trial of the newest dataset's varied rows said, if there was one. */
  Optional<Trial> trial() {
    Row newest = store.readOrEmpty(DatasetRunTable.SPEC).agg(max(DatasetRunTable.RUN)).head();
    if (newest.isNullAt(0)) {
      return Optional.empty();
    }
    return store
        .readOrEmpty(AugmentationTrialTable.SPEC)
        .where(col(AugmentationTrialTable.RUN).equalTo(newest.getLong(0)))
        .collectAsList()
        .stream()
        .map(
            row ->
                new Trial(
                    row.getAs(AugmentationTrialTable.MADE),
                    row.getAs(AugmentationTrialTable.VALIDATION),
                    row.getAs(AugmentationTrialTable.WITHOUT),
                    row.getAs(AugmentationTrialTable.WITH),
                    row.getAs(AugmentationTrialTable.KEPT),
                    row.getAs(AugmentationTrialTable.TRIAL)))
        .findFirst();
  }

  private static String words(Map<String, Long> rules) {
    List<String> parts = new ArrayList<>();
    rules.forEach(
        (rule, n) -> {
          if (n > 0) {
            parts.add(rule + " " + n);
          }
        });
    return String.join(", ", parts);
  }

  private static Map<String, Long> counts(Dataset<Row> rows, String column) {
    Map<String, Long> counts = new TreeMap<>();
    rows.groupBy(column)
        .agg(count("*"))
        .collectAsList()
        .forEach(row -> counts.put(String.valueOf(row.get(0)), row.getLong(1)));
    return counts;
  }

  List<Label> labels() {
    return dataset
        .where(col(DatasetTable.LABEL).isNotNull())
        .groupBy(DatasetTable.LABEL)
        .agg(
            of(CuratedTable.TRAIN).as("train"),
            of(CuratedTable.VALIDATION).as("validation"),
            of(CuratedTable.TEST).as("test"))
        .orderBy(col("train").desc(), col(DatasetTable.LABEL))
        .collectAsList()
        .stream()
        .map(row -> new Label(row.getString(0), row.getLong(1), row.getLong(2), row.getLong(3)))
        .toList();
  }

  private static Column of(String split) {
    return sum(when(col(DatasetTable.SPLIT).equalTo(split), 1L).otherwise(0L));
  }

  List<Bin> lengths() {
    return bins(
        dataset
            .where(col(DatasetTable.SPLIT).equalTo(CuratedTable.TRAIN))
            .select(size(split(trim(col(DatasetTable.TEXT)), "\\s+")).as("n")),
        WORDS);
  }

  List<Bin> clusters() {
    return bins(
        store.read(CuratedTable.SPEC).select(col(CuratedTable.CLUSTER_SIZE).as("n")), COPIES);
  }

  /** Counts of n by range; a range ends before the next one's start. */
  private static List<Bin> bins(Dataset<Row> numbers, int[] starts) {
    Column place = lit(-1);
    for (int start : starts) {
      place = place.plus(when(col("n").geq(start), 1).otherwise(0));
    }
    Map<Integer, Long> counts = new TreeMap<>();
    numbers
        .select(place.as("place"))
        .groupBy("place")
        .agg(count("*"))
        .collectAsList()
        .forEach(row -> counts.merge(Math.max(0, row.getInt(0)), row.getLong(1), Long::sum));
    List<Bin> bins = new ArrayList<>();
    for (int i = 0; i < starts.length; i++) {
      bins.add(new Bin(range(starts, i), counts.getOrDefault(i, 0L)));
    }
    return bins;
  }

  private static String range(int[] starts, int i) {
    if (i + 1 == starts.length) {
      return starts[i] + "+";
    }
    int last = starts[i + 1] - 1;
    return last == starts[i] ? "" + last : starts[i] + "–" + last;
  }

  List<Drop> drops() {
    List<Drop> drops = new ArrayList<>();
    drops.addAll(drops(store.readOrEmpty(RejectTable.SPEC)));
    drops.addAll(drops(store.readOrEmpty(DatasetRejectTable.SPEC)));
    return drops;
  }

  private static List<Drop> drops(Dataset<Row> rejects) {
    Map<String, Long> counts = counts(rejects, RejectTable.RULE);
    Map<String, List<Example>> examples = new TreeMap<>();
    rejects
        .withColumn(
            "place",
            row_number().over(Window.partitionBy(RejectTable.RULE).orderBy(RejectTable.ID)))
        .where(col("place").leq(EXAMPLES))
        .select(
            col(RejectTable.RULE),
            coalesce(col(RejectTable.TEXT), lit("")),
            coalesce(col(RejectTable.REASON), lit("")))
        .collectAsList()
        .forEach(
            row ->
                examples
                    .computeIfAbsent(row.getString(0), rule -> new ArrayList<>())
                    .add(new Example(row.getString(1), row.getString(2))));
    return counts.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .map(
            rule ->
                new Drop(
                    rule.getKey(),
                    rule.getValue(),
                    examples.getOrDefault(rule.getKey(), List.of())))
        .toList();
  }

  Map<String, Long> pii() {
    Map<String, Long> counts = new TreeMap<>();
    store
        .read(CuratedTable.SPEC)
        .select(explode(col(CuratedTable.PII)).as(new String[] {"type", "pieces"}))
        .groupBy("type")
        .agg(sum("pieces"))
        .collectAsList()
        .forEach(row -> counts.put(row.getString(0), row.getLong(1)));
    return counts;
  }
}
