package io.adapterworks.bench;

import io.adapterworks.curate.dataset.Cells;
import io.adapterworks.curate.dataset.DatasetConfig;
import io.adapterworks.curate.dataset.DatasetPlan;
import io.adapterworks.curate.dataset.Example;
import io.adapterworks.curate.embedding.TextEmbedder;
import io.adapterworks.curate.review.ConfidentLearning;
import io.adapterworks.curate.review.Judgement;
import io.adapterworks.evaluate.LabelledText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Draws from a labelled file rows to test on and a pool of the others, and of the pool the rows
 * that selection picks and as many random ones. A polluted pool holds a third more rows that are
 * copies, and one label in ten, copies included, is another one.
 */
public final class SelectionDraw {
  private static final double COPIES = 1.0 / 3;
  private static final double WRONG = 0.1;

  private final SparkSession spark;
  private final DatasetConfig config;
  private final int heldOut;
  private final List<LabelledText> rows;
  private final float[][] vectors;

  /** The file, and how many of its rows are tested on. */
  public record Data(Path file, int heldOut) {}

  /** Whether the pool is as the file has it. */
  public enum Pool {
    CLEAN,
    POLLUTED
  }

  /**
   * What was drawn.
   *
   * @param selected rows that selection picked
   * @param random as many of the same pool, at random
   * @param wrongSelected how many of the selected have another label than in the file
   * @param leftOut rows of the pool that curation left out, by rule
   */
  public record Drawn(
      Pool pool,
      long seed,
      int poolRows,
      List<Example> selected,
      List<Example> random,
      List<Example> test,
      long wrongSelected,
      long wrongRandom,
      Map<String, Integer> leftOut) {
    /** The rows as a trainer takes them. */
    public static List<LabelledText> texts(List<Example> rows) {
      return rows.stream().map(e -> new LabelledText(e.text(), e.label())).toList();
    }

    /**
     * Writes two files in the form of clinc150, {@code selected.json} and {@code random.json} with
     * pool and seed before: the rows to train on as {@code train}, those to test on as {@code val}.
     */
    public void write(Path folder) {
      String name = pool.name().toLowerCase(Locale.ROOT) + "-" + seed + "-";
      LabelledFiles.write(folder.resolve(name + "selected.json"), texts(selected), texts(test));
      LabelledFiles.write(folder.resolve(name + "random.json"), texts(random), texts(test));
    }
  }

  /** Reads the file and embeds its rows. */
  public SelectionDraw(SparkSession spark, TextEmbedder embedder, DatasetConfig config, Data data) {
    this.spark = spark;
    this.config = config;
    this.heldOut = data.heldOut();
    this.rows = LabelledFiles.read(data.file(), LabelledFiles.Part.TRAIN);
    this.vectors = embedder.embed(rows.stream().map(LabelledText::text).toList());
  }

  /** Draws once; the rows to test on depend on the seed, not on the pool. */
  public Drawn draw(Pool pool, long seed) {
    List<String> labels = rows.stream().map(LabelledText::label).distinct().sorted().toList();
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> order = LabelledSample.shuffled(rows.size(), random);
    List<Example> test = new ArrayList<>();
    for (int place : order.subList(0, heldOut)) {
      test.add(example(place, rows.get(place), vectors[place]));
    }
    List<Example> right = new ArrayList<>();
    for (int place : order.subList(heldOut, order.size())) {
      right.add(example(right.size(), rows.get(place), vectors[place]));
    }
    if (pool == Pool.POLLUTED) {
      addCopies(right, random);
    }
    List<Example> candidates = pool == Pool.POLLUTED ? flipped(right, labels, random) : right;
    DatasetPlan plan = plan(candidates, labels);
    List<Example> picked =
        LabelledSample.shuffled(candidates.size(), random).stream()
            .limit(plan.training().size())
            .map(candidates::get)
            .toList();
    Map<String, Integer> leftOut = new HashMap<>();
    plan.droppedByStep().values().forEach(leftOut::putAll);
    return new Drawn(
        pool,
        seed,
        candidates.size(),
        plan.training(),
        picked,
        test,
        wrong(plan.training(), right),
        wrong(picked, right),
        leftOut);
  }

  private static Example example(int number, LabelledText row, float[] vector) {
    return new Example(EmbeddedRows.id(number), row.text(), row.label(), 1, vector, null);
  }

  private static void addCopies(List<Example> pool, SplittableRandom random) {
    int clean = pool.size();
    for (int i = 0; i < COPIES * clean; i++) {
      Example original = pool.get(random.nextInt(clean));
      LabelledText copy = new LabelledText(original.text(), original.label());
      pool.add(example(pool.size(), copy, original.vector()));
    }
  }

  private static List<Example> flipped(
      List<Example> pool, List<String> labels, SplittableRandom random) {
    List<Example> flipped = new ArrayList<>(pool);
    for (int i = 0; i < flipped.size(); i++) {
      if (random.nextDouble() < WRONG) {
        Example row = flipped.get(i);
        int wrong = labels.indexOf(row.label()) + 1 + random.nextInt(labels.size() - 1);
        String label = labels.get(wrong % labels.size());
        flipped.set(i, example(i, new LabelledText(row.text(), label), row.vector()));
      }
    }
    return flipped;
  }

  private static long wrong(List<Example> rows, List<Example> right) {
    return rows.stream()
        .filter(row -> !row.label().equals(right.get(Integer.parseInt(row.id())).label()))
        .count();
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
  Dataset<Row> table(List<Example> examples) {
    return EmbeddedRows.table(
        spark,
        examples.stream()
            .map(e -> EmbeddedRows.row(e.id(), e.text(), e.label(), e.vector()))
            .toList());
  }
}
