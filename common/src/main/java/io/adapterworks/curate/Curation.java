package io.adapterworks.curate;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;

import io.adapterworks.curate.duplicate.Components;
import io.adapterworks.curate.duplicate.FreshRows;
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
  /** So many linked keys are sent to every task: some 100 MB. */
  private static final int MOST_LINKS_SENT = 2_000_000;

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

  /**
   * Brings curated_examples and its companions up to bronze_examples: finishes a run that was
   * killed, then curates what came in since.
   */
  public CurationOutcome run() {
    CurationOutcome outcome =
        new CurationOutcome.NothingNew(store.dataVersion(CuratedTable.SPEC).orElse(-1));
    String configuration = config.fingerprint(labels);
    Optional<CurationRun> due = CurationRun.due(store, configuration);
    while (due.isPresent()) {
      outcome = outcome.then(run(due.get()));
      due = CurationRun.due(store, configuration);
    }
    return outcome;
  }

  /** Whether raw lines wait for curation, or a run that was killed waits to be finished. */
  public static boolean hasBacklog(DeltaStore store) {
    return CurationRun.hasBacklog(store);
  }

  private CurationOutcome run(CurationRun run) {
    Dataset<Row> rows =
        settled(new RowPass(config.rows(labels), config.nearDuplicates()).apply(fresh(run)));
    RunCounts counts = RunCounts.ofRows(rows);
    Dataset<Row> passed = rows.where(col(RejectTable.RULE).isNull());
    Links found =
        run.rebuilds()
            ? firstLinks(passed)
            : linksWithHistory(passed, store.readOrEmpty(CurationStateTable.SPEC), counts);
    return new CurationWriter(store, run)
        .write(rows, found.links(), settled(judged(found)), counts);
  }

  /**
   * New links, and the rows of every cluster that a new row belongs to, each with its component.
   */
  private record Links(List<Row> links, Dataset<Row> clusters) {}

  private Links firstLinks(Dataset<Row> passed) {
    List<Row> links =
        new NearDuplicates(config.nearDuplicates(), FreshRows.MANY)
            .links(keys(passed).dropDuplicates(CurationStateTable.NODE))
            .collectAsList();
    Components components = new Components();
    connect(components, links);
    Dataset<Row> named = nodes(components.all());
    return new Links(
        links,
        withComponent(passed, links.size() <= MOST_LINKS_SENT ? broadcast(named) : named, "left"));
  }

  private Links linksWithHistory(Dataset<Row> passed, Dataset<Row> known, RunCounts counts) {
    FreshRows size = FreshRows.of(counts.read());
    Dataset<Row> freshNodes = passed.select(CurationStateTable.NODE).distinct();
    Dataset<Row> repeated =
        known
            .select(CurationStateTable.NODE)
            .join(size.small(freshNodes), on(CurationStateTable.NODE), "left_semi")
            .distinct();
    Dataset<Row> freshKeys =
        keys(passed)
            .dropDuplicates(CurationStateTable.NODE)
            .join(size.small(size.settled(repeated)), on(CurationStateTable.NODE), "left_anti");
    List<Row> links =
        new NearDuplicates(config.nearDuplicates(), size)
            .links(freshKeys, keys(known))
            .collectAsList();
    Components components = new Components();
    connect(components, store.readOrEmpty(DuplicateEdgeTable.SPEC).collectAsList());
    connect(components, links);
    List<Long> nodes = freshNodes.collectAsList().stream().map(row -> row.getLong(0)).toList();
    Dataset<Row> touched = size.small(nodes(components.around(nodes)));
    return new Links(
        links,
        withComponent(passed, touched, "inner")
            .unionByName(withComponent(known, touched, "inner")));
  }

  private static void connect(Components components, List<Row> links) {
    links.forEach(link -> components.connect(link.getLong(0), link.getLong(1)));
  }

  private Dataset<Row> judged(Links found) {
    return new ClusterVerdicts(config.nearDuplicates().threshold(), new Splitter(config.split()))
        .apply(found.clusters());
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
    // A log of a million lines may lie in one or two file splits: too few for the heaviest step.
    int wanted = 2 * store.spark().sparkContext().defaultParallelism();
    return bronze.rdd().getNumPartitions() < wanted ? bronze.repartition(wanted) : bronze;
  }

  private static Dataset<Row> keys(Dataset<Row> rows) {
    return rows.select(
        CurationStateTable.NODE, CurationStateTable.BANDS, CurationStateTable.SHINGLES);
  }

  /** Nodes and their components, as rows. Both are 16 bytes a linked key: the driver holds them. */
  private Dataset<Row> nodes(Map<Long, Long> components) {
    List<Row> rows =
        components.entrySet().stream()
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

  private static Dataset<Row> withComponent(
      Dataset<Row> rows, Dataset<Row> components, String join) {
    Dataset<Row> named = components.withColumnRenamed(CurationStateTable.NODE, "linked");
    return rows.drop(CurationStateTable.BANDS)
        .join(named, col(CurationStateTable.NODE).equalTo(col("linked")), join)
        .withColumn(
            ClusterVerdicts.COMPONENT,
            coalesce(col(ClusterVerdicts.COMPONENT), col(CurationStateTable.NODE)))
        .drop("linked", RowPass.STEP, RejectTable.RULE, RejectTable.SCORE)
        .drop(RejectTable.THRESHOLD, RejectTable.REASON);
  }

  private static scala.collection.immutable.Seq<String> on(String column) {
    return scala.jdk.javaapi.CollectionConverters.asScala(List.of(column)).toSeq();
  }
}
