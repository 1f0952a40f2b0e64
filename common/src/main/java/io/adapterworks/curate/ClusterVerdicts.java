package io.adapterworks.curate;

import io.adapterworks.curate.duplicate.Signature;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.CurationStateTable;
import io.adapterworks.curate.schema.RejectTable;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Keeps one row of each cluster of duplicates and says why the others go. The earliest row, by
 * source, then line, names the cluster. Where labels differ, the one that most rows carry wins, and
 * of equals the one that came first; the earliest row of that label is kept.
 */
final class ClusterVerdicts implements Serializable {
  static final String COMPONENT = "component";
  static final String KEPT = "kept";

  static final String EXACT = "exact-duplicate";
  static final String NEAR = "near-duplicate";

  static final StructType SCHEMA =
      CuratedTable.SPEC
          .schema()
          .add(KEPT, DataTypes.BooleanType)
          .add(RejectTable.KEPT_ID, DataTypes.StringType)
          .add(RejectTable.RULE, DataTypes.StringType)
          .add(RejectTable.SCORE, DataTypes.DoubleType)
          .add(RejectTable.THRESHOLD, DataTypes.DoubleType)
          .add(RejectTable.REASON, DataTypes.StringType);

  private final double threshold;
  private final Splitter splitter;

  ClusterVerdicts(double threshold, Splitter splitter) {
    this.threshold = threshold;
    this.splitter = splitter;
  }

  /** Judges whole clusters; {@code rows} carry the state's columns and their component. */
  Dataset<Row> apply(Dataset<Row> rows) {
    return rows.repartition(rows.col(COMPONENT))
        .sortWithinPartitions(
            COMPONENT, CurationStateTable.SOURCE, CurationStateTable.LINE, CurationStateTable.ID)
        .mapPartitions((MapPartitionsFunction<Row, Row>) Verdicts::new, Encoders.row(SCHEMA));
  }

  private List<Row> judge(List<Row> cluster) {
    String clusterId = cluster.get(0).getAs(CurationStateTable.ID);
    String winner = most(cluster, votes(cluster));
    Row kept =
        cluster.stream()
            .filter(row -> Objects.equals(label(row), winner))
            .findFirst()
            .orElseThrow();
    List<Row> verdicts = new ArrayList<>(cluster.size());
    for (Row row : cluster) {
      verdicts.add(
          row == kept
              ? keep(row, clusterId, cluster.size())
              : drop(row, kept, clusterId, cluster.size()));
    }
    return verdicts;
  }

  private static Map<String, Integer> votes(List<Row> cluster) {
    Map<String, Integer> votes = new TreeMap<>();
    for (Row row : cluster) {
      if (label(row) != null) {
        votes.merge(label(row), 1, Integer::sum);
      }
    }
    return votes;
  }

  /** The label of most votes; of equals the one that comes first. */
  private static String most(List<Row> cluster, Map<String, Integer> votes) {
    String best = null;
    for (Row row : cluster) {
      String label = label(row);
      if (label != null && (best == null || votes.get(label) > votes.get(best))) {
        best = label;
      }
    }
    return best;
  }

  private static String label(Row row) {
    return row.getAs(CurationStateTable.LABEL);
  }

  private Row keep(Row row, String clusterId, int size) {
    Object[] verdict = {true, null, null, null, null, null};
    return verdict(row, clusterId, size, verdict);
  }

  private Row drop(Row row, Row kept, String clusterId, int size) {
    boolean exact =
        row.<Long>getAs(CurationStateTable.NODE).equals(kept.getAs(CurationStateTable.NODE));
    double similarity =
        exact
            ? 1
            : Signature.jaccard(
                Signature.unpack(row.getAs(CurationStateTable.SHINGLES)),
                Signature.unpack(kept.getAs(CurationStateTable.SHINGLES)));
    String of =
        kept.getAs(CurationStateTable.SOURCE) + " line " + kept.getAs(CurationStateTable.LINE);
    String reason =
        exact
            ? "the same text as " + of
            : String.format(
                Locale.ROOT,
                "%.3f like %s%s",
                similarity,
                of,
                similarity < threshold ? ", linked through other rows of the cluster" : "");
    Object[] verdict = {
      false,
      kept.getAs(CurationStateTable.ID),
      exact ? EXACT : NEAR,
      similarity,
      exact ? 1.0 : threshold,
      reason
    };
    return verdict(row, clusterId, size, verdict);
  }

  private Row verdict(Row row, String clusterId, int size, Object[] verdict) {
    Object[] curated = {
      row.getAs(CurationStateTable.ID),
      row.getAs(CurationStateTable.TEXT),
      row.getAs(CurationStateTable.RESPONSE),
      row.getAs(CurationStateTable.LABEL),
      splitter.split(clusterId),
      clusterId,
      size,
      row.getAs(CurationStateTable.PII),
      row.getAs(CurationStateTable.SCORES),
      row.getAs(CurationStateTable.SOURCE_ID),
      row.getAs(CurationStateTable.SOURCE),
      row.getAs(CurationStateTable.LINE),
      row.getAs(CurationStateTable.BATCH),
      null,
      null
    };
    Object[] all = Arrays.copyOf(curated, curated.length + verdict.length);
    System.arraycopy(verdict, 0, all, curated.length, verdict.length);
    return RowFactory.create(all);
  }

  /** Reads a sorted partition cluster by cluster. */
  private final class Verdicts implements Iterator<Row> {
    private final Iterator<Row> rows;
    private Row ahead;
    private Iterator<Row> ready = List.<Row>of().iterator();

    Verdicts(Iterator<Row> sorted) {
      this.rows = sorted;
      this.ahead = sorted.hasNext() ? sorted.next() : null;
    }

    @Override
    public boolean hasNext() {
      return ready.hasNext() || ahead != null;
    }

    @Override
    public Row next() {
      if (!ready.hasNext()) {
        long component = ahead.getAs(COMPONENT);
        List<Row> cluster = new ArrayList<>(1);
        while (ahead != null && component == ahead.<Long>getAs(COMPONENT)) {
          cluster.add(ahead);
          ahead = rows.hasNext() ? rows.next() : null;
        }
        ready = judge(cluster).iterator();
      }
      return ready.next();
    }
  }
}
