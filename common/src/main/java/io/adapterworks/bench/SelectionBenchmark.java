package io.adapterworks.bench;

import io.adapterworks.curate.dataset.Cells;
import io.adapterworks.curate.dataset.DatasetConfig;
import io.adapterworks.curate.dataset.DatasetPlan;
import io.adapterworks.curate.dataset.Example;
import io.adapterworks.curate.embedding.EmbeddingClassifier;
import io.adapterworks.curate.embedding.TextEmbedder;
import io.adapterworks.curate.review.ConfidentLearning;
import io.adapterworks.curate.review.Judgement;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.EmbeddingTable;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.evaluate.Scores;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;
import io.adapterworks.pipeline.ClassifierTraining;
import io.adapterworks.pipeline.LabelledSplits;
import io.adapterworks.serve.AdapterClassifier;
import io.adapterworks.serve.TextEncoder;
import io.adapterworks.train.TrainingObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Trains on rows that selection picks from a pool and on as many random rows of it, and tests both
 * on the same rows, which were taken from the file before. A polluted pool holds a third more rows
 * that are copies, and one label in ten, copies included, is another one.
 */
public final class SelectionBenchmark {
  private static final double COPIES = 1.0 / 3;
  private static final double WRONG = 0.1;

  private static final StructType SCHEMA =
      new StructType()
          .add(CuratedTable.ID, DataTypes.StringType)
          .add(CuratedTable.CLUSTER_ID, DataTypes.StringType)
          .add(CuratedTable.LABEL, DataTypes.StringType)
          .add(EmbeddingTable.VECTOR, DataTypes.createArrayType(DataTypes.FloatType, false));

  private final SparkSession spark;
  private final TextEmbedder embedder;
  private final DatasetConfig config;
  private final Training training;

  /** How both are trained. */
  public record Training(ClassifierTraining.Recipe recipe, EngineSettings engine) {}

  /** The file, and how many of its rows are tested on. */
  public record Data(Path file, int heldOut) {}

  /** Whether the pool is as the file has it. */
  public enum Pool {
    CLEAN,
    POLLUTED
  }

  /**
   * Accuracy of the adapter and of logistic regression on embeddings.
   *
   * @param leftOut rows that curation left out, by rule
   */
  public record Result(
      Pool pool,
      long seed,
      int poolRows,
      int rows,
      double selected,
      double random,
      double selectedLinear,
      double randomLinear,
      Map<String, Integer> leftOut) {}

  public SelectionBenchmark(
      SparkSession spark, TextEmbedder embedder, DatasetConfig config, Training training) {
    this.spark = spark;
    this.embedder = embedder;
    this.config = config;
    this.training = training;
  }

  /** Compares once. */
  public Result run(Data data, Pool pool, long seed) {
    List<LabelledText> rows = LabelledFiles.read(data.file(), LabelledFiles.Part.TRAIN);
    List<String> labels = rows.stream().map(LabelledText::label).distinct().sorted().toList();
    float[][] vectors = embedder.embed(rows.stream().map(LabelledText::text).toList());
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> order = LabelledSample.shuffled(rows.size(), random);
    List<Integer> test = order.subList(0, data.heldOut());
    List<Example> candidates = new ArrayList<>();
    for (int place : order.subList(data.heldOut(), order.size())) {
      candidates.add(example(candidates.size(), rows.get(place), vectors[place]));
    }
    if (pool == Pool.POLLUTED) {
      pollute(candidates, labels, random);
    }
    DatasetPlan plan = plan(candidates, labels);
    List<Example> picked =
        LabelledSample.shuffled(candidates.size(), random).stream()
            .limit(plan.training().size())
            .map(candidates::get)
            .toList();
    Linear linear = new Linear(labels, test, rows, vectors);
    List<LabelledText> testRows = test.stream().map(rows::get).toList();
    Map<String, Integer> leftOut = new HashMap<>();
    plan.droppedByStep().values().forEach(leftOut::putAll);
    return new Result(
        pool,
        seed,
        candidates.size(),
        picked.size(),
        adapter(plan.training(), testRows, seed),
        adapter(picked, testRows, seed),
        linear.accuracy(plan.training()),
        linear.accuracy(picked),
        leftOut);
  }

