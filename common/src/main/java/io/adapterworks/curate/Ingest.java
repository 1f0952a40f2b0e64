package io.adapterworks.curate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;

import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.schema.IngestedFileTable;
import io.adapterworks.curate.source.FileReader;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.curate.source.InputFile;
import io.adapterworks.curate.source.InputFiles;
import io.adapterworks.curate.source.InputFormat;
import io.adapterworks.curate.source.MappedFields;
import io.adapterworks.curate.source.RawLine;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;

/**
 * Brings new raw lines into {@code bronze_examples}. A file that was read before and has not
 * changed is passed over; of one that has grown only the new lines are added. Lines that cannot be
 * read come in too, with their fault; a file that cannot be opened at all is tried again by every
 * later run. A file without a mapped column stops the job before anything is written: that is a
 * mistake in the configuration, not in the data.
 */
public final class Ingest {
  private static final TableSpec BRONZE = BronzeTable.SPEC;

  private final DeltaStore store;
  private final SparkSession spark;
  private final InputFiles inputFiles;
  private final FileReader reader;

  public Ingest(DeltaStore store, int maxLineBytes) {
    this.store = store;
    this.spark = store.spark();
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    this.inputFiles = new InputFiles(hadoop);
    this.reader = new FileReader(hadoop, maxLineBytes);
  }

  /**
   * Ingests what is new in the inputs under the name of a batch.
   *
   * @param log is told of each file that cannot be opened
   */
  public IngestOutcome run(List<InputConfig> inputs, String batch, Consumer<String> log) {
    Map<String, Row> known = ingestedFiles();
    List<Dataset<Row>> lines = new ArrayList<>();
    List<Row> read = new ArrayList<>();
    for (InputConfig input : inputs) {
      List<InputFile> changed =
          inputFiles.list(input).stream().filter(file -> hasChanged(file, known)).toList();
      for (InputFile file : changed) {
        Optional<String> fault = reader.fault(file);
        if (fault.isPresent()) {
          log.accept(
              file.path()
                  + " cannot be opened: "
                  + fault.get()
                  + "; the other files are read without it; mend it, and the next run reads it");
        } else {
          String columns = requireColumns(file, input);
          read.add(RowFactory.create(file.path(), file.bytes(), file.modified(), batch, columns));
        }
      }
      if (!changed.isEmpty()) {
        lines.add(lines(changed, input, batch));
      }
    }
    if (lines.isEmpty()) {
      return new IngestOutcome.NothingNew(known.size());
    }
    boolean added = append(lines.stream().reduce(Dataset::unionByName).orElseThrow());
    if (!read.isEmpty()) {
      store.append(
          IngestedFileTable.SPEC, spark.createDataFrame(read, IngestedFileTable.SPEC.schema()));
    }
    return added
        ? new IngestOutcome.Ingested(read.size(), store.version(BRONZE).orElseThrow())
        : new IngestOutcome.NothingNew(known.size() + read.size());
  }

  /** Files that were read, by path, each as it was when last read. */
  private Map<String, Row> ingestedFiles() {
    Map<String, Row> files = new HashMap<>();
    for (Row row : store.readOrEmpty(IngestedFileTable.SPEC).collectAsList()) {
      files.merge(
          row.getAs(IngestedFileTable.PATH), row, (a, b) -> modified(a) >= modified(b) ? a : b);
    }
    return files;
  }

  private static boolean hasChanged(InputFile file, Map<String, Row> known) {
    Row before = known.get(file.path());
    return before == null
        || before.<Long>getAs(IngestedFileTable.BYTES) != file.bytes()
        || modified(before) != file.modified();
  }

  private static long modified(Row row) {
    return row.getAs(IngestedFileTable.MODIFIED);
  }

