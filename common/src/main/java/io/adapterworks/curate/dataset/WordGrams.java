package io.adapterworks.curate.dataset;

import io.adapterworks.curate.duplicate.Signature;
import io.adapterworks.curate.duplicate.TextKey;
import java.util.HashSet;
import java.util.Set;

/** The distinct word n-grams of a text as hashes. A text of fewer words is one n-gram. */
final class WordGrams {
  private final int words;

  WordGrams(int words) {
    this.words = words;
  }

  Set<Long> of(String text) {
    String[] parts = TextKey.of(text, null).split(" ", -1);
    Set<Long> grams = new HashSet<>();
    for (int i = 0; i + words <= parts.length; i++) {
      grams.add(hash(parts, i, i + words));
    }
    if (grams.isEmpty()) {
      grams.add(hash(parts, 0, parts.length));
    }
    return grams;
  }

  private static long hash(String[] parts, int from, int to) {
    return Signature.node(String.join(" ", java.util.Arrays.asList(parts).subList(from, to)));
  }
}
