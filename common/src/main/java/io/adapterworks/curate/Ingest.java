package io.adapterworks.curate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.schema.IngestedFileTable;
import io.adapterworks.curate.schema.SchemaDriftTable;
import io.adapterworks.curate.source.ColumnSightings;
import io.adapterworks.curate.source.ColumnTypes;
import io.adapterworks.curate.source.FileListing;
import io.adapterworks.curate.source.FileReader;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.curate.source.InputFile;
import io.adapterworks.curate.source.InputFiles;
import io.adapterworks.curate.source.InputFormat;
import io.adapterworks.curate.source.Intake;
import io.adapterworks.curate.source.MappedFields;
import io.adapterworks.curate.source.RawLine;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import io.adapterworks.table.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;

/**
 * Brings new raw lines into {@code bronze_examples}. A file that was read before and has not
 * changed is passed over; of one that has grown only the new lines are added. Lines that cannot be
 * read come in too, with their fault; a file that cannot be opened at all is tried again by every
 * later run. Where the first file of an input lacks a mapped column the job stops before anything
 * is written: that is a mistake in the configuration. In a later file it is drift in the data: it
 * is reported, and the rows are rejected one by one.
 */
public final class Ingest {
  private static final TableSpec BRONZE = BronzeTable.SPEC;
  private static final String APPLICATION = "adapterworks ingest";

  /** Above so many files the whole table of lines is looked through for known ones. */
  private static final int MOST_SOURCES = 1000;

  private final DeltaStore store;
  private final SparkSession spark;
  private final InputFiles inputFiles;
  private final FileReader reader;
  private final ParquetRows parquet;

  public Ingest(DeltaStore store, int maxLineBytes) {
    this.store = store;
    this.spark = store.spark();
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    this.inputFiles = new InputFiles(hadoop);
    this.reader = new FileReader(hadoop, maxLineBytes);
    this.parquet = new ParquetRows(spark);
  }

  /** The new files of one input, and those of them that can be opened. */
  private record Arrival(InputConfig input, List<InputFile> files, List<InputFile> readable) {}

  /**
   * Ingests what is new in the inputs under the name of a batch.
   *
   * @param log is told of each file that cannot be opened
   */
  public IngestOutcome run(List<InputConfig> inputs, String batch, Consumer<String> log) {
    return run(inputs, Intake.everything(batch), log).outcome();
  }

  /**
   * Ingests what is new in the inputs and {@code intake} takes.
   *
   * @param log is told of each file that cannot be opened
   */
  public IngestReport run(List<InputConfig> inputs, Intake intake, Consumer<String> log) {
    IngestedFiles known = IngestedFiles.read(store);
    List<Arrival> arrivals = new ArrayList<>();
    List<InputFile> growing = new ArrayList<>();
    for (InputConfig input : inputs) {
      FileListing listing = inputFiles.list(input, intake);
      growing.addAll(listing.growing().stream().filter(known::isNew).toList());
      List<InputFile> fresh = listing.ready().stream().filter(known::isNew).toList();
      if (!fresh.isEmpty()) {
        List<InputFile> readable = fresh.stream().filter(file -> isReadable(file, log)).toList();
        requireColumns(input, readable, known);
        arrivals.add(new Arrival(input, fresh, readable));
      }
    }
    if (arrivals.isEmpty()) {
      return new IngestReport(new IngestOutcome.NothingNew(known.size()), growing, List.of());
    }
    ColumnSightings sightings = new ColumnSightings();
    spark.sparkContext().register(sightings, "columns of input files");
    boolean added = append(lines(arrivals, intake.batch(), sightings), sources(arrivals));
    List<SchemaDrift> drift = record(arrivals, intake.batch(), known, sightings);
    int files = arrivals.stream().mapToInt(arrival -> arrival.readable().size()).sum();
    return new IngestReport(
        added
            ? new IngestOutcome.Ingested(files, store.version(BRONZE).orElseThrow())
            : new IngestOutcome.NothingNew(known.size() + files),
        growing,
        drift);
  }

  private boolean isReadable(InputFile file, Consumer<String> log) {
    Optional<String> fault = reader.fault(file);
    fault.ifPresent(
        why ->
            log.accept(
                file.path()
                    + " cannot be opened: "
                    + why
                    + "; the other files are read without it; mend it, and the next run reads it"));
    return fault.isEmpty();
  }

