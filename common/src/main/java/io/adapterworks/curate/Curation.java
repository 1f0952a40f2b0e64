package io.adapterworks.curate;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;

import io.adapterworks.curate.duplicate.Components;
import io.adapterworks.curate.duplicate.NearDuplicates;
import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.CurationStateTable;
import io.adapterworks.curate.schema.DuplicateEdgeTable;
import io.adapterworks.curate.schema.RejectTable;
import io.adapterworks.table.DeltaStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Curates the bronze rows that are new since the last run. What the tables hold is a function of
 * the set of bronze rows and the settings alone: not of the order in which rows came, of how they
 * were partitioned, or of how many runs they took.
 */
public final class Curation {
  private static final StructType NODE_COMPONENTS =
      new StructType()
          .add(CurationStateTable.NODE, DataTypes.LongType, false)
          .add(ClusterVerdicts.COMPONENT, DataTypes.LongType, false);

  private final DeltaStore store;
  private final CurationConfig config;
  private final List<String> labels;

  /** Accepts rows of these labels, or of any where the list is empty. */
  public Curation(DeltaStore store, CurationConfig config, List<String> labels) {
    this.store = store;
    this.config = config;
    this.labels = List.copyOf(labels);
  }

  /** Brings curated_examples and its companions up to bronze_examples. */
  public CurationOutcome run() {
    Optional<CurationRun> due = CurationRun.due(store, config.fingerprint(labels));
    if (due.isEmpty()) {
      return new CurationOutcome.NothingNew(store.version(CuratedTable.SPEC).orElse(-1));
    }
    CurationRun run = due.get();
    Dataset<Row> rows =
        settled(new RowPass(config.rows(labels), config.nearDuplicates()).apply(fresh(run)));
    Dataset<Row> known = known(run);
    Dataset<Row> passed = rows.where(col(RejectTable.RULE).isNull());
    List<Row> newLinks = links(passed, known).collectAsList();
    Dataset<Row> verdicts = settled(verdicts(passed, known, components(run, newLinks)));
    return new CurationWriter(store, run).write(rows, newLinks, verdicts, RunCounts.ofRows(rows));
  }

  /**
   * Computes rows once and forgets how: several tables are written from them, and Spark would plan
   * and optimise their whole past for each.
   */
  private static Dataset<Row> settled(Dataset<Row> rows) {
    return rows.localCheckpoint(true);
  }

  private Dataset<Row> fresh(CurationRun run) {
    Dataset<Row> bronze =
        run.rebuilds()
            ? store.read(BronzeTable.SPEC, run.toBronze())
            : store.readAppended(BronzeTable.SPEC, run.fromBronze(), run.toBronze());
    // A log of a million lines lies in one or two file splits: too few for the heaviest step.
    int wanted = 2 * store.spark().sparkContext().defaultParallelism();
    return bronze.repartition(wanted);
  }

  private Dataset<Row> known(CurationRun run) {
    return run.rebuilds()
        ? store.spark().createDataFrame(List.of(), CurationStateTable.SPEC.schema())
        : store.readOrEmpty(CurationStateTable.SPEC);
  }

  private Dataset<Row> links(Dataset<Row> passed, Dataset<Row> known) {
    Dataset<Row> knownKeys = keys(known);
    Dataset<Row> newKeys =
        keys(passed)
            .join(
                knownKeys.select(CurationStateTable.NODE),
                passed.col(CurationStateTable.NODE).equalTo(knownKeys.col(CurationStateTable.NODE)),
                "left_anti");
    return new NearDuplicates(config.nearDuplicates()).links(newKeys, knownKeys);
  }

  private static Dataset<Row> keys(Dataset<Row> rows) {
    return rows.select(
            CurationStateTable.NODE, CurationStateTable.BANDS, CurationStateTable.SHINGLES)
        .dropDuplicates(CurationStateTable.NODE);
  }

  /** Which component each linked key belongs to. Links are 16 bytes each: the driver holds them. */
  private Dataset<Row> components(CurationRun run, List<Row> newLinks) {
    Components components = new Components();
    if (!run.rebuilds()) {
      store
          .readOrEmpty(DuplicateEdgeTable.SPEC)
          .collectAsList()
          .forEach(link -> components.connect(link.getLong(0), link.getLong(1)));
    }
    newLinks.forEach(link -> components.connect(link.getLong(0), link.getLong(1)));
    List<Row> rows =
        components.all().entrySet().stream()
            .map(
                (Map.Entry<Long, Long> entry) ->
                    RowFactory.create(entry.getKey(), entry.getValue()))
            .toList();
    var spark = store.spark();
    int partitions = 1 + rows.size() / 100_000;
    return spark.createDataFrame(
        JavaSparkContext.fromSparkContext(spark.sparkContext()).parallelize(rows, partitions),
        NODE_COMPONENTS);
  }

  /** Verdicts on the clusters of new rows, with the known rows that share them. */
  private Dataset<Row> verdicts(Dataset<Row> passed, Dataset<Row> known, Dataset<Row> components) {
    Dataset<Row> fresh = withComponent(passed, components);
    Dataset<Row> touched =
        withComponent(known, components)
            .join(
                fresh.select(col(ClusterVerdicts.COMPONENT).as("touched")).distinct(),
                col(ClusterVerdicts.COMPONENT).equalTo(col("touched")),
                "left_semi");
    return new ClusterVerdicts(config.nearDuplicates().threshold(), new Splitter(config.split()))
        .apply(fresh.unionByName(touched));
  }

  private static Dataset<Row> withComponent(Dataset<Row> rows, Dataset<Row> components) {
    Dataset<Row> named = components.withColumnRenamed(CurationStateTable.NODE, "linked");
    return rows.drop(CurationStateTable.BANDS)
        .join(named, col(CurationStateTable.NODE).equalTo(col("linked")), "left")
        .withColumn(
            ClusterVerdicts.COMPONENT,
            coalesce(col(ClusterVerdicts.COMPONENT), col(CurationStateTable.NODE)))
        .drop("linked", RowPass.STEP, RejectTable.RULE, RejectTable.SCORE)
        .drop(RejectTable.THRESHOLD, RejectTable.REASON);
  }
}
