package io.adapterworks.curate.dataset;

import static org.apache.spark.sql.functions.col;

import io.adapterworks.curate.schema.AugmentationTrialTable;
import io.adapterworks.curate.schema.DatasetRejectTable;
import io.adapterworks.curate.schema.DatasetRunTable;
import io.adapterworks.curate.schema.DatasetTable;
import io.adapterworks.curate.schema.LabelDecisionTable;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import io.adapterworks.table.Transaction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.apache.spark.sql.Row;

/**
 * One making of a dataset. dataset_runs is written first and dataset_examples last: a run that was
 * killed between goes on under its number if it would be made of the same, and writes what is
 * missing; else the next one is made whole, under a higher number.
 *
 * @param number the transaction of all its writes
 * @param madeFrom hash of everything that the dataset depends on
 */
record DatasetRun(long number, long curatedVersion, String madeFrom) {
  private static final String APPLICATION = "adapterworks dataset";

  /** The run that is due, or empty where the newest dataset is made of the same. */
  static Optional<DatasetRun> due(DeltaStore store, long curatedVersion, String settings) {
    String madeFrom =
        hash(
            curatedVersion
                + "\n"
                + store.dataVersion(LabelDecisionTable.SPEC).orElse(0)
                + "\n"
                + settings);
    long written = last(store, DatasetTable.SPEC);
    if (written > 0 && madeFrom.equals(madeFrom(store, written))) {
      return Optional.empty();
    }
    long begun = last(store, DatasetRunTable.SPEC);
    if (begun > written && madeFrom.equals(madeFrom(store, begun))) {
      return Optional.of(new DatasetRun(begun, curatedVersion, madeFrom));
    }
    long newest =
        LongStream.of(
                written,
                begun,
                last(store, DatasetRejectTable.SPEC),
                last(store, AugmentationTrialTable.SPEC))
            .max()
            .getAsLong();
    return Optional.of(new DatasetRun(newest + 1, curatedVersion, madeFrom));
  }

  private static long last(DeltaStore store, TableSpec table) {
    return store.lastTransaction(table, APPLICATION).orElse(0);
  }

  static long newest(DeltaStore store) {
    return store.dataVersion(DatasetTable.SPEC).orElse(-1);
  }

  Transaction transaction() {
    return new Transaction(APPLICATION, number);
  }

  private static String madeFrom(DeltaStore store, long number) {
    List<Row> rows =
        store
            .readOrEmpty(DatasetRunTable.SPEC)
            .where(col(DatasetRunTable.RUN).equalTo(number))
            .select(DatasetRunTable.MADE_FROM)
            .limit(1)
            .collectAsList();
    return rows.isEmpty() ? "" : rows.get(0).getString(0);
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
