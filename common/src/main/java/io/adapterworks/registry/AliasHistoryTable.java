package io.adapterworks.registry;

import io.adapterworks.table.Column;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import io.adapterworks.table.Transaction;
import io.adapterworks.table.WriteOutcome;
import java.sql.Timestamp;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;

/** The table {@code alias_history}: who was live when, and why. Its newest move is what holds. */
public final class AliasHistoryTable {
  public static final String ADAPTER = "adapter";
  public static final String ALIAS = "alias";
  public static final String SEQUENCE = "sequence";
  public static final String VERSION = "version";
  public static final String PREVIOUS = "previous_version";
  public static final String MOVED_AT = "moved_at";
  public static final String REASON = "reason";
  public static final String MOVED_BY = "moved_by";

  public static final TableSpec SPEC =
      new TableSpec(
          "alias_history",
          "Every move of an alias from one adapter version to another.",
          List.of(
              new Column(ADAPTER, DataTypes.StringType, "Name of the adapter."),
              new Column(ALIAS, DataTypes.StringType, "The alias, such as champion."),
              new Column(SEQUENCE, DataTypes.IntegerType, "Counts this alias's moves from 1."),
              new Column(VERSION, DataTypes.IntegerType, "The version it points at since."),
              new Column(
                  PREVIOUS, DataTypes.IntegerType, "The version before; null at the first move."),
              new Column(MOVED_AT, DataTypes.TimestampType, "When it moved."),
              new Column(REASON, DataTypes.StringType, "What the gate found."),
              new Column(MOVED_BY, DataTypes.StringType, "The person or job that moved it.")),
          List.of(ADAPTER, ALIAS, SEQUENCE));

  private AliasHistoryTable() {}

  /** The moves of all aliases of an adapter, oldest first. */
  static List<AliasMove> moves(DeltaStore store, String adapter) {
    return store
        .readOrEmpty(SPEC)
        .where(functions.col(ADAPTER).equalTo(adapter))
        .orderBy(SEQUENCE, ALIAS)
        .collectAsList()
        .stream()
        .map(AliasHistoryTable::move)
        .toList();
  }

  /**
   * Writes a move, unless another with its sequence number was written before: of two that saw the
   * same state only one succeeds.
   */
  static WriteOutcome write(DeltaStore store, AliasMove move) {
    Row row =
        RowFactory.create(
            move.adapter(),
            move.alias(),
            move.sequence(),
            move.version(),
            move.previous().isPresent() ? move.previous().getAsInt() : null,
            Timestamp.from(move.at()),
            move.reason(),
            move.by());
    return store.append(
        SPEC,
        store.spark().createDataFrame(List.of(row), SPEC.schema()),
        new Transaction("alias " + move.adapter() + "@" + move.alias(), move.sequence()));
  }

  private static AliasMove move(Row row) {
    int previous = row.fieldIndex(PREVIOUS);
    return new AliasMove(
        row.getAs(ADAPTER),
        row.getAs(ALIAS),
        row.<Integer>getAs(SEQUENCE),
        row.<Integer>getAs(VERSION),
        row.isNullAt(previous) ? OptionalInt.empty() : OptionalInt.of(row.getInt(previous)),
        row.<Timestamp>getAs(MOVED_AT).toInstant(),
        row.getAs(REASON),
        row.getAs(MOVED_BY));
  }
}
