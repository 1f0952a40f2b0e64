package io.adapterworks.curate.duplicate;

import io.adapterworks.error.Check;
import java.io.Serializable;

/**
 * When two texts are near duplicates.
 *
 * @param threshold Jaccard similarity of their shingle sets from which on they are
 * @param shingle characters of a shingle
 * @param bands bands of a MinHash signature; texts that share one are compared
 * @param rows hashes of a band
 */
public record NearDuplicateConfig(double threshold, int shingle, int bands, int rows)
    implements Serializable {
  public NearDuplicateConfig {
    Check.inRange("curation.nearDuplicates.threshold", threshold, 0.3, 1);
    Check.inRange("curation.nearDuplicates.shingle", shingle, 2, 20);
    Check.inRange("curation.nearDuplicates.bands", bands, 1, 200);
    Check.inRange("curation.nearDuplicates.rows", rows, 1, 20);
  }
}
