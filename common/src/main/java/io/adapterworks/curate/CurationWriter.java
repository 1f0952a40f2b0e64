package io.adapterworks.curate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.CurationRunTable;
import io.adapterworks.curate.schema.CurationStateTable;
import io.adapterworks.curate.schema.DuplicateEdgeTable;
import io.adapterworks.curate.schema.RejectTable;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Writes what a run decided, one commit a table, in an order that makes a killed run repeatable:
 * the table of runs first, so that it is known what had begun, and the state last, which the others
 * can be recomputed without.
 */
final class CurationWriter {
  private final DeltaStore store;
  private final CurationRun run;

  CurationWriter(DeltaStore store, CurationRun run) {
    this.store = store;
    this.run = run;
  }

  CurationOutcome write(
      Dataset<Row> rows, List<Row> links, Dataset<Row> verdicts, RunCounts rowCounts) {
    Dataset<Row> kept = verdicts.where(col(ClusterVerdicts.KEPT));
    Dataset<Row> dropped = verdicts.where(col(ClusterVerdicts.KEPT).equalTo(false));
    // A first load has no older rows among those dropped.
    RunCounts counts = rowCounts.withDuplicates(run.rebuilds() ? dropped : onlyNew(dropped, rows));
    add(
        CurationRunTable.SPEC,
        store.spark().createDataFrame(counts.rows(run), CurationRunTable.SPEC.schema()));
    put(CuratedTable.SPEC, kept.select(columns(CuratedTable.SPEC)), dropped);
    put(RejectTable.SPEC, rejects(rows, dropped), kept);
    add(
        DuplicateEdgeTable.SPEC,
        store.spark().createDataFrame(links, DuplicateEdgeTable.SPEC.schema()));
    add(
        CurationStateTable.SPEC,
        rows.where(col(RejectTable.RULE).isNull()).select(columns(CurationStateTable.SPEC)));
    return new CurationOutcome.Curated(
        store.dataVersion(CuratedTable.SPEC).orElseThrow(),
        counts.read(),
        counts.kept(),
        counts.droppedByRule());
  }

  private void put(TableSpec table, Dataset<Row> rows, Dataset<Row> gone) {
    if (run.rebuilds()) {
      store.replace(table, rows, run.transaction());
    } else {
      store.mergeAndDelete(table, rows, gone, run.transaction());
    }
  }

  private void add(TableSpec table, Dataset<Row> rows) {
    boolean history = table.equals(CurationRunTable.SPEC);
    if (run.rebuilds() && !history) {
      store.replace(table, rows, run.transaction());
    } else {
      store.append(table, rows, run.transaction());
    }
  }

  private static Dataset<Row> onlyNew(Dataset<Row> dropped, Dataset<Row> rows) {
    return dropped.join(
        rows.select(col(CurationStateTable.ID).as("new_id")),
        col(RejectTable.ID).equalTo(col("new_id")),
        "left_semi");
  }

  private static Dataset<Row> rejects(Dataset<Row> rows, Dataset<Row> dropped) {
    Dataset<Row> bySteps =
        rows.where(col(RejectTable.RULE).isNotNull())
            .withColumn(RejectTable.CLUSTER_ID, lit(null).cast("string"))
            .withColumn(RejectTable.KEPT_ID, lit(null).cast("string"));
    Column[] columns = columns(RejectTable.SPEC);
    return bySteps.select(columns).unionByName(dropped.select(columns));
  }

  private static Column[] columns(TableSpec table) {
    return table.columnNames().stream().map(name -> col(name)).toArray(Column[]::new);
  }
}
