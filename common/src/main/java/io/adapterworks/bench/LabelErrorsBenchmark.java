package io.adapterworks.bench;

import io.adapterworks.curate.embedding.EmbeddingClassifier;
import io.adapterworks.curate.embedding.TextEmbedder;
import io.adapterworks.curate.review.ConfidentLearning;
import io.adapterworks.curate.review.Judgement;
import io.adapterworks.curate.review.LabelReviewConfig;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.LabelledText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Gives some rows of a labelled file another label, drawn evenly from the others, and measures how
 * well label review finds them and what a classifier on the embeddings gains when its suspects take
 * the suggested labels. Accuracy is on rows of the file that were left out and not flipped.
 */
public final class LabelErrorsBenchmark {
  private final SparkSession spark;
  private final TextEmbedder embedder;
  private final LabelReviewConfig config;

  /**
   * What to measure on.
   *
   * @param perLabel rows of each label to review, but at most four fifths of those it has
   * @param flip share of the rows that get a wrong label
   */
  public record Data(Path file, int perLabel, double flip, long seed) {}

  /**
   * What came of it; precisions are average precisions of a ranking of all rows.
   *
   * @param precision of the ranking that label review uses
   * @param selfConfidencePrecision of ranking by the probability of the given label
   * @param marginPrecision of ranking by the best other label's probability less the given one's
   * @param suspects rows that would be up for review
   * @param wrongSuspects those of them that were flipped
   * @param rightSuggestions those of them whose suggestion is the original label
   * @param before accuracy of the classifier fitted on the flipped labels
   * @param after on the labels after all suggestions are accepted
   * @param clean on the original labels
   */
  public record Result(
      int rows,
      int flipped,
      int heldOut,
      double precision,
      double selfConfidencePrecision,
      double marginPrecision,
      int suspects,
      int wrongSuspects,
      int rightSuggestions,
      double before,
      double after,
      double clean,
      double embedSeconds,
      double reviewSeconds) {}

  public LabelErrorsBenchmark(SparkSession spark, TextEmbedder embedder, LabelReviewConfig config) {
    this.spark = spark;
    this.embedder = embedder;
    this.config = config;
  }

  /** Flips, reviews, accepts every suggestion, and compares. */
  public Result run(Data data) {
    List<LabelledText> rows = LabelledFiles.read(data.file(), LabelledFiles.Part.TRAIN);
    LabelledSample sample = LabelledSample.draw(rows, data.perLabel(), data.seed());
    Check.that(
        !sample.heldOut().isEmpty(),
        ErrorCode.INPUT,
        "%s leaves no rows to measure accuracy on; expected two or more rows of each label",
        data.file());
    long begun = System.nanoTime();
    float[][] vectors = embedder.embed(rows.stream().map(LabelledText::text).toList());
    long embedded = System.nanoTime();
    List<String> labels = rows.stream().map(LabelledText::label).distinct().sorted().toList();
    Map<Integer, String> flipped = sample.flipped(rows, labels, data.flip(), data.seed());
    Map<Integer, String> given = new HashMap<>();
    sample.drawn().forEach(i -> given.put(i, flipped.getOrDefault(i, rows.get(i).label())));
    List<Judgement> judged = new ConfidentLearning(config, labels).judge(table(given, vectors));
    long reviewed = System.nanoTime();
    Set<String> wrong = flipped.keySet().stream().map(EmbeddedRows::id).collect(Collectors.toSet());
    List<Judgement> suspects = judged.stream().filter(Judgement::suspect).toList();
    Map<Integer, String> accepted = new HashMap<>(given);
    suspects.forEach(s -> accepted.put(Integer.parseInt(s.id()), s.suggested()));
    Map<Integer, String> original = originals(rows, sample.drawn());
    Fitting fitting = new Fitting(labels, vectors, originals(rows, sample.heldOut()));
    return new Result(
        given.size(),
        flipped.size(),
        sample.heldOut().size(),
        averagePrecision(judged, wrong),
        averagePrecision(by(judged, Judgement::selfConfidence), wrong),
        averagePrecision(by(judged, LabelErrorsBenchmark::margin), wrong),
        suspects.size(),
        (int) suspects.stream().filter(s -> wrong.contains(s.id())).count(),
        (int)
            suspects.stream()
                .filter(s -> wrong.contains(s.id()))
                .filter(s -> s.suggested().equals(rows.get(Integer.parseInt(s.id())).label()))
                .count(),
        fitting.accuracy(given),
        fitting.accuracy(accepted),
        fitting.accuracy(original),
        (embedded - begun) * 1e-9,
        (reviewed - embedded) * 1e-9);
  }

  private static Map<Integer, String> originals(List<LabelledText> rows, List<Integer> places) {
    return places.stream().collect(Collectors.toMap(i -> i, i -> rows.get(i).label()));
  }

  private Dataset<Row> table(Map<Integer, String> labels, float[][] vectors) {
    List<Row> rows = new ArrayList<>();
    labels.forEach(
        (place, label) -> {
          String id = EmbeddedRows.id(place);
          rows.add(EmbeddedRows.row(id, id, label, vectors[place]));
        });
    return EmbeddedRows.table(spark, rows);
  }

  private static double margin(Judgement judgement) {
    double suggested =
        judgement.suspicion() * judgement.selfConfidence() / (1 - judgement.suspicion());
    return judgement.selfConfidence() - suggested;
  }

  private static List<Judgement> by(List<Judgement> judged, ToDoubleFunction<Judgement> score) {
    return judged.stream().sorted(Comparator.comparingDouble(score)).toList();
  }

  /** The mean over the wrong rows of the precision down to each. */
  static double averagePrecision(List<Judgement> ranking, Set<String> wrong) {
    int found = 0;
    double sum = 0;
    for (int i = 0; i < ranking.size(); i++) {
      if (wrong.contains(ranking.get(i).id())) {
        found++;
        sum += (double) found / (i + 1);
      }
    }
    return wrong.isEmpty() ? 0 : sum / wrong.size();
  }

  /** Fits the classifier on labels and tests it on rows that are never among them. */
  private final class Fitting {
    private final EmbeddingClassifier classifier;
    private final float[][] vectors;
    private final Dataset<Row> test;

    Fitting(List<String> labels, float[][] vectors, Map<Integer, String> heldOut) {
      this.classifier = new EmbeddingClassifier(config.classifier(), labels);
      this.vectors = vectors;
      this.test = classifier.prepare(table(heldOut, vectors));
    }

    double accuracy(Map<Integer, String> labels) {
      return classifier.accuracy(
          classifier.fit(classifier.prepare(table(labels, vectors)).coalesce(2).cache()), test);
    }
  }
}
