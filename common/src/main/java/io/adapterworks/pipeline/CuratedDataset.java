package io.adapterworks.pipeline;

import static org.apache.spark.sql.functions.col;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.table.DeltaStore;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.spark.sql.Row;

/**
 * The labelled rows of one version of curated_examples.
 *
 * @param version the Delta version: the dataset version
 */
public record CuratedDataset(long version, LabelledSplits splits) {
  /** The newest version. */
  public static CuratedDataset newest(DeltaStore tables) {
    OptionalLong version = tables.dataVersion(CuratedTable.SPEC);
    Check.that(
        version.isPresent(),
        ErrorCode.NOTHING_TO_DO,
        "there is no table curated_examples yet; run ingest and curate first");
    return of(tables, version.getAsLong());
  }

  /** One version, rows in the order of their ids, so that the same version gives the same lists. */
  public static CuratedDataset of(DeltaStore tables, long version) {
    List<Row> rows =
        tables
            .read(CuratedTable.SPEC, version)
            .where(col(CuratedTable.LABEL).isNotNull())
            .orderBy(CuratedTable.ID)
            .select(CuratedTable.TEXT, CuratedTable.LABEL, CuratedTable.SPLIT)
            .collectAsList();
    List<LabelledText> training = new ArrayList<>();
    List<LabelledText> validation = new ArrayList<>();
    List<LabelledText> test = new ArrayList<>();
    for (Row row : rows) {
      LabelledText text = new LabelledText(row.getString(0), row.getString(1));
      switch (row.getString(2)) {
        case CuratedTable.TRAIN -> training.add(text);
        case CuratedTable.VALIDATION -> validation.add(text);
        default -> test.add(text);
      }
    }
    return new CuratedDataset(version, new LabelledSplits(training, validation, test));
  }
}
