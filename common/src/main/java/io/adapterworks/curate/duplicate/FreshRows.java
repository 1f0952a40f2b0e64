package io.adapterworks.curate.duplicate;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * How many rows are new, which decides how they meet all of history: a night's rows are sent to
 * every task that scans history, so that history is not shuffled; a first load is shuffled.
 */
public enum FreshRows {
  /** Few enough to be sent around. */
  FEW,
  /** Too many for that. */
  MANY;

  private static final long MOST_SENT = 50_000;

  public static FreshRows of(long rows) {
    return rows <= MOST_SENT ? FEW : MANY;
  }

  /** Rows that grow with the new rows alone, ready to be joined with history. */
  public Dataset<Row> small(Dataset<Row> rows) {
    return this == FEW ? functions.broadcast(rows) : rows;
  }

  /** Rows of history that new ones have touched: where they are few, history is scanned once. */
  public Dataset<Row> settled(Dataset<Row> rows) {
    return this == FEW ? rows.localCheckpoint(true) : rows;
  }
}
