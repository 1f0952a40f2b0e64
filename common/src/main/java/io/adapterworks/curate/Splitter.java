package io.adapterworks.curate;

import io.adapterworks.curate.duplicate.Signature;
import io.adapterworks.curate.schema.CuratedTable;
import java.io.Serializable;

/**
 * Deals clusters to splits by a hash of their id and the seed. Each label so gets the same shares
 * but for chance, a cluster never straddles two splits, and what is dealt stays dealt when data is
 * added.
 */
final class Splitter implements Serializable {
  private final SplitConfig config;

  Splitter(SplitConfig config) {
    this.config = config;
  }

  String split(String clusterId) {
    double place = (Signature.node(config.seed() + "/" + clusterId) >>> 11) * 0x1.0p-53;
    if (place < config.test()) {
      return CuratedTable.TEST;
    }
    return place < config.test() + config.validation()
        ? CuratedTable.VALIDATION
        : CuratedTable.TRAIN;
  }
}
