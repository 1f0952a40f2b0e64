package io.adapterworks.pipeline;

import io.adapterworks.curate.Curation;
import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.DatasetTable;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.table.Commit;
import io.adapterworks.table.TableMaintenance;
import io.adapterworks.table.TableMaintenance.Upkeep;
import io.adapterworks.table.TableSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Compacts every table of a warehouse and vacuums it with the retention. For {@code
 * dataset_examples} and {@code curated_examples} the retention reaches back to the oldest dataset
 * version that a registered adapter was trained on, so that its {@code VERSION AS OF} stays
 * readable as long as the adapter is registered. Lines that wait for curation are not compacted
 * away from under its change feed.
 */
public final class Maintenance {
  private final Warehouse warehouse;
  private final Duration retention;

  public Maintenance(Warehouse warehouse, MaintenanceConfig config) {
    this.warehouse = warehouse;
    this.retention = config.retention();
  }

  /** What was done, by table. */
  public List<Upkeep> run() {
    boolean backlog = Curation.hasBacklog(warehouse.tables());
    TableMaintenance tables =
        new TableMaintenance(warehouse.tables().spark(), warehouse.directory());
    List<Upkeep> done = new ArrayList<>();
    for (String table : tables.tables()) {
      boolean waits = backlog && table.equals(BronzeTable.SPEC.name());
      if (!waits) {
        Upkeep compacted = tables.compact(table);
        Upkeep vacuumed = tables.vacuum(table, retention(table));
        done.add(
            new Upkeep(
                table,
                compacted.filesJoined(),
                compacted.filesWritten(),
                vacuumed.filesDeleted(),
                vacuumed.retention()));
      }
    }
    return done;
  }

  private Duration retention(String table) {
    Optional<TableSpec> trainedOn =
        Stream.of(DatasetTable.SPEC, CuratedTable.SPEC)
            .filter(spec -> spec.name().equals(table))
            .findFirst();
    if (trainedOn.isEmpty()) {
      return retention;
    }
    OptionalLong oldest =
        warehouse.registry().names().stream()
            .flatMap(name -> warehouse.registry().versions(name).stream())
            .map(AdapterManifest::dataset)
            .filter(dataset -> dataset.table().equals(table))
            .mapToLong(dataset -> dataset.version())
            .min();
    if (oldest.isEmpty()) {
      return retention;
    }
    Optional<Instant> written =
        warehouse.tables().history(trainedOn.get()).stream()
            .filter(commit -> commit.version() == oldest.getAsLong())
            .map(Commit::timestamp)
            .findFirst();
    // An hour more than its age: clocks of the machines that wrote the files may differ a little.
    Duration needed =
        written
            .map(at -> Duration.between(at, warehouse.clock().instant()).plusHours(1))
            .orElse(retention);
    return needed.compareTo(retention) > 0 ? needed : retention;
  }
}
