package io.adapterworks.evaluate;

import io.adapterworks.config.NearestName;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a candidate has to show before it becomes champion; a use case's section {@code success}.
 *
 * @param kpis bounds by {@link Metric#key}, or {@link TextMetric#key} for an adapter that generates
 * @param championMargin how far below the champion's accuracy the candidate's may lie, as a share:
 *     0.005 is half a percentage point
 */
public record SuccessCriteria(Map<String, Bound> kpis, double championMargin) {
  public SuccessCriteria {
    for (String key : kpis.keySet()) {
      boolean known = Metric.ofKey(key).isPresent() || TextMetric.ofKey(key).isPresent();
      Check.that(
          known,
          ErrorCode.CONFIGURATION,
          "success.kpis.%s is no metric%s Known: %s",
          key,
          NearestName.question("", key, keys()),
          String.join(", ", keys()));
    }
    Check.inRange("success.championMargin", championMargin, 0, 1);
    kpis = Collections.unmodifiableMap(new LinkedHashMap<>(kpis));
  }

  private static List<String> keys() {
    return Stream.concat(Metric.keys().stream(), TextMetric.keys().stream()).toList();
  }

  /**
   * Fails for a criterion that the task does not measure.
   *
   * @param measured the keys of the metrics that it does
   */
  public void requireMeasured(List<String> measured) {
    for (String key : kpis.keySet()) {
      Check.that(
          measured.contains(key),
          ErrorCode.CONFIGURATION,
          "success.kpis.%s is not measured for this task; expected some of %s",
          key,
          String.join(", ", measured));
    }
  }
}
