package io.adapterworks.curate.row;

import java.util.List;

/** What can be measured on a text by itself. */
public final class TextScores {
  private static final int LONG_RUN = 5;

  private TextScores() {}

  /** The rules of the step {@code validate}, in their order. */
  public static ScoreStep validate(TextConfig config) {
    return new ScoreStep(
        "validate",
        List.of(
            new ScoreRule(
                "empty",
                "the number of visible characters",
                draft -> visible(draft.text()),
                Limit.atLeast(1)),
            new ScoreRule(
                "too-short",
                "the number of letters and digits",
                draft -> letters(draft.text()),
                Limit.atLeast(config.minLetters())),
            new ScoreRule(
                "too-long",
                "the number of characters",
                draft -> draft.text().length(),
                Limit.atMost(config.maxCharacters())),
            new ScoreRule(
                "symbols",
                "the share of symbols",
                draft -> symbolRatio(draft.text()),
                Limit.atMost(config.maxSymbolRatio())),
            new ScoreRule(
                "repetition",
                "the share of repeated words or characters",
                draft -> repetition(draft.text()),
                Limit.atMost(config.maxRepetition())),
            new ScoreRule(
                "boilerplate",
                "the share of what a machine added",
                draft -> BoilerplateScore.of(draft.text()),
                Limit.atMost(config.maxBoilerplate()))));
  }

  static long visible(String text) {
    return text.codePoints().filter(point -> !Character.isWhitespace(point)).count();
  }

  static long letters(String text) {
    return text.codePoints().filter(Character::isLetterOrDigit).count();
  }

  /** Symbols over visible characters; a combining mark belongs to its letter. */
  static double symbolRatio(String text) {
    long all = visible(text);
    long marks =
        text.codePoints()
            .filter(
                point ->
                    Character.getType(point) == Character.NON_SPACING_MARK
                        || Character.getType(point) == Character.COMBINING_SPACING_MARK)
            .count();
    return all == 0 ? 0 : (double) (all - letters(text) - marks) / all;
  }

  static double repetition(String text) {
    return Math.max(repeatedWords(text), longRuns(text));
  }

  private static double repeatedWords(String text) {
    String[] words = text.split("\\s+", -1);
    if (words.length < LONG_RUN) {
      return 0;
    }
    int repeated = 0;
    for (int i = 1; i < words.length; i++) {
      repeated += words[i].equalsIgnoreCase(words[i - 1]) ? 1 : 0;
    }
    return (double) repeated / words.length;
  }

  private static double longRuns(String text) {
    int inRuns = 0;
    int run = 1;
    for (int i = 1; i <= text.length(); i++) {
      if (i < text.length() && text.charAt(i) == text.charAt(i - 1)) {
        run++;
      } else {
        inRuns += run >= LONG_RUN ? run : 0;
        run = 1;
      }
    }
    return text.isEmpty() ? 0 : (double) inRuns / text.length();
  }
}