  /** The columns of a CSV or Parquet file; fails where a mapped one is not among them. */
  private String requireColumns(InputFile file, InputConfig input) {
    List<String> columns =
        switch (file.format()) {
          case JSONL -> List.of();
          case CSV -> reader.header(file);
          case PARQUET -> parquetColumns(file);
        };
    for (String required : input.columns().required()) {
      Check.that(
          columns.isEmpty() || columns.contains(required),
          ErrorCode.CONFIGURATION,
          "%s has no column %s, which inputs.columns maps; it has %s; correct the mapping or the"
              + " file's header",
          file.source(),
          required,
          columns);
    }
    return String.join(", ", columns);
  }

  private List<String> parquetColumns(InputFile file) {
    try {
      return Arrays.asList(spark.read().parquet(file.path()).columns());
    } catch (Exception unreadable) {
      // Exception: Spark's analysis errors are checked but not declared to Java.
      return List.of();
    }
  }

  private Dataset<Row> lines(List<InputFile> files, InputConfig input, String batch) {
    String columns = MappedFields.write(input.columns());
    List<InputFile> text = files.stream().filter(f -> f.format() != InputFormat.PARQUET).toList();
    List<Dataset<Row>> parts = new ArrayList<>();
    if (!text.isEmpty()) {
      parts.add(textLines(text, columns, batch));
    }
    for (InputFile file : files) {
      if (file.format() == InputFormat.PARQUET) {
        parts.add(parquetRows(file, columns, batch));
      }
    }
    return parts.stream().reduce(Dataset::unionByName).orElseThrow();
  }

  private Dataset<Row> textLines(List<InputFile> files, String columns, String batch) {
    FileReader lineReader = reader;
    JavaRDD<Row> rows =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .parallelize(files, files.size())
            .flatMap(
                file ->
                    mapped(
                        lineReader.read(file),
                        line -> bronzeRow(file.source(), columns, batch, line)));
    return spark.createDataFrame(rows, BRONZE.schema());
  }

  private Dataset<Row> parquetRows(InputFile file, String columns, String batch) {
    try {
      Dataset<Row> rows =
          spark
              .read()
              .parquet(file.path())
              .select(col("_metadata.row_index"), to_json(struct(col("*"))));
      JavaRDD<Row> bronze =
          rows.javaRDD()
              .map(
                  row ->
                      bronzeRow(
                          file.source(),
                          columns,
                          batch,
                          new RawLine(row.getLong(0) + 1, row.getString(1), null, null)));
      return spark.createDataFrame(bronze, BRONZE.schema());
    } catch (Exception unreadable) {
      RawLine fault =
          new RawLine(
              1,
              "",
              RawLine.UNREADABLE_FILE,
              "the file is not readable as Parquet: " + unreadable.getMessage());
      return spark.createDataFrame(
          List.of(bronzeRow(file.source(), columns, batch, fault)), BRONZE.schema());
    }
  }

  private static Row bronzeRow(String source, String columns, String batch, RawLine line) {
    return RowFactory.create(
        RowId.of(source, line.line(), line.raw()),
        columns,
        source,
        line.line(),
        batch,
        line.raw(),
        line.fault(),
        line.reason());
  }

  /** Appends the lines that are not there yet; false where all are. */
  private boolean append(Dataset<Row> lines) {
    Dataset<Row> fresh = lines;
    boolean first = store.version(BRONZE).isEmpty();
    if (!first) {
      Dataset<Row> there = store.read(BRONZE).select(BronzeTable.ID);
      fresh =
          lines.join(
              there, lines.col(BronzeTable.ID).equalTo(there.col(BronzeTable.ID)), "left_anti");
    }
    boolean anything = first || !fresh.isEmpty();
    if (anything) {
      store.appendNew(BRONZE, fresh);
    }
    return anything;
  }

  private static <A, B> Iterator<B> mapped(Iterator<A> items, Function<A, B> function) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return items.hasNext();
      }

      @Override
      public B next() {
        return function.apply(items.next());
      }
    };
  }
}
