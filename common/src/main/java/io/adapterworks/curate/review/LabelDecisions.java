package io.adapterworks.curate.review;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.row_number;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.LabelDecisionTable;
import io.adapterworks.table.DeltaStore;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/** The newest decision about each row. */
public final class LabelDecisions {
  /** The label before a decision changed it. */
  public static final String RECORDED_LABEL = "recorded_label";

  /** Whether a person decided about the row. */
  public static final String DECIDED = "decided";

  private static final String BY_ID = "label_by_id";
  private static final String BY_TEXT = "label_by_text";

  private final DeltaStore store;

  public LabelDecisions(DeltaStore store) {
    this.store = store;
  }

  /** The decided label by row id. */
  public Map<String, String> byId() {
    Map<String, String> labels = new HashMap<>();
    newest(LabelDecisionTable.ID)
        .select(LabelDecisionTable.ID, LabelDecisionTable.DECIDED_LABEL)
        .collectAsList()
        .forEach(row -> labels.put(row.getString(0), row.getString(1)));
    return labels;
  }

  /**
   * Rows with the labels that people gave them. A decision is about a row; it also holds for
   * another row of the same text, since of equal texts any one may be kept as data comes in.
   */
  public Dataset<Row> apply(Dataset<Row> rows) {
    Dataset<Row> byId =
        newest(LabelDecisionTable.ID)
            .select(col(LabelDecisionTable.ID), col(LabelDecisionTable.DECIDED_LABEL).as(BY_ID));
    Dataset<Row> byText =
        newest(LabelDecisionTable.TEXT)
            .select(
                col(LabelDecisionTable.TEXT), col(LabelDecisionTable.DECIDED_LABEL).as(BY_TEXT));
    var decided = coalesce(col(BY_ID), col(BY_TEXT));
    return rows.join(broadcast(byId), on(CuratedTable.ID), "left")
        .join(broadcast(byText), on(CuratedTable.TEXT), "left")
        .withColumn(RECORDED_LABEL, col(CuratedTable.LABEL))
        .withColumn(CuratedTable.LABEL, coalesce(decided, col(CuratedTable.LABEL)))
        .withColumn(DECIDED, decided.isNotNull())
        .drop(BY_ID, BY_TEXT);
  }

  private Dataset<Row> newest(String key) {
    return store
        .readOrEmpty(LabelDecisionTable.SPEC)
        .withColumn(
            "place",
            row_number()
                .over(Window.partitionBy(key).orderBy(col(LabelDecisionTable.DECIDED_AT).desc())))
        .where(col("place").equalTo(1));
  }

  private static scala.collection.immutable.Seq<String> on(String column) {
    return scala.jdk.javaapi.CollectionConverters.asScala(java.util.List.of(column)).toSeq();
  }
}
