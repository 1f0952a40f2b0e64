package io.adapterworks.evaluate;

import io.adapterworks.config.NearestName;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a candidate has to show before it becomes champion; a use case's section {@code success}.
 *
 * @param kpis bounds by {@link Metric#key}
 * @param championMargin how far below the champion's accuracy the candidate's may lie, as a share:
 *     0.005 is half a percentage point
 */
public record SuccessCriteria(Map<String, Bound> kpis, double championMargin) {
  public SuccessCriteria {
    for (String key : kpis.keySet()) {
      Check.that(
          Metric.ofKey(key).isPresent(),
          ErrorCode.CONFIGURATION,
          "success.kpis.%s is no metric; did you mean %s? Known: %s",
          key,
          NearestName.to(key, Metric.keys()),
          String.join(", ", Metric.keys()));
    }
    Check.inRange("success.championMargin", championMargin, 0, 1);
    kpis = Collections.unmodifiableMap(new LinkedHashMap<>(kpis));
  }
}
