package io.adapterworks.pipeline;

import static org.apache.spark.sql.functions.col;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.DatasetTable;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.spark.sql.Row;

/**
 * The labelled rows of one dataset version: of dataset_examples, or of curated_examples where no
 * dataset was made of it yet.
 *
 * @param table the table's name
 * @param version its Delta version: the dataset version
 */
public record CuratedDataset(String table, long version, LabelledSplits splits) {
  /** Fails where there is nothing to test a version on. */
  void requireTest() {
    requireTest(version, splits.training().size(), splits.test().size());
  }

  /** Fails where {@code test} rows, those to test a version on, are none. */
  static void requireTest(long version, int training, int test) {
    Check.that(
        test > 0,
        ErrorCode.INPUT,
        "dataset version %d has %d rows to train on and none to test a version on; bring more, look"
            + " at the rejected ones (scripts/adapterworks query \"SELECT rule, count(*) FROM"
            + " curated_rejects GROUP BY rule\") or raise curation.split.test",
        version,
        training);
  }

  /** The newest version. */
  public static CuratedDataset newest(DeltaStore tables) {
    boolean made = tables.version(DatasetTable.SPEC).isPresent();
    TableSpec table = made ? DatasetTable.SPEC : CuratedTable.SPEC;
    OptionalLong version = tables.dataVersion(table);
    Check.that(
        version.isPresent(),
        ErrorCode.NOTHING_TO_DO,
        "there is no table curated_examples yet; run ingest and curate first");
    return of(tables, table.name(), version.getAsLong());
  }

  /** One version, rows in the order of their ids, so that the same version gives the same lists. */
  public static CuratedDataset of(DeltaStore tables, String table, long version) {
    TableSpec spec = table.equals(DatasetTable.SPEC.name()) ? DatasetTable.SPEC : CuratedTable.SPEC;
    List<Row> rows =
        tables
            .read(spec, version)
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
    return new CuratedDataset(table, version, new LabelledSplits(training, validation, test));
  }
}
