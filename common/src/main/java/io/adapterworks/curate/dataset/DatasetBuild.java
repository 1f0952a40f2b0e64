package io.adapterworks.curate.dataset;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.adapterworks.curate.dataset.Augmentation.Variant;
import io.adapterworks.curate.dataset.AugmentationTrial.Labelled;
import io.adapterworks.curate.embedding.EmbeddingStore;
import io.adapterworks.curate.embedding.TextEmbedder;
import io.adapterworks.curate.review.ConfidentLearning;
import io.adapterworks.curate.review.Judgement;
import io.adapterworks.curate.review.LabelDecisions;
import io.adapterworks.curate.review.LabelReview;
import io.adapterworks.curate.review.ReviewItem;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.EmbeddingTable;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.DeltaStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Makes dataset_examples of curated_examples: applies what people decided about labels, looks for
 * labels that are probably wrong, leaves out what says the same twice or gives away a held-out row,
 * picks the rows to train on, and may add varied copies of them. Held-out rows are a plain sample,
 * so that they still stand for what comes in. Run again on the same input it changes nothing.
 */
public final class DatasetBuild {
  /** With fewer rows a fold may leave nothing to fit a classifier on. */
  private static final int FEWEST_PER_FOLD = 4;

  private final DeltaStore store;
  private final TextEmbedder embedder;
  private final DatasetConfig config;
  private final LabelReview review;
  private final AugmentationTrial trial;

  /**
   * @param trial decides whether varied rows are kept, where the configuration wants any
   */
  public DatasetBuild(
      DeltaStore store,
      TextEmbedder embedder,
      DatasetConfig config,
      LabelReview review,
      AugmentationTrial trial) {
    this.store = store;
    this.embedder = embedder;
    this.config = config;
    this.review = review;
    this.trial = trial;
  }

  /** Brings dataset_examples up to curated_examples and label_decisions. */
  public DatasetOutcome run() {
    OptionalLong curated = store.dataVersion(CuratedTable.SPEC);
    Check.that(
        curated.isPresent(),
        ErrorCode.NOTHING_TO_DO,
        "there is no table curated_examples yet; run ingest and curate first");
    Optional<DatasetRun> due =
        DatasetRun.due(store, curated.getAsLong(), config + "\n" + embedder.model());
    if (due.isEmpty()) {
      return new DatasetOutcome.NothingNew(DatasetRun.newest(store));
    }
    Dataset<Row> rows =
        new EmbeddingStore(store, embedder)
            .withVectors(
                new Candidates(config.target())
                    .of(
                        new LabelDecisions(store)
                            .apply(store.read(CuratedTable.SPEC, curated.getAsLong()))))
            .localCheckpoint(true);
    Map<String, Judgement> doubts = doubts(rows);
    List<String> heldOut = heldOut(rows);
    DatasetPlan plan = plan(rows, doubts, heldOut);
    Augmented augmented =
        config.augmentation().enabled() ? augmented(plan, rows, heldOut) : Augmented.NONE;
    return new DatasetWriter(store, due.get()).write(rows, plan, augmented, doubts.size());
  }

  /** Judges labels, shows the suspects for review, and returns them by row. */
  private Map<String, Judgement> doubts(Dataset<Row> rows) {
    Map<String, Judgement> doubts = new HashMap<>();
    Dataset<Row> labelled = rows.where(col(CuratedTable.LABEL).isNotNull());
    List<String> labels =
        labelled.select(CuratedTable.LABEL).distinct().collectAsList().stream()
            .map(row -> row.getString(0))
            .sorted()
            .toList();
    boolean tooFew = labels.size() < 2 || labelled.count() < (long) FEWEST_PER_FOLD * folds();
    if (!config.labelReview().enabled() || tooFew) {
      review.refresh(List.of(), Map.of());
      return doubts;
    }
    Map<String, String> texts = new HashMap<>();
    Set<String> decided = new HashSet<>();
    labelled
        .select(CuratedTable.ID, CuratedTable.TEXT, LabelDecisions.DECIDED)
        .collectAsList()
        .forEach(
            row -> {
              texts.put(row.getString(0), row.getString(1));
              if (row.getBoolean(2)) {
                decided.add(row.getString(0));
              }
            });
    List<Judgement> judged =
        new ConfidentLearning(config.labelReview(), labels)
            .judge(labelled).stream().filter(j -> !decided.contains(j.id())).toList();
    review.refresh(judged, texts);
    judged.stream().filter(Judgement::suspect).forEach(j -> doubts.put(j.id(), j));
    return doubts;
  }

