package io.adapterworks.curate.pii;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;

/**
 * What personal data is masked.
 *
 * @param types which kinds
 * @param phoneRegions two-letter regions whose national phone numbers are looked for
 */
public record PiiConfig(List<PiiType> types, List<String> phoneRegions) implements Serializable {
  public PiiConfig {
    types = List.copyOf(types);
    phoneRegions = List.copyOf(phoneRegions);
    for (String region : phoneRegions) {
      Check.that(
          List.of(Locale.getISOCountries()).contains(region),
          ErrorCode.CONFIGURATION,
          "curation.pii.phoneRegions holds %s; expected two-letter regions such as GB",
          region);
    }
  }
}
