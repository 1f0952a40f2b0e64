package io.adapterworks.curate.dataset;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.xxhash64;

import io.adapterworks.curate.schema.CuratedTable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/**
 * The rows that are looked at closely. Of a pool larger than that it is a sample by the hash of the
 * row id, the same every night but for what came in, so that embeddings are computed once.
 */
final class Candidates {
  private static final String PLACE = "place";

  private final TargetConfig config;

  Candidates(TargetConfig config) {
    this.config = config;
  }

  /** Training rows, alike many of each label, and held-out rows as they come. */
  Dataset<Row> of(Dataset<Row> rows) {
    Dataset<Row> training = rows.where(col(CuratedTable.SPLIT).equalTo(CuratedTable.TRAIN));
    Dataset<Row> heldOut = rows.where(col(CuratedTable.SPLIT).notEqual(CuratedTable.TRAIN));
    return first(training, CuratedTable.LABEL, perLabel(training))
        .unionByName(first(heldOut, CuratedTable.SPLIT, config.heldOut()));
  }

  /** Enough of each label, though some have few, to make up the number of candidates. */
  private long perLabel(Dataset<Row> training) {
    var sizes =
        training.groupBy(CuratedTable.LABEL).agg(count("*").as("n")).collectAsList().stream()
            .mapToLong(row -> row.getLong(1))
            .sorted()
            .toArray();
    long left = config.candidates();
    for (int i = 0; i < sizes.length; i++) {
      long share = left / (sizes.length - i);
      if (sizes[i] > share) {
        return Math.max(1, share);
      }
      left -= sizes[i];
    }
    return Long.MAX_VALUE;
  }

  private static Dataset<Row> first(Dataset<Row> rows, String group, long most) {
    return rows.withColumn(
            PLACE,
            row_number()
                .over(
                    Window.partitionBy(group)
                        .orderBy(xxhash64(col(CuratedTable.ID)), col(CuratedTable.ID))))
        .where(col(PLACE).leq(most))
        .drop(PLACE);
  }
}
