package io.adapterworks.pipeline;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.DatasetTable;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.report.DatasetCard;
import io.adapterworks.evaluate.report.DatasetCardInput;
import io.adapterworks.evaluate.report.DatasetCardMarkdown;
import io.adapterworks.evaluate.report.Fact;
import io.adapterworks.table.StorageFailures;
import io.adapterworks.table.WarehouseFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Writes the card of the newest dataset version under the warehouse's folder {@code reports}. */
public final class DatasetCardFile {
  private final Warehouse warehouse;
  private final UseCase useCase;

  public DatasetCardFile(Warehouse warehouse, UseCase useCase) {
    this.warehouse = warehouse;
    this.useCase = useCase;
  }

  /** Writes {@code reports/dataset-VERSION.html} and {@code .md}; returns where the first lies. */
  public String write() {
    OptionalLong version = warehouse.tables().dataVersion(DatasetTable.SPEC);
    Check.that(
        version.isPresent(),
        ErrorCode.NOTHING_TO_DO,
        "there is no table dataset_examples yet; run curate first");
    DatasetCardInput input = input(version.getAsLong());
    String name = "dataset-" + version.getAsLong();
    write(name + ".md", DatasetCardMarkdown.render(input));
    return write(name + ".html", DatasetCard.render(input));
  }

  private DatasetCardInput input(long version) {
    DatasetCardFacts facts = new DatasetCardFacts(warehouse.tables());
    return new DatasetCardInput(
        useCase.name().orElse("dataset") + ", version " + version,
        useCase.purpose(),
        warehouse.clock().instant(),
        facts.underReview(),
        facts.steps(),
        facts.labels(),
        facts.lengths(),
        facts.drops(),
        facts.clusters(),
        facts.pii(),
        facts.trial(),
        List.of(
            new Fact("Dataset", DatasetTable.SPEC.name() + " version " + version),
            new Fact(
                "Made of",
                CuratedTable.SPEC.name()
                    + " version "
                    + warehouse.tables().dataVersion(CuratedTable.SPEC).orElse(-1)),
            new Fact("Base model of the embeddings", useCase.base().model()),
            new Fact("Dataset settings", useCase.dataset().toString())));
  }

  private String write(String name, String content) {
    Path file = new Path(new Path(warehouse.directory(), "reports"), name);
    Configuration hadoop = warehouse.tables().spark().sparkContext().hadoopConfiguration();
    try (OutputStream out = WarehouseFiles.of(file, hadoop).create(file, true)) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    } catch (IOException failure) {
      throw StorageFailures.explain(
          "write the dataset card " + file, "the dataset is kept", failure);
    }
    return file.toString();
  }
}
