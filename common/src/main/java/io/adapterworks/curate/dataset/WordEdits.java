package io.adapterworks.curate.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/**
 * Edits of a message that leave its label as it is (EDA, Wei and Zou 2019, arXiv:1901.11196):
 * swapping words, deleting words, inserting words. Where EDA inserts synonyms from WordNet, words
 * of other messages of the same label are inserted; its synonym replacement, which needs to know
 * which sense of a word is meant, is left out. Placeholders of personal data, numbers, negations
 * and the word after a negation stay where they are.
 */
final class WordEdits {
  /** What an edit does. */
  enum Operation {
    SWAP,
    DELETE,
    INSERT;

    String spelled() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int FEWEST_WORDS = 4;

  private static final Pattern NEGATION =
      Pattern.compile(
          "(?iU)\\P{L}*(?:no|not|non|never|none|nobody|nothing|nowhere|neither|nor|without|cannot"
              + "|hardly|barely|unless|except|\\p{L}+n['’]?t|isnt|arent|wasnt|werent|dont|doesnt"
              + "|didnt|cant|couldnt|wont|wouldnt|shouldnt|hasnt|havent|hadnt|aint)\\P{L}*");

  private static final Pattern EDITABLE = Pattern.compile("[\\p{L}'’-]+[,.;:!?]*");

  private static final Pattern INSERTABLE = Pattern.compile("\\p{Ll}[\\p{Ll}'’-]*");

  private static final Set<String> FUNCTION_WORDS =
      Set.of("if", "but", "instead", "only", "before", "after", "until", "than", "or");

  private final double share;

  /**
   * @param share of a message's words that an edit changes; one word at least
   */
  WordEdits(double share) {
    this.share = share;
  }

  /**
   * The message after an edit, or empty where too few of its words may be edited.
   *
   * @param labelWords what an insertion draws from
   */
  Optional<String> apply(
      Operation operation, String text, List<String> labelWords, SplittableRandom random) {
    List<String> words = new ArrayList<>(List.of(text.strip().split("\\s+", -1)));
    List<Integer> free = free(words);
    int count = Math.max(1, (int) Math.round(share * words.size()));
    if (words.size() < FEWEST_WORDS) {
      return Optional.empty();
    }
    boolean edited =
        switch (operation) {
          case SWAP -> swap(words, free, count, random);
          case DELETE -> delete(words, free, count, random);
          case INSERT -> insert(words, labelWords, count, random);
        };
    String result = String.join(" ", words);
    return edited && !result.equals(text) ? Optional.of(result) : Optional.empty();
  }

  /** Words that an insertion may draw from a message. */
  static List<String> insertable(String text) {
    return List.of(text.split("\\s+", -1)).stream()
        .filter(word -> INSERTABLE.matcher(word).matches() && !decides(word))
        .toList();
  }

  private static boolean decides(String word) {
    return NEGATION.matcher(word).matches()
        || FUNCTION_WORDS.contains(word.toLowerCase(Locale.ROOT));
  }

  private static List<Integer> free(List<String> words) {
    List<Integer> free = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      boolean negated = i > 0 && decides(words.get(i - 1));
      if (!negated && !decides(words.get(i)) && EDITABLE.matcher(words.get(i)).matches()) {
        free.add(i);
      }
    }
    return free;
  }

  private static boolean swap(
      List<String> words, List<Integer> free, int count, SplittableRandom random) {
    if (free.size() < 2) {
      return false;
    }
    for (int n = 0; n < count; n++) {
      int a = random.nextInt(free.size());
      int b = (a + 1 + random.nextInt(free.size() - 1)) % free.size();
      String word = words.get(free.get(a));
      words.set(free.get(a), words.get(free.get(b)));
      words.set(free.get(b), word);
    }
    return true;
  }

  private static boolean delete(
      List<String> words, List<Integer> free, int count, SplittableRandom random) {
    List<Integer> left = new ArrayList<>(free);
    List<Integer> gone = new ArrayList<>();
    while (gone.size() < count
        && !left.isEmpty()
        && words.size() - gone.size() > FEWEST_WORDS - 1) {
      gone.add(left.remove(random.nextInt(left.size())));
    }
    gone.stream().sorted((a, b) -> b - a).forEach(place -> words.remove((int) place));
    return !gone.isEmpty();
  }

  private static boolean insert(
      List<String> words, List<String> labelWords, int count, SplittableRandom random) {
    if (labelWords.isEmpty()) {
      return false;
    }
    for (int n = 0; n < count; n++) {
      List<Integer> places = new ArrayList<>();
      for (int i = 0; i < words.size(); i++) {
        if (i == 0 || !decides(words.get(i - 1))) {
          places.add(i);
        }
      }
      words.add(
          places.get(random.nextInt(places.size())),
          labelWords.get(random.nextInt(labelWords.size())));
    }
    return true;
  }
}
