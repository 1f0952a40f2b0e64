package io.adapterworks.pipeline;

import static org.apache.spark.sql.functions.col;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.DeltaStore;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.spark.sql.Row;

/**
 * The rows with an answer of one version of curated_examples.
 *
 * @param version the Delta version: the dataset version
 */
public record AnsweredDataset(
    long version, List<Example> training, List<Example> validation, List<Example> test) {
  /** Fails where there is nothing to test a version on. */
  void requireTest() {
    CuratedDataset.requireTest(version, training.size(), test.size());
  }

  /** The newest version. */
  public static AnsweredDataset newest(DeltaStore tables) {
    OptionalLong version = tables.dataVersion(CuratedTable.SPEC);
    Check.that(
        version.isPresent(),
        ErrorCode.NOTHING_TO_DO,
        "there is no table curated_examples yet; run ingest and curate first");
    return of(tables, version.getAsLong());
  }

  /** One version, rows in the order of their ids, so that the same version gives the same lists. */
  public static AnsweredDataset of(DeltaStore tables, long version) {
    List<Row> rows =
        tables
            .read(CuratedTable.SPEC, version)
            .where(col(CuratedTable.RESPONSE).isNotNull())
            .orderBy(CuratedTable.ID)
            .select(CuratedTable.TEXT, CuratedTable.RESPONSE, CuratedTable.SPLIT)
            .collectAsList();
    AnsweredDataset dataset =
        new AnsweredDataset(version, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (Row row : rows) {
      Example example = new Example(row.getString(0), row.getString(1));
      switch (row.getString(2)) {
        case CuratedTable.TRAIN -> dataset.training.add(example);
        case CuratedTable.VALIDATION -> dataset.validation.add(example);
        default -> dataset.test.add(example);
      }
    }
    return dataset;
  }
}
