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
 * half is the version of bronze that the run comes up to. The table of runs is written first and
 * the state table last. A run that has begun and not ended was killed: it is done again under its
 * own number, up to the version of bronze that it had seen, and the tables that took it already
 * pass over it. So a kill leaves no trace, whatever came in since.
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
    OptionalLong begun = store.lastTransaction(CurationRunTable.SPEC, APPLICATION);
    OptionalLong ended = store.lastTransaction(CurationStateTable.SPEC, APPLICATION);
    if (begun.isEmpty()) {
      long to = newestRows(store);
      return Optional.of(new CurationRun(to, -1, to, configuration));
    }
    long number = begun.getAsLong();
    if (!configuration.equals(configurationOf(store, number))) {
      long to = newestRows(store);
      long epoch = (number >>> EPOCH) + 1;
      return Optional.of(new CurationRun((epoch << EPOCH) | to, -1, to, configuration));
    }
    if (ended.isEmpty() || ended.getAsLong() < number) {
      return Optional.of(killed(number, ended, configuration));
    }
    long from = number & BRONZE_MASK;
    long to = from == bronze.getAsLong() ? from : newestRows(store);
    return to <= from
        ? Optional.empty()
        : Optional.of(new CurationRun(number - from + to, from, to, configuration));
  }

  /** Whether lines came in after the last run, or that run did not end. */
  static boolean hasBacklog(DeltaStore store) {
    OptionalLong bronze = store.dataVersion(BronzeTable.SPEC);
    OptionalLong begun = store.lastTransaction(CurationRunTable.SPEC, APPLICATION);
    OptionalLong ended = store.lastTransaction(CurationStateTable.SPEC, APPLICATION);
    return bronze.isPresent()
        && (!begun.equals(ended)
            || ended.isEmpty()
            || (ended.getAsLong() & BRONZE_MASK) < bronze.getAsLong());
  }

  private static CurationRun killed(long number, OptionalLong ended, String configuration) {
    boolean sameEpoch = ended.isPresent() && ended.getAsLong() >>> EPOCH == number >>> EPOCH;
    long from = sameEpoch ? ended.getAsLong() & BRONZE_MASK : -1;
    return new CurationRun(number, from, number & BRONZE_MASK, configuration);
  }

  private static long newestRows(DeltaStore store) {
    return store.dataVersion(BronzeTable.SPEC).orElseThrow();
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
