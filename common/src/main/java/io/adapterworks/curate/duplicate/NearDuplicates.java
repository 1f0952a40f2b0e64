package io.adapterworks.curate.duplicate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.xxhash64;

import io.adapterworks.curate.schema.CurationStateTable;
import io.adapterworks.curate.schema.DuplicateEdgeTable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Finds near duplicates: keys that share a MinHash band are gathered into groups, equal groups of
 * different bands become one, and inside a group pairs are verified by the true Jaccard similarity
 * of their shingles. A pair whose members are linked through others of the group is not verified: a
 * group of n copies costs n comparisons, not n². The links of a group, not its order or partition,
 * make the components, so they are the same however the rows lie.
 */
public final class NearDuplicates {
  private static final String NODE = CurationStateTable.NODE;
  private static final String FRESH = "fresh";
  private static final String BAND = "band";
  private static final String MEMBERS = "members";
  private static final String GROUP = "member_group";

  private static final StructType GROUPS =
      new StructType().add(MEMBERS, DataTypes.createArrayType(DataTypes.LongType, false), false);

  private static final StructType EDGES =
      new StructType()
          .add(DuplicateEdgeTable.LEFT, DataTypes.LongType, false)
          .add(DuplicateEdgeTable.RIGHT, DataTypes.LongType, false);

  private final double threshold;
  private final FreshRows size;

  /**
   * @param size whether fresh keys are few enough to be sent to every task
   */
  public NearDuplicates(NearDuplicateConfig config, FreshRows size) {
    this.threshold = config.threshold();
    this.size = size;
  }

  /**
   * Links between near duplicates of which at least one is fresh.
   *
   * @param fresh keys that were never compared: node, bands, shingles; one row a node
   * @param known keys that were compared with each other before, in the same columns; a node may
   *     have several rows
   * @return rows of {@link DuplicateEdgeTable}, enough to connect what belongs together
   */
  public Dataset<Row> links(Dataset<Row> fresh, Dataset<Row> known) {
    Dataset<Row> touched =
        size.settled(
            bands(known, false)
                .join(
                    size.small(bands(fresh, true).select(BAND).distinct()),
                    seq(BAND),
                    "left_semi"));
    Dataset<Row> touchedShingles =
        shingles(known, false)
            .join(size.small(touched.select(NODE).distinct()), seq(NODE), "left_semi")
            .dropDuplicates(NODE);
    return verified(
        bands(fresh, true).unionByName(touched),
        shingles(fresh, true).unionByName(touchedShingles));
  }

  /** Links among keys that were never compared; one row a node. */
  public Dataset<Row> links(Dataset<Row> fresh) {
    return verified(bands(fresh, true), shingles(fresh, true));
  }

  private Dataset<Row> verified(Dataset<Row> bands, Dataset<Row> shingles) {
    Dataset<Row> groups =
        bands
            .repartition(col(BAND))
            .sortWithinPartitions(BAND, NODE)
            .mapPartitions((MapPartitionsFunction<Row, Row>) BandGroups::new, Encoders.row(GROUPS))
            .withColumn(GROUP, xxhash64(col(MEMBERS)))
            .dropDuplicates(GROUP)
            .select(col(GROUP), explode(col(MEMBERS)).as(NODE));
    double least = threshold;
    return groups
        .join(shingles, seq(NODE))
        .repartition(col(GROUP))
        .sortWithinPartitions(GROUP, NODE)
        .mapPartitions(
            (MapPartitionsFunction<Row, Row>) rows -> new GroupLinks(rows, least),
            Encoders.row(EDGES))
        .distinct();
  }

  private static Dataset<Row> bands(Dataset<Row> keys, boolean fresh) {
    return keys.select(
        col(NODE), explode(col(CurationStateTable.BANDS)).as(BAND), lit(fresh).as(FRESH));
  }

  private static Dataset<Row> shingles(Dataset<Row> keys, boolean fresh) {
    return keys.select(col(NODE), col(CurationStateTable.SHINGLES), lit(fresh).as(FRESH));
  }

  private static scala.collection.immutable.Seq<String> seq(String column) {
    return scala.jdk.javaapi.CollectionConverters.asScala(List.of(column)).toSeq();
  }

  /** Groups of two or more nodes, one of them fresh, that share a band. */
  private static final class BandGroups implements Iterator<Row> {
    private final Iterator<Row> rows;
    private Row ahead;
    private Row group;

    BandGroups(Iterator<Row> sorted) {
      this.rows = sorted;
      this.ahead = sorted.hasNext() ? sorted.next() : null;
    }

    @Override
    public boolean hasNext() {
      while (group == null && ahead != null) {
        group = readGroup();
      }
      return group != null;
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Row result = group;
      group = null;
      return result;
    }

    private Row readGroup() {
      long band = ahead.getAs(BAND);
      List<Long> members = new ArrayList<>(2);
      boolean anyFresh = false;
      while (ahead != null && band == ahead.<Long>getAs(BAND)) {
        long node = ahead.getAs(NODE);
        if (members.isEmpty() || members.get(members.size() - 1) != node) {
          members.add(node);
        }
        anyFresh |= ahead.<Boolean>getAs(FRESH);
        ahead = rows.hasNext() ? rows.next() : null;
      }
      return anyFresh && members.size() > 1
          ? RowFactory.create((Object) members.toArray(Long[]::new))
          : null;
    }
  }

  /** Verified links of each group. */
  private static final class GroupLinks implements Iterator<Row> {
    private final Iterator<Row> rows;
    private final double threshold;
    private Row ahead;
    private Iterator<Row> links = List.<Row>of().iterator();

    GroupLinks(Iterator<Row> sorted, double threshold) {
      this.rows = sorted;
      this.threshold = threshold;
      this.ahead = sorted.hasNext() ? sorted.next() : null;
    }

    @Override
    public boolean hasNext() {
      while (!links.hasNext() && ahead != null) {
        links = readGroup().links().iterator();
      }
      return links.hasNext();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return links.next();
    }

    private KeyGroup readGroup() {
      long group = ahead.getAs(GROUP);
      KeyGroup keys = new KeyGroup(threshold);
      while (ahead != null && group == ahead.<Long>getAs(GROUP)) {
        keys.add(
            ahead.getAs(NODE),
            Signature.unpack(ahead.getAs(CurationStateTable.SHINGLES)),
            ahead.getAs(FRESH));
        ahead = rows.hasNext() ? rows.next() : null;
      }
      return keys;
    }
  }
}