  private int folds() {
    return config.labelReview().folds();
  }

  private DatasetPlan plan(Dataset<Row> rows, Map<String, Judgement> doubts, List<String> heldOut) {
    Dataset<Row> training = rows.where(col(CuratedTable.SPLIT).equalTo(CuratedTable.TRAIN));
    List<Example> examples =
        training
            .orderBy(CuratedTable.ID)
            .select(
                CuratedTable.ID,
                CuratedTable.TEXT,
                CuratedTable.LABEL,
                CuratedTable.CLUSTER_SIZE,
                EmbeddingTable.VECTOR)
            .collectAsList()
            .stream()
            .map(row -> example(row, doubts))
            .toList();
    Cells cells = Cells.fit(training, examples.size(), config.target().cellSize());
    return DatasetPlan.of(config, cells, examples, heldOut);
  }

  /** Varies training rows and tries whether that does good. */
  private Augmented augmented(DatasetPlan plan, Dataset<Row> rows, List<String> heldOut) {
    Set<String> underReview =
        review.items().stream()
            .filter(ReviewItem::isOpen)
            .map(ReviewItem::id)
            .collect(Collectors.toSet());
    List<Variant> variants =
        new Augmentation(
                config.augmentation(),
                new Decontamination(config.decontamination(), heldOut),
                underReview)
            .of(plan.training());
    List<Labelled> validation =
        rows
            .where(col(CuratedTable.SPLIT).equalTo(CuratedTable.VALIDATION))
            .where(col(CuratedTable.LABEL).isNotNull())
            .orderBy(CuratedTable.ID)
            .select(CuratedTable.TEXT, CuratedTable.LABEL)
            .collectAsList()
            .stream()
            .map(row -> new Labelled(row.getString(0), row.getString(1)))
            .toList();
    if (variants.isEmpty() || validation.isEmpty()) {
      return new Augmented(variants, 0, 0, 0, trial.description());
    }
    List<Labelled> training = new ArrayList<>();
    plan.training().stream()
        .filter(row -> row.label() != null)
        .forEach(row -> training.add(new Labelled(row.text(), row.label())));
    double without = trial.accuracy(training, validation);
    variants.forEach(v -> training.add(new Labelled(v.text(), v.parent().label())));
    double with = trial.accuracy(training, validation);
    return new Augmented(variants, validation.size(), without, with, trial.description());
  }

  private static Example example(Row row, Map<String, Judgement> doubts) {
    List<Float> values = row.getList(4);
    float[] vector = new float[values.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = values.get(i);
    }
    return new Example(
        row.getString(0),
        row.getString(1),
        row.getString(2),
        row.getInt(3),
        vector,
        doubts.get(row.getString(0)));
  }

  /** The texts of validation, test and every named evaluation set. */
  private List<String> heldOut(Dataset<Row> rows) {
    List<String> texts = new ArrayList<>();
    rows.where(col(CuratedTable.SPLIT).notEqual(lit(CuratedTable.TRAIN)))
        .orderBy(CuratedTable.ID)
        .select(CuratedTable.TEXT)
        .collectAsList()
        .forEach(row -> texts.add(row.getString(0)));
    for (String file : config.decontamination().evaluationSets()) {
      texts.addAll(evaluationSet(file));
    }
    return texts;
  }

  private List<String> evaluationSet(String file) {
    Dataset<Row> rows;
    try {
      rows =
          store
              .spark()
              .read()
              .option("header", "true")
              .option("multiLine", "true")
              .option("escape", "\"")
              .csv(file);
    } catch (Exception unreadable) {
      // Exception: Spark's analysis errors are checked but not declared to Java.
      throw new AdapterworksException(
          ErrorCode.CONFIGURATION,
          "dataset.decontamination.evaluationSets: "
              + file
              + " cannot be read; expected a CSV file, a relative one from the folder that the job"
              + " is started in",
          unreadable);
    }
    Check.that(
        List.of(rows.columns()).contains(CuratedTable.TEXT),
        ErrorCode.CONFIGURATION,
        "dataset.decontamination.evaluationSets: %s has the columns %s; expected text among them",
        file,
        List.of(rows.columns()));
    return rows.select(CuratedTable.TEXT).collectAsList().stream()
        .map(row -> row.getString(0))
        .filter(Objects::nonNull)
        .toList();
  }
}
