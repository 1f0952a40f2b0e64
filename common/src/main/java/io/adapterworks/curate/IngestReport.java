package io.adapterworks.curate;

import io.adapterworks.curate.source.InputFile;
import java.util.List;

/**
 * What an ingest did and saw.
 *
 * @param outcome what it did
 * @param growing files that may be growing and were left for a later run
 * @param drift how the columns of the new files differ from those before
 */
public record IngestReport(
    IngestOutcome outcome, List<InputFile> growing, List<SchemaDrift> drift) {
  public IngestReport {
    growing = List.copyOf(growing);
    drift = List.copyOf(drift);
  }
}
