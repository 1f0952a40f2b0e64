package io.adapterworks.curate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a curation did. */
public sealed interface CurationOutcome {
  /** Version of curated_examples. */
  long curatedVersion();

  /** This outcome and that of the run after it, as one. */
  default CurationOutcome then(CurationOutcome next) {
    if (!(this instanceof Curated before) || !(next instanceof Curated after)) {
      return next;
    }
    Map<String, Long> dropped = new LinkedHashMap<>(before.dropped());
    after.dropped().forEach((rule, count) -> dropped.merge(rule, count, Long::sum));
    return new Curated(
        after.curatedVersion(),
        before.read() + after.read(),
        before.kept() + after.kept(),
        dropped);
  }

  /**
   * New rows were curated.
   *
   * @param kept rows that are new in curated_examples
   * @param dropped new rows that were dropped, by rule
   */
  record Curated(long curatedVersion, long read, long kept, Map<String, Long> dropped)
      implements CurationOutcome {
    public Curated {
      dropped = Collections.unmodifiableMap(new LinkedHashMap<>(dropped));
    }
  }

  /** Every bronze row was curated before, with the same settings. */
  record NothingNew(long curatedVersion) implements CurationOutcome {}
}
