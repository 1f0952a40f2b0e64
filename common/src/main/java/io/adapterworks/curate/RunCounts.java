package io.adapterworks.curate;

import io.adapterworks.curate.row.RowPipeline;
import io.adapterworks.curate.schema.CurationRunTable;
import io.adapterworks.curate.schema.RejectTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;

/** How many new rows each step read, kept and dropped by rule. */
final class RunCounts {
  static final String DUPLICATES = "duplicates";

  private final long read;
  private final Map<String, Map<String, Long>> dropped;

  private RunCounts(long read, Map<String, Map<String, Long>> dropped) {
    this.read = read;
    this.dropped = dropped;
  }

  /** Counts the row steps. */
  static RunCounts ofRows(Dataset<Row> rows) {
    long read = 0;
    Map<String, Map<String, Long>> dropped = new LinkedHashMap<>();
    RowPipeline.stepNames().forEach(step -> dropped.put(step, new TreeMap<>()));
    for (Row row : rows.groupBy(RowPass.STEP, RejectTable.RULE).count().collectAsList()) {
      read += row.getLong(2);
      if (!row.isNullAt(0)) {
        dropped.get(row.getString(0)).put(row.getString(1), row.getLong(2));
      }
    }
    return new RunCounts(read, dropped);
  }

  /** The same with what the duplicate step dropped of the new rows. */
  RunCounts withDuplicates(Dataset<Row> droppedDuplicates) {
    Map<String, Map<String, Long>> all = new LinkedHashMap<>(dropped);
    Map<String, Long> rules = new TreeMap<>();
    for (Row row :
        droppedDuplicates.groupBy(RejectTable.RULE).agg(functions.count("*")).collectAsList()) {
      rules.put(row.getString(0), row.getLong(1));
    }
    all.put(DUPLICATES, rules);
    return new RunCounts(read, all);
  }

  long read() {
    return read;
  }

  long kept() {
    return read - droppedByRule().values().stream().mapToLong(n -> n).sum();
  }

  Map<String, Long> droppedByRule() {
    Map<String, Long> rules = new LinkedHashMap<>();
    dropped.values().forEach(rules::putAll);
    return rules;
  }

  /** Rows of {@link CurationRunTable}. */
  List<Row> rows(CurationRun run) {
    List<Row> rows = new ArrayList<>();
    long left = read;
    for (Map.Entry<String, Map<String, Long>> step : dropped.entrySet()) {
      rows.add(row(run, step.getKey(), CurationRunTable.READ, left));
      for (Map.Entry<String, Long> rule : step.getValue().entrySet()) {
        rows.add(row(run, step.getKey(), rule.getKey(), rule.getValue()));
        left -= rule.getValue();
      }
      rows.add(row(run, step.getKey(), CurationRunTable.KEPT, left));
    }
    return rows;
  }

  private static Row row(CurationRun run, String step, String rule, long count) {
    return RowFactory.create(run.number(), run.toBronze(), step, rule, count, run.configuration());
  }
}