  /** Fails where an input whose files were never read lacks a mapped column. */
  private void requireColumns(InputConfig input, List<InputFile> files, IngestedFiles known) {
    if (known.knows(input)) {
      return;
    }
    for (InputFile file : files) {
      Set<String> columns =
          switch (file.format()) {
            case JSONL -> Set.of();
            case CSV -> Set.copyOf(reader.header(file));
            case PARQUET -> parquet.columns(file).columns();
          };
      for (String required : input.columns().required()) {
        Check.that(
            columns.isEmpty() || columns.contains(required),
            ErrorCode.CONFIGURATION,
            "%s has no column %s, which inputs.columns maps; it has %s; correct the mapping or the"
                + " file's header",
            file.source(),
            required,
            file.format() == InputFormat.CSV ? reader.header(file) : columns);
      }
    }
  }

  private static List<String> sources(List<Arrival> arrivals) {
    return arrivals.stream()
        .flatMap(arrival -> arrival.files().stream().map(InputFile::source))
        .toList();
  }

  private Dataset<Row> lines(List<Arrival> arrivals, String batch, ColumnSightings sightings) {
    List<Dataset<Row>> parts = new ArrayList<>();
    for (Arrival arrival : arrivals) {
      String columns = MappedFields.write(arrival.input().columns());
      List<InputFile> text =
          arrival.files().stream().filter(f -> f.format() != InputFormat.PARQUET).toList();
      if (!text.isEmpty()) {
        parts.add(textLines(text, columns, batch, sightings));
      }
      for (InputFile file : arrival.files()) {
        if (file.format() == InputFormat.PARQUET) {
          sightings.add(Map.entry(file.path(), parquet.columns(file)));
          parts.add(
              bronze(
                  parquet.read(file).map(line -> bronzeRow(file.source(), columns, batch, line))));
        }
      }
    }
    return parts.stream().reduce(Dataset::unionByName).orElseThrow();
  }

  private Dataset<Row> textLines(
      List<InputFile> files, String columns, String batch, ColumnSightings sightings) {
    FileReader lineReader = reader;
    return bronze(
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .parallelize(files, files.size())
            .flatMap(
                file ->
                    new MappedIterator<>(
                        sightings.watch(file, lineReader.read(file)),
                        line -> bronzeRow(file.source(), columns, batch, line))));
  }

  private Dataset<Row> bronze(JavaRDD<Row> rows) {
    return spark.createDataFrame(rows, BRONZE.schema());
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
  private boolean append(Dataset<Row> lines, List<String> sources) {
    // Two inputs may hold files of one name: lines that are the same in both have one id.
    boolean clash = Set.copyOf(sources).size() < sources.size();
    Dataset<Row> fresh = clash ? lines.dropDuplicates(BronzeTable.ID) : lines;
    if (store.version(BRONZE).isEmpty()) {
      store.appendNew(BRONZE, fresh, lit(true));
      return true;
    }
    // A line's id holds its source: no other source can have it.
    Column there =
        sources.size() <= MOST_SOURCES
            ? col("t." + BronzeTable.SOURCE).isin(sources.toArray())
            : lit(true);
    Dataset<Row> unknown =
        fresh
            .as("s")
            .join(
                store.read(BRONZE).as("t").where(there),
                col("s." + BronzeTable.ID).equalTo(col("t." + BronzeTable.ID)),
                "left_anti")
            .localCheckpoint(true);
    boolean anything = !unknown.isEmpty();
    if (anything) {
      store.appendNew(BRONZE, unknown, there);
    }
    return anything;
  }

  /** Notes drift and, last, the files as read: a run that is killed before reads them again. */
  private List<SchemaDrift> record(
      List<Arrival> arrivals, String batch, IngestedFiles known, ColumnSightings sightings) {
    List<Row> read = new ArrayList<>();
    List<SchemaDrift> drift = new ArrayList<>();
    for (Arrival arrival : arrivals) {
      Map<InputFile, ColumnTypes> columns = new HashMap<>();
      for (InputFile file : arrival.readable()) {
        columns.put(file, sightings.of(file));
        read.add(IngestedFiles.row(file, arrival.input(), batch, sightings.of(file)));
      }
      drift.addAll(known.drift(arrival.input(), arrival.readable(), columns));
    }
    if (!drift.isEmpty()) {
      List<Row> rows = drift.stream().map(change -> driftRow(batch, change)).toList();
      store.append(
          SchemaDriftTable.SPEC,
          spark.createDataFrame(rows, SchemaDriftTable.SPEC.schema()),
          new Transaction(APPLICATION, store.version(BRONZE).orElseThrow()));
    }
    if (!read.isEmpty()) {
      store.append(
          IngestedFileTable.SPEC, spark.createDataFrame(read, IngestedFileTable.SPEC.schema()));
    }
    return drift;
  }

  private static Row driftRow(String batch, SchemaDrift drift) {
    return RowFactory.create(
        batch,
        drift.source(),
        drift.column(),
        drift.change().spelled(),
        drift.expected(),
        drift.found());
  }
}
