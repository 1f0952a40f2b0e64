package io.adapterworks.curate.review;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.negate;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.LabelReviewTable;
import io.adapterworks.curate.schema.RejectTable;
import io.adapterworks.table.DeltaStore;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Examples whose duplicates were recorded with other labels. The label that most rows carry was
 * kept; the strongest other one, of equals the one that came first, is the suggestion, and its
 * share of the rows that carry either is the suspicion.
 */
final class ConflictingLabels {
  private static final String VOTES = "votes";
  private static final String FIRST = "first";
  private static final String VOTED = "voted_label";
  private static final String WINNER = "winner_votes";
  private static final String OTHER = "other";

  private ConflictingLabels() {}

  /** As items that nobody has decided about, in no order. */
  static List<ReviewItem> in(DeltaStore store) {
    Dataset<Row> votes =
        store
            .readOrEmpty(RejectTable.SPEC)
            .where(col(RejectTable.KEPT_ID).isNotNull().and(col(RejectTable.LABEL).isNotNull()))
            .groupBy(col(RejectTable.KEPT_ID), col(RejectTable.LABEL).as(VOTED))
            .agg(
                count("*").as(VOTES),
                min(struct(RejectTable.SOURCE, RejectTable.LINE, RejectTable.ID)).as(FIRST));
    Column same = col(VOTED).equalTo(col(CuratedTable.LABEL));
    return store
        .read(CuratedTable.SPEC)
        .select(CuratedTable.ID, CuratedTable.TEXT, CuratedTable.LABEL)
        .join(votes, col(CuratedTable.ID).equalTo(col(RejectTable.KEPT_ID)))
        .groupBy(CuratedTable.ID, CuratedTable.TEXT, CuratedTable.LABEL)
        .agg(
            sum(when(same, col(VOTES)).otherwise(0)).plus(1).as(WINNER),
            min(when(
                    same.equalTo(false),
                    struct(negate(col(VOTES)).as(VOTES), col(FIRST), col(VOTED))))
                .as(OTHER))
        .where(col(OTHER).isNotNull())
        .select(
            col(CuratedTable.ID),
            col(CuratedTable.TEXT),
            col(CuratedTable.LABEL),
            col(OTHER + "." + VOTED),
            negate(col(OTHER + "." + VOTES)),
            col(WINNER))
        .collectAsList()
        .stream()
        .map(ConflictingLabels::item)
        .toList();
  }

  private static ReviewItem item(Row row) {
    double other = row.getLong(4);
    return new ReviewItem(
        row.getString(0),
        row.getString(1),
        row.getString(2),
        row.getString(3),
        other / (other + row.getLong(5)),
        LabelReviewTable.CONFLICTING_LABELS,
        LabelReviewTable.OPEN,
        null);
  }
}
