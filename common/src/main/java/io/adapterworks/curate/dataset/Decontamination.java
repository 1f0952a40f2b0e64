package io.adapterworks.curate.dataset;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Finds training rows that give away a held-out row: one of the two holds most of the other's word
 * n-grams. GPT-3's rule of one shared 13-gram (Brown et al. 2020, arXiv:2005.14165, appendix C)
 * finds nothing in messages of a dozen words, and one shared 3-gram is chance; the share of the
 * shorter text's 3-grams tells a copied message, bare or with words around it, from one on the same
 * matter.
 */
final class Decontamination {
  static final String RULE = "contamination";

  private final WordGrams grams;
  private final double threshold;
  private final List<String> texts;
  private final List<Integer> sizes = new ArrayList<>();
  private final Map<Long, List<Integer>> index = new HashMap<>();

  /**
   * @param heldOut texts that must not be trained on
   */
  Decontamination(DecontaminationConfig config, List<String> heldOut) {
    this.grams = new WordGrams(config.words());
    this.threshold = config.threshold();
    this.texts = List.copyOf(heldOut);
    for (int i = 0; i < texts.size(); i++) {
      Set<Long> of = grams.of(texts.get(i));
      sizes.add(of.size());
      for (long gram : of) {
        index.computeIfAbsent(gram, g -> new ArrayList<>(1)).add(i);
      }
    }
  }

  List<LeftOut> find(List<Example> training) {
    List<LeftOut> found = new ArrayList<>();
    for (Example example : training) {
      Set<Long> own = grams.of(example.text());
      Map<Integer, Integer> shared = new HashMap<>();
      for (long gram : own) {
        index.getOrDefault(gram, List.of()).forEach(i -> shared.merge(i, 1, Integer::sum));
      }
      double best = 0;
      int worst = -1;
      for (Map.Entry<Integer, Integer> entry : shared.entrySet()) {
        double score = (double) entry.getValue() / Math.min(own.size(), sizes.get(entry.getKey()));
        if (score > best || (score == best && entry.getKey() < worst)) {
          best = score;
          worst = entry.getKey();
        }
      }
      if (best >= threshold) {
        found.add(contaminated(example, texts.get(worst), best));
      }
    }
    return found;
  }

  private LeftOut contaminated(Example example, String heldOut, double score) {
    String reason =
        String.format(
            Locale.ROOT,
            "shares %.0f %% of its words in a row with held-out “%s”",
            100 * score,
            heldOut);
    return new LeftOut(example, RULE, score, threshold, reason, null);
  }
}
