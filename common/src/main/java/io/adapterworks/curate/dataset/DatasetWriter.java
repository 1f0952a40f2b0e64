package io.adapterworks.curate.dataset;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;

import io.adapterworks.curate.schema.AugmentationTrialTable;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.CurationRunTable;
import io.adapterworks.curate.schema.DatasetRejectTable;
import io.adapterworks.curate.schema.DatasetRunTable;
import io.adapterworks.curate.schema.DatasetTable;
import io.adapterworks.table.DeltaStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Writes a dataset, what it leaves out and the counts. */
final class DatasetWriter {
  private static final String PICKED = "picked_id";

  private static final StructType VARIANTS =
      new StructType()
          .add(DatasetTable.ID, DataTypes.StringType, false)
          .add(DatasetTable.TEXT, DataTypes.StringType, false)
          .add(DatasetTable.PARENT_ID, DataTypes.StringType, false)
          .add(DatasetTable.OPERATION, DataTypes.StringType, false);

  private final DeltaStore store;
  private final DatasetRun run;

  DatasetWriter(DeltaStore store, DatasetRun run) {
    this.store = store;
    this.run = run;
  }

  DatasetOutcome write(Dataset<Row> rows, DatasetPlan plan, Augmented augmented, int underReview) {
    Dataset<Row> heldOut = rows.where(col(CuratedTable.SPLIT).notEqual(CuratedTable.TRAIN));
    // First and last: see DatasetRun.
    store.append(DatasetRunTable.SPEC, counts(plan), run.transaction());
    store.replace(DatasetRejectTable.SPEC, rejects(plan.leftOut()), run.transaction());
    if (!augmented.equals(Augmented.NONE)) {
      store.append(AugmentationTrialTable.SPEC, trial(augmented), run.transaction());
    }
    Dataset<Row> picked = picked(rows, plan);
    Dataset<Row> training =
        augmented.isKept() ? picked.unionByName(variants(picked, augmented)) : picked;
    store.replace(DatasetTable.SPEC, columns(training.unionByName(heldOut)), run.transaction());
    return new DatasetOutcome.Made(
        DatasetRun.newest(store),
        plan.training().size() + augmented.kept().size(),
        heldOut.count(),
        underReview,
        plan.droppedByStep());
  }

  private Dataset<Row> picked(Dataset<Row> rows, DatasetPlan plan) {
    Dataset<Row> ids =
        store
            .spark()
            .createDataset(plan.training().stream().map(Example::id).toList(), Encoders.STRING())
            .toDF(PICKED);
    return rows.join(broadcast(ids), col(CuratedTable.ID).equalTo(col(PICKED)), "left_semi");
  }

  /** Varied copies with everything but id and text from their parents. */
  private Dataset<Row> variants(Dataset<Row> picked, Augmented augmented) {
    List<Row> made =
        augmented.kept().stream()
            .map(v -> RowFactory.create(v.id(), v.text(), v.parent().id(), v.operation().spelled()))
            .toList();
    Dataset<Row> copies = store.spark().createDataFrame(made, VARIANTS);
    return picked
        .withColumnRenamed(DatasetTable.ID, PICKED)
        .drop(DatasetTable.TEXT, DatasetTable.PARENT_ID, DatasetTable.OPERATION)
        .join(broadcast(copies), col(PICKED).equalTo(col(DatasetTable.PARENT_ID)))
        .drop(PICKED);
  }

  private Dataset<Row> trial(Augmented augmented) {
    Row row =
        RowFactory.create(
            run.number(),
            (long) augmented.variants().size(),
            (long) augmented.validation(),
            augmented.without(),
            augmented.with(),
            augmented.isKept(),
            augmented.trial());
    return store.spark().createDataFrame(List.of(row), AugmentationTrialTable.SPEC.schema());
  }

  private static Dataset<Row> columns(Dataset<Row> rows) {
    return rows.select(
        DatasetTable.SPEC.columnNames().stream()
            .map(name -> col(name))
            .toArray(org.apache.spark.sql.Column[]::new));
  }

  private Dataset<Row> rejects(List<LeftOut> leftOut) {
    List<Row> rows = new ArrayList<>();
    for (LeftOut row : leftOut) {
      rows.add(
          RowFactory.create(
              row.example().id(),
              row.rule(),
              row.score(),
              row.threshold(),
              row.reason(),
              row.example().text(),
              row.example().label(),
              row.keptId()));
    }
    return store.spark().createDataFrame(rows, DatasetRejectTable.SPEC.schema());
  }

  private Dataset<Row> counts(DatasetPlan plan) {
    List<Row> rows = new ArrayList<>();
    long left = (long) plan.training().size() + plan.leftOut().size();
    for (Map.Entry<String, Map<String, Integer>> step : plan.droppedByStep().entrySet()) {
      rows.add(row(step.getKey(), CurationRunTable.READ, left));
      for (Map.Entry<String, Integer> rule : step.getValue().entrySet()) {
        rows.add(row(step.getKey(), rule.getKey(), rule.getValue()));
        left -= rule.getValue();
      }
      rows.add(row(step.getKey(), CurationRunTable.KEPT, left));
    }
    return store.spark().createDataFrame(rows, DatasetRunTable.SPEC.schema());
  }

  private Row row(String step, String rule, long count) {
    return RowFactory.create(run.number(), run.curatedVersion(), step, rule, count, run.madeFrom());
  }
}
