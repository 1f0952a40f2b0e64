package io.adapterworks.curate;

import io.adapterworks.curate.schema.IngestedFileTable;
import io.adapterworks.curate.source.ColumnTypes;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.curate.source.InputFile;
import io.adapterworks.table.DeltaStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** The files that were ingested before, each as it was whenever it was read. */
final class IngestedFiles {
  /** A file as it was when it was read. */
  private record Seen(String path, long bytes, long modified) {}

  private final Set<Seen> seen = new HashSet<>();
  private final Map<String, List<Row>> byInput = new HashMap<>();

  private IngestedFiles(List<Row> rows) {
    for (Row row : rows) {
      seen.add(
          new Seen(
              row.getAs(IngestedFileTable.PATH),
              row.<Long>getAs(IngestedFileTable.BYTES),
              modified(row)));
      byInput
          .computeIfAbsent(row.getAs(IngestedFileTable.INPUT), any -> new ArrayList<>())
          .add(row);
    }
  }

  static IngestedFiles read(DeltaStore store) {
    return new IngestedFiles(store.readOrEmpty(IngestedFileTable.SPEC).collectAsList());
  }

  int size() {
    return (int) seen.stream().map(Seen::path).distinct().count();
  }

  /** Whether a file was never read as it is now: one that was put back as it was before is not. */
  boolean isNew(InputFile file) {
    return !seen.contains(new Seen(file.path(), file.bytes(), file.modified()));
  }

  /** Whether any file of the input was read before. */
  boolean knows(InputConfig input) {
    return byInput.containsKey(input.path());
  }

  /** How the columns of new files of an input differ from those before, file by file. */
  List<SchemaDrift> drift(
      InputConfig input, List<InputFile> files, Map<InputFile, ColumnTypes> columns) {
    ColumnTypes ever = new ColumnTypes();
    ColumnTypes last = new ColumnTypes();
    long newest = Long.MIN_VALUE;
    for (Row row : byInput.getOrDefault(input.path(), List.of())) {
      ColumnTypes types = ColumnTypes.parse(row.getAs(IngestedFileTable.COLUMNS));
      ever.addAll(types);
      if (!types.isEmpty() && modified(row) >= newest) {
        newest = modified(row);
        last = types;
      }
    }
    List<SchemaDrift> drift = new ArrayList<>();
    for (InputFile file : files) {
      ColumnTypes now = columns.get(file);
      if (!now.isEmpty() && !ever.isEmpty()) {
        drift.addAll(SchemaDrift.between(ever, last, now, file.source()));
      }
      ever.addAll(now);
      last = now.isEmpty() ? last : now;
    }
    return drift;
  }

  /** A row of {@link IngestedFileTable}. */
  static Row row(InputFile file, InputConfig input, String batch, ColumnTypes columns) {
    return RowFactory.create(
        file.path(), file.bytes(), file.modified(), batch, input.path(), columns.json());
  }

  private static long modified(Row row) {
    return row.getAs(IngestedFileTable.MODIFIED);
  }
}
