package io.adapterworks.curate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a curation did. */
public sealed interface CurationOutcome {
  /** Version of curated_examples: the dataset. */
  long datasetVersion();

  /**
   * New rows were curated.
   *
   * @param kept rows that are new in curated_examples
   * @param dropped new rows that were dropped, by rule
   */
  record Curated(long datasetVersion, long read, long kept, Map<String, Long> dropped)
      implements CurationOutcome {
    public Curated {
      dropped = Collections.unmodifiableMap(new LinkedHashMap<>(dropped));
    }
  }

  /** Every bronze row was curated before, with the same settings. */
  record NothingNew(long datasetVersion) implements CurationOutcome {}
}
