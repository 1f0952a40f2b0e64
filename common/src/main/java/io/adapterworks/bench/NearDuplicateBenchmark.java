package io.adapterworks.bench;

import io.adapterworks.curate.duplicate.Components;
import io.adapterworks.curate.duplicate.FreshRows;
import io.adapterworks.curate.duplicate.NearDuplicateConfig;
import io.adapterworks.curate.duplicate.NearDuplicates;
import io.adapterworks.curate.duplicate.Signature;
import io.adapterworks.curate.duplicate.TextKey;
import io.adapterworks.curate.schema.CurationStateTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Measures near-duplicate search on a labelled set that it builds: real texts, each with copies
 * that differ by one to many seeded edits. The similarity of an original and its copy is computed
 * from the texts themselves, by sets of strings, apart from the code under test.
 */
public final class NearDuplicateBenchmark {
  private static final int COPIES = 4;
  private static final int LONGEST = 2000;

  private static final StructType KEYS =
      new StructType()
          .add(CurationStateTable.NODE, DataTypes.LongType, false)
          .add(
              CurationStateTable.BANDS, DataTypes.createArrayType(DataTypes.LongType, false), false)
          .add(CurationStateTable.SHINGLES, DataTypes.BinaryType, false);

  private final SparkSession spark;
  private final NearDuplicateConfig config;

  public NearDuplicateBenchmark(SparkSession spark, NearDuplicateConfig config) {
    this.spark = spark;
    this.config = config;
  }

  /**
   * What was found.
   *
   * @param texts distinct texts compared
   * @param pairs labelled pairs at or above the threshold
   * @param recall share of them that ended in one cluster
   * @param byJaccard the same by tenths of similarity, with the number of pairs; those below the
   *     threshold are in one cluster only through others
   * @param links pairs that were merged on their own account
   * @param falseLinks those of them whose similarity is below the threshold
   */
  public record Result(
      int texts,
      int pairs,
      double recall,
      Map<String, Bucket> byJaccard,
      long links,
      long falseLinks,
      double seconds) {}

  /** Labelled pairs of like similarity, and how many of them ended in one cluster. */
  public record Bucket(int pairs, int together) {}

  private record Pair(long left, long right, double jaccard) {}

  /** Builds the set with {@code seed} and searches it. */
  public Result run(List<Corpus.Example> corpus, long seed) {
    Map<Long, String> texts = new HashMap<>();
    List<Pair> pairs = pairs(corpus, seed, texts);
    long begun = System.nanoTime();
    List<Row> links =
        new NearDuplicates(config, FreshRows.MANY).links(keys(texts.values())).collectAsList();
    double seconds = (System.nanoTime() - begun) * 1e-9;
    Components clusters = new Components();
    long falseLinks = 0;
    for (Row link : links) {
      clusters.connect(link.getLong(0), link.getLong(1));
      double jaccard = jaccard(texts.get(link.getLong(0)), texts.get(link.getLong(1)));
      falseLinks += jaccard < config.threshold() ? 1 : 0;
    }
    return result(texts.size(), pairs, clusters, new Links(links.size(), falseLinks, seconds));
  }

  private record Links(long all, long wrong, double seconds) {}

  private Result result(int texts, List<Pair> pairs, Components clusters, Links links) {
    Map<String, Bucket> buckets = new TreeMap<>();
    int asked = 0;
    int found = 0;
    for (Pair pair : pairs) {
      boolean together = clusters.find(pair.left()) == clusters.find(pair.right());
      int tenth = (int) Math.floor(pair.jaccard() * 10 + 1e-9);
      buckets.merge(
          "0." + Math.min(tenth, 9),
          new Bucket(1, together ? 1 : 0),
          (a, b) -> new Bucket(a.pairs() + b.pairs(), a.together() + b.together()));
      if (pair.jaccard() >= config.threshold()) {
        asked++;
        found += together ? 1 : 0;
      }
    }
    return new Result(
        texts,
        asked,
        asked == 0 ? 0 : (double) found / asked,
        buckets,
        links.all(),
        links.wrong(),
        links.seconds());
  }

  /** Originals and edited copies; each text's key by its node in {@code texts}. */
  private List<Pair> pairs(List<Corpus.Example> corpus, long seed, Map<Long, String> texts) {
    SplittableRandom random = new SplittableRandom(seed);
    List<String> words = new ArrayList<>();
    corpus.forEach(example -> words.addAll(List.of(example.text().split(" ", 4))));
    TextEdits edits = new TextEdits(random.split(), words);
    List<Pair> pairs = new ArrayList<>();
    for (Corpus.Example example : corpus) {
      String original =
          example.text().length() <= LONGEST
              ? example.text()
              : example.text().substring(0, LONGEST);
      String key = TextKey.of(original, null);
      int length = original.split(" ", -1).length;
      for (int copy = 0; copy < COPIES; copy++) {
        int most = Math.max(1, length / 6);
        String edited = TextKey.of(edits.edit(original, 1 + random.nextInt(most)), null);
        if (!edited.equals(key)) {
          texts.put(Signature.node(key), key);
          texts.put(Signature.node(edited), edited);
          pairs.add(new Pair(Signature.node(key), Signature.node(edited), jaccard(key, edited)));
        }
      }
    }
    return pairs;
  }

  private Dataset<Row> keys(Iterable<String> texts) {
    Signature signature = new Signature(config);
    List<Row> rows = new ArrayList<>();
    for (String text : texts) {
      int[] shingles = signature.shingles(text);
      rows.add(
          RowFactory.create(
              Signature.node(text), signature.bands(shingles), Signature.pack(shingles)));
    }
    return spark.createDataFrame(rows, KEYS).repartition(spark.sparkContext().defaultParallelism());
  }

  private double jaccard(String left, String right) {
    Set<String> a = shingles(left);
    Set<String> b = shingles(right);
    Set<String> both = new HashSet<>(a);
    both.retainAll(b);
    return (double) both.size() / (a.size() + b.size() - both.size());
  }

  private Set<String> shingles(String key) {
    Set<String> shingles = new HashSet<>();
    for (int i = 0; i + config.shingle() <= key.length(); i++) {
      shingles.add(key.substring(i, i + config.shingle()));
    }
    if (shingles.isEmpty()) {
      shingles.add(key);
    }
    return shingles;
  }
}
