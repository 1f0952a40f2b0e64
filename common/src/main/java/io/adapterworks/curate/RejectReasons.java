package io.adapterworks.curate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.struct;

import io.adapterworks.curate.schema.RejectTable;
import io.adapterworks.table.DeltaStore;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.spark.sql.Row;

/**
 * The most frequent reasons for rows that were dropped by a fault of the files or of the use case,
 * which a person can mend, rather than by what the rows say.
 */
public final class RejectReasons {
  private static final Set<String> MENDABLE =
      Set.of("unknown-label", "missing-label", "missing-field", "unreadable-file");

  private static final int MOST = 5;

  private RejectReasons() {}

  /**
   * Lines such as {@code 12 rows: the object has no field intent (first in a.jsonl:3)}, the most
   * frequent first; none where the run dropped no such row, which costs no Spark job.
   */
  public static List<String> mendable(DeltaStore store, CurationOutcome outcome) {
    if (!(outcome instanceof CurationOutcome.Curated curated)
        || curated.dropped().keySet().stream().noneMatch(MENDABLE::contains)) {
      return List.of();
    }
    return store
        .read(RejectTable.SPEC)
        .where(col(RejectTable.RULE).isin(MENDABLE.toArray()))
        .groupBy(RejectTable.REASON)
        .agg(
            count(lit(1)).as("rows"), min(struct(RejectTable.SOURCE, RejectTable.LINE)).as("first"))
        .orderBy(col("rows").desc(), col(RejectTable.REASON))
        .limit(MOST)
        .collectAsList()
        .stream()
        .map(RejectReasons::line)
        .toList();
  }

  private static String line(Row row) {
    Row first = row.getStruct(2);
    return String.format(
        Locale.ROOT,
        "%d %s: %s (first in %s:%d)",
        row.getLong(1),
        row.getLong(1) == 1 ? "row" : "rows",
        row.getString(0),
        first.getString(0),
        first.getLong(1));
  }
}