  private static Example example(int number, LabelledText row, float[] vector) {
    String id = String.format(Locale.ROOT, "%08d", number);
    return new Example(id, row.text(), row.label(), 1, vector, null);
  }

  private static void pollute(List<Example> pool, List<String> labels, SplittableRandom random) {
    int clean = pool.size();
    for (int i = 0; i < COPIES * clean; i++) {
      Example original = pool.get(random.nextInt(clean));
      pool.add(
          example(
              pool.size(), new LabelledText(original.text(), original.label()), original.vector()));
    }
    for (int i = 0; i < pool.size(); i++) {
      if (random.nextDouble() < WRONG) {
        Example row = pool.get(i);
        int wrong = labels.indexOf(row.label()) + 1 + random.nextInt(labels.size() - 1);
        String label = labels.get(wrong % labels.size());
        pool.set(i, example(i, new LabelledText(row.text(), label), row.vector()));
      }
    }
  }

  private DatasetPlan plan(List<Example> candidates, List<String> labels) {
    Dataset<Row> table = table(candidates);
    Map<String, Judgement> doubts = new HashMap<>();
    new ConfidentLearning(config.labelReview(), labels)
        .judge(table).stream().filter(Judgement::suspect).forEach(j -> doubts.put(j.id(), j));
    Cells cells = Cells.fit(table, candidates.size(), config.target().cellSize());
    List<Example> judged =
        candidates.stream()
            .map(
                e ->
                    new Example(
                        e.id(), e.text(), e.label(), e.copies(), e.vector(), doubts.get(e.id())))
            .toList();
    return DatasetPlan.of(config, cells, judged, List.of());
  }

  /** Copies of a text share a cluster, so that no fold judges a row by its own copy. */
  private Dataset<Row> table(List<Example> examples) {
    List<Row> rows =
        examples.stream()
            .map(e -> RowFactory.create(e.id(), e.text(), e.label(), e.vector()))
            .toList();
    return spark.createDataFrame(rows, SCHEMA).localCheckpoint(true);
  }

  private double adapter(List<Example> examples, List<LabelledText> test, long seed) {
    List<LabelledText> rows =
        examples.stream().map(e -> new LabelledText(e.text(), e.label())).toList();
    LabelledSplits splits = new LabelledSplits(rows, List.of(), test);
    try (BaseModel base = BaseModelReader.open(training.recipe().base().model());
        Engine engine = EngineFactory.open(training.engine())) {
      ClassifierTraining.Trained trained =
          new ClassifierTraining(engine, base, training.recipe(), seed)
              .train(splits, splits.labels(), new TrainingObserver() {}, Optional.empty());
      try (BertPass pass =
          new BertPass(engine, base, trained.adapter(), ClassificationObjective.CROSS_ENTROPY)) {
        TextEncoder encoder =
            new TextEncoder(base.tokenizer(), training.recipe().base().maxTokens());
        return Scores.of(Outcomes.of(new AdapterClassifier(pass, encoder, splits.labels()), test))
            .accuracy()
            .value();
      }
    }
  }

  /** Logistic regression on embeddings, tested on the held-out rows. */
  private final class Linear {
    private final EmbeddingClassifier classifier;
    private final Dataset<Row> test;

    Linear(List<String> labels, List<Integer> places, List<LabelledText> rows, float[][] vectors) {
      this.classifier = new EmbeddingClassifier(config.labelReview().classifier(), labels);
      List<Example> examples = new ArrayList<>();
      places.forEach(place -> examples.add(example(place, rows.get(place), vectors[place])));
      this.test = classifier.prepare(table(examples));
    }

    double accuracy(List<Example> examples) {
      Dataset<Row> prepared = classifier.prepare(table(examples)).coalesce(2).cache();
      return classifier.accuracy(classifier.fit(prepared), test);
    }
  }
}
