package io.adapterworks.curate.dataset;

import java.util.Map;
import java.util.TreeMap;

/** Shares a number of rows out over groups as evenly as what they have allows. */
final class Quotas {
  private Quotas() {}

  /** Equal quotas; what a small group cannot fill goes to the others. */
  static <K extends Comparable<K>> Map<K, Integer> even(Map<K, Integer> available, int size) {
    Map<K, Integer> quotas = new TreeMap<>();
    available.keySet().forEach(group -> quotas.put(group, 0));
    int left = Math.min(size, available.values().stream().mapToInt(n -> n).sum());
    while (left > 0) {
      long open =
          available.entrySet().stream().filter(e -> quotas.get(e.getKey()) < e.getValue()).count();
      int share = (int) Math.max(1, left / open);
      for (Map.Entry<K, Integer> group : new TreeMap<>(available).entrySet()) {
        int more = Math.min(Math.min(share, left), group.getValue() - quotas.get(group.getKey()));
        quotas.merge(group.getKey(), more, Integer::sum);
        left -= more;
      }
    }
    return quotas;
  }

  /** Quotas in proportion to what the groups have (largest remainders). */
  static <K extends Comparable<K>> Map<K, Integer> proportional(
      Map<K, Integer> available, int size) {
    int all = available.values().stream().mapToInt(n -> n).sum();
    Map<K, Integer> quotas = new TreeMap<>();
    Map<K, Double> remainders = new TreeMap<>();
    int given = 0;
    for (Map.Entry<K, Integer> group : new TreeMap<>(available).entrySet()) {
      double exact = (double) Math.min(size, all) * group.getValue() / Math.max(1, all);
      quotas.put(group.getKey(), (int) exact);
      remainders.put(group.getKey(), exact - (int) exact);
      given += (int) exact;
    }
    remainders.entrySet().stream()
        .sorted(Map.Entry.<K, Double>comparingByValue().reversed())
        .limit(Math.max(0, Math.min(size, all) - given))
        .forEach(entry -> quotas.merge(entry.getKey(), 1, Integer::sum));
    return quotas;
  }
}
