package io.adapterworks.jobs;

import io.adapterworks.table.RowFormat;
import io.adapterworks.table.RowPrinter;
import io.adapterworks.table.SqlTables;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code query}: answers SQL over the tables of the warehouse. */
@Command(
    name = "query",
    description = {
      "Answers SQL over the tables of the warehouse, by their names; reads only.",
      "Examples: \"SHOW TABLES\", \"DESCRIBE curated_examples\",",
      "\"SELECT label, count(*) FROM curated_examples VERSION AS OF 0 GROUP BY label\"."
    },
    mixinStandardHelpOptions = true)
final class QueryJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "table",
      description =
          "table (the first 1,000 rows), csv, or json (one object a line);"
              + " default: ${DEFAULT-VALUE}.")
  private RowFormat format;

  @Parameters(paramLabel = "SQL", description = "One statement.")
  private String sql;

  @Override
  public Integer call() {
    try (JobSession session = JobSession.open(settings, "query")) {
      SqlTables tables = new SqlTables(session.spark(), session.warehouse().directory());
      Dataset<Row> answer = tables.query(sql);
      try {
        new RowPrinter(System.out::println).print(answer, format);
      } catch (Exception failure) {
        // Exception: as in SqlTables, what Spark throws is not declared.
        throw tables.explained(failure);
      }
    }
    return 0;
  }
}
