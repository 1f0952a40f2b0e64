package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.pipeline.Maintenance;
import io.adapterworks.table.TableMaintenance.Upkeep;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code maintain}: compacts and vacuums the tables. */
@Command(
    name = "maintain",
    description = {
      "Joins small files of every table and deletes those that no version within"
          + " maintenance.retention needs; prints one JSON line.",
      "VERSION AS OF stays readable within the retention for every table, and for dataset_examples"
          + " as far back as the oldest version that a registered adapter was trained on."
    },
    mixinStandardHelpOptions = true)
final class MaintainJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Override
  public Integer call() {
    try (JobSession session = JobSession.open(settings, "maintain")) {
      ObjectNode line = new ObjectMapper().createObjectNode().put("job", "maintain");
      line.put("outcome", "done").put("exitCode", 0);
      ArrayNode tables = line.putArray("tables");
      Maintenance maintenance =
          new Maintenance(session.warehouse(), session.useCase().maintenance());
      for (Upkeep upkeep : session.exclusively("maintain", maintenance::run)) {
        tables
            .addObject()
            .put("table", upkeep.table())
            .put("filesJoined", upkeep.filesJoined())
            .put("filesWritten", upkeep.filesWritten())
            .put("filesDeleted", upkeep.filesDeleted())
            .put("retentionDays", upkeep.retention().toDays());
      }
      System.out.println(line);
    }
    return 0;
  }
}
