package io.adapterworks.curate;

import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.schema.CurationRunTable;
import io.adapterworks.curate.schema.CurationStateTable;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.Transaction;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * Which rows a run curates, and its number. The number is the transaction of all its writes: its
 * high half counts how often everything was curated anew, because the settings had changed; its low
 * half is the version of bronze that the run comes up to. The state table is written last, so its
 * last transaction says how far curation has come: a run that was killed is done again whole, and
 * what it had written is written over.
 *
 * @param fromBronze version of bronze that is curated already; -1 for none
 */
record CurationRun(long number, long fromBronze, long toBronze, String configuration) {
  private static final String APPLICATION = "adapterworks curation";
  private static final int EPOCH = 32;
  private static final long BRONZE_MASK = (1L << EPOCH) - 1;

  /** The run that is due, or empty where nothing has changed since the last. */
  static Optional<CurationRun> due(DeltaStore store, String configuration) {
    OptionalLong bronze = store.version(BronzeTable.SPEC);
    Check.that(
        bronze.isPresent(),
        ErrorCode.NOTHING_TO_DO,
        "table bronze_examples is not there yet, so there is nothing to curate; run ingest first");
    long to = bronze.getAsLong();
    OptionalLong last = store.lastTransaction(CurationStateTable.SPEC, APPLICATION);
    if (last.isEmpty()) {
      return Optional.of(new CurationRun(to, -1, to, configuration));
    }
    long number = last.getAsLong();
    if (!configuration.equals(configurationOf(store, number))) {
      long epoch = (number >>> EPOCH) + 1;
      return Optional.of(new CurationRun((epoch << EPOCH) | to, -1, to, configuration));
    }
    long from = number & BRONZE_MASK;
    return from == to
        ? Optional.empty()
        : Optional.of(new CurationRun(number - from + to, from, to, configuration));
  }

  boolean rebuilds() {
    return fromBronze < 0;
  }

  Transaction transaction() {
    return new Transaction(APPLICATION, number);
  }

  private static String configurationOf(DeltaStore store, long number) {
    List<Row> rows =
        store
            .read(CurationRunTable.SPEC)
            .where(functions.col(CurationRunTable.RUN).equalTo(number))
            .select(CurationRunTable.CONFIGURATION)
            .limit(1)
            .collectAsList();
    return rows.isEmpty() ? "" : rows.get(0).getString(0);
  }
}
