package io.adapterworks.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Seeded edits of texts: words replaced, dropped, doubled, swapped and misspelt. */
final class TextEdits {
  private final SplittableRandom random;
  private final List<String> words;

  /**
   * @param words what replaces and fills in
   */
  TextEdits(SplittableRandom random, List<String> words) {
    this.random = random;
    this.words = List.copyOf(words);
  }

  /** The text after {@code edits} edits at random places. */
  String edit(String text, int edits) {
    List<String> edited = new ArrayList<>(Arrays.asList(text.split(" ", -1)));
    for (int i = 0; i < edits && !edited.isEmpty(); i++) {
      int at = random.nextInt(edited.size());
      switch (random.nextInt(5)) {
        case 0 -> edited.set(at, word());
        case 1 -> edited.remove(at);
        case 2 -> edited.add(at, word());
        case 3 -> edited.set(at, misspelt(edited.get(at)));
        default -> {
          String moved = edited.remove(at);
          edited.add(random.nextInt(edited.size() + 1), moved);
        }
      }
    }
    return String.join(" ", edited);
  }

  private String word() {
    return words.get(random.nextInt(words.size()));
  }

  private String misspelt(String word) {
    if (word.length() < 2) {
      return word + word;
    }
    int at = random.nextInt(word.length() - 1);
    return word.substring(0, at) + word.charAt(at + 1) + word.charAt(at) + word.substring(at + 2);
  }
}
