package io.adapterworks.curate.duplicate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.TestSpark;
import io.adapterworks.curate.schema.CurationStateTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/**
 * Clusters depend on the texts alone: not on their order, their partitions or the nights in which
 * they came. The expected clusters are those of all pairs compared one by one.
 */
class ClusterPropertyTest {
  private static final NearDuplicateConfig CONFIG = new NearDuplicateConfig(0.7, 5, 24, 5);
  private static final Signature SIGNATURE = new Signature(CONFIG);

  private static final StructType KEYS =
      new StructType()
          .add(CurationStateTable.NODE, DataTypes.LongType, false)
          .add(
              CurationStateTable.BANDS, DataTypes.createArrayType(DataTypes.LongType, false), false)
          .add(CurationStateTable.SHINGLES, DataTypes.BinaryType, false);

  @Test
  void clustersAreTheSameWhateverTheOrderThePartitionsAndTheNights() {
    List<String> texts = texts(new SplittableRandom(11));
    Map<Long, Long> expected = inNights(List.of(texts), 1, FreshRows.MANY);
    assertTrue(new TreeSet<>(expected.values()).size() < expected.size());

    SplittableRandom random = new SplittableRandom(12);
    for (int trial = 0; trial < 3; trial++) {
      List<String> shuffled = new ArrayList<>(texts);
      Collections.shuffle(shuffled, new Random(random.nextLong()));
      int first = random.nextInt(shuffled.size());
      int second = random.nextInt(first, shuffled.size());
      List<List<String>> nights =
          List.of(
              shuffled.subList(0, first),
              shuffled.subList(first, second),
              shuffled.subList(second, shuffled.size()));
      assertEquals(
          expected,
          inNights(nights, 1 + random.nextInt(5), trial % 2 == 0 ? FreshRows.FEW : FreshRows.MANY),
          "nights end after " + first + " and " + second);
    }
  }

  /** Of a group as large as this the rest is searched through the index of prefixes. */
  @Test
  void aLargeGroupIsConnectedAsAllItsPairsConnectIt() {
    SplittableRandom random = new SplittableRandom(13);
    String boilerplate = "thank you for your message about order number ";
    List<int[]> sets = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      String own = Long.toString(random.nextLong(1L << 60), 36);
      sets.add(SIGNATURE.shingles(boilerplate + own + own.substring(0, 3 + i % 3)));
      if (i % 10 == 0) {
        sets.add(SIGNATURE.shingles(boilerplate + own + "x"));
      }
    }
    KeyGroup group = new KeyGroup(CONFIG.threshold());
    Components expected = new Components();
    for (int i = 0; i < sets.size(); i++) {
      group.add(i, sets.get(i), true);
      for (int j = 0; j < i; j++) {
        if (Signature.jaccard(sets.get(i), sets.get(j)) >= CONFIG.threshold()) {
          expected.connect(i, j);
        }
      }
    }
    Components found = new Components();
    for (Row link : group.links()) {
      assertTrue(
          Signature.jaccard(sets.get((int) link.getLong(0)), sets.get((int) link.getLong(1)))
              >= CONFIG.threshold());
      found.connect(link.getLong(0), link.getLong(1));
    }

    assertEquals(expected.all(), found.all());
    assertTrue(expected.all().size() > 50, expected.all()::toString);
  }

  /** Each text's node, with the smallest node of its cluster. */
  private static Map<Long, Long> inNights(
      List<List<String>> nights, int partitions, FreshRows size) {
    List<String> known = new ArrayList<>();
    Components components = new Components();
    for (List<String> night : nights) {
      new NearDuplicates(CONFIG, size)
          .links(keys(night, partitions), keys(known, partitions))
          .collectAsList()
          .forEach(link -> components.connect(link.getLong(0), link.getLong(1)));
      known.addAll(night);
    }
    Map<Long, Long> clusters = new TreeMap<>();
    known.forEach(
        text -> clusters.put(Signature.node(text), components.find(Signature.node(text))));
    return clusters;
  }

  private static Dataset<Row> keys(List<String> texts, int partitions) {
    List<Row> rows = new ArrayList<>();
    for (String text : texts) {
      int[] shingles = SIGNATURE.shingles(text);
      rows.add(
          RowFactory.create(
              Signature.node(text), SIGNATURE.bands(shingles), Signature.pack(shingles)));
    }
    return TestSpark.session().createDataFrame(rows, KEYS).repartition(partitions);
  }

  /** Chains of texts, each a word apart from the one before, and texts of their own. */
  private static List<String> texts(SplittableRandom random) {
    TreeSet<String> texts = new TreeSet<>();
    for (int chain = 0; chain < 30; chain++) {
      List<String> words = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        words.add(word(random));
      }
      for (int link = 0; link < 5; link++) {
        texts.add(String.join(" ", words));
        words.set(random.nextInt(words.size()), word(random));
      }
    }
    return List.copyOf(texts);
  }

  private static String word(SplittableRandom random) {
    return Long.toString(random.nextLong(1L << 26), 26).replaceAll("[0-9]", "q");
  }
}
