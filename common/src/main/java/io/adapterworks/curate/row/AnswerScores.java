package io.adapterworks.curate.row;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What can be measured on the answer of an instruction: whether there is one, whether it goes round
 * in circles, was cut off, repeats its question or only refuses.
 */
final class AnswerScores {
  /** Words of a phrase; a phrase that occurs twice counts as repeated. */
  private static final int PHRASE = 4;

  /** Shorter answers end without a full stop as often as not: names, numbers, titles. */
  private static final int SENTENCE = 60;

  private static final Pattern REFUSAL =
      Pattern.compile(
          "\\bas an ai( language)? model\\b|\\bi('m| am) (sorry|afraid),? (but )?(i|as an)\\b|\\bi"
              + " (cannot|can't|am unable to|am not able to)"
              + " (assist|help|fulfil|fulfill|comply|provide|do that)\\b|\\bmy (training"
              + " data|knowledge cutoff)\\b|\\bi('m| am) just an ai\\b|\\bi (do not|don't) have"
              + " (personal|access to real-time)\\b",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern SENTENCES = Pattern.compile("[^.!?\\n]+[.!?\\n]*");

  /** No sentence ends on these. */
  private static final Pattern HANGING =
      Pattern.compile(
          "(?:[,;:–—-]|\\b(?:and|or|but|the|a|an|of|to|in|on|for|with|that|which|is|are|was|by|as|from"
              + "|because|if|when|such|into|your|their|its))\\s*$",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern ENDED = Pattern.compile("[.!?…\"'”’)\\]}*`。！？:]\\s*$");

  private AnswerScores() {}

  /** The rules of the step {@code answer}, in their order; for rows that have one. */
  static List<ScoreRule> rules(AnswerConfig config) {
    return List.of(
        rule(
            "empty-answer",
            "the number of letters and digits of the answer",
            TextScores::letters,
            Limit.atLeast(config.minLetters())),
        rule(
            "answer-repetition",
            "the share of repeated phrases in the answer",
            AnswerScores::repetition,
            Limit.atMost(config.maxRepetition())),
        rule(
            "refusal",
            "the share of the answer that refuses",
            AnswerScores::refusal,
            Limit.atMost(config.maxRefusal())),
        rule(
            "truncated-answer",
            "the likelihood that the answer was cut off",
            AnswerScores::truncation,
            Limit.atMost(config.maxTruncation())),
        new ScoreRule(
            "echo",
            "the share of the answer that repeats the instruction",
            draft -> echo(draft.text(), draft.response()),
            Limit.below(1)));
  }

  private static ScoreRule rule(
      String name, String measure, ToDoubleFunction<String> score, Limit limit) {
    return new ScoreRule(name, measure, draft -> score.applyAsDouble(draft.response()), limit);
  }

  /** Words in phrases of four that occurred before, over all words. */
  static double repetition(String answer) {
    String[] words = answer.toLowerCase(Locale.ROOT).split("\\s+", -1);
    if (words.length < 3 * PHRASE) {
      return 0;
    }
    Set<String> said = new HashSet<>();
    int repeated = 0;
    for (int i = 0; i + PHRASE <= words.length; i++) {
      String phrase = String.join(" ", List.of(words).subList(i, i + PHRASE));
      repeated += said.add(phrase) ? 0 : 1;
    }
    return (double) repeated / (words.length - PHRASE + 1);
  }

  /** Characters of the sentences that refuse, over all. */
  static double refusal(String answer) {
    Matcher sentences = SENTENCES.matcher(answer);
    int all = 0;
    int refusing = 0;
    while (sentences.find()) {
      int length = sentences.end() - sentences.start();
      all += length;
      refusing += REFUSAL.matcher(sentences.group()).find() ? length : 0;
    }
    return all == 0 ? 0 : (double) refusing / all;
  }

  /** 1 where it ends on a word that none ends on or with a code block open; 0.5 without a stop. */
  static double truncation(String answer) {
    String text = answer.strip();
    boolean codeOpen = (text.length() - text.replace("```", "").length()) / 3 % 2 == 1;
    if (codeOpen || (HANGING.matcher(text).find() && text.length() > SENTENCE / 2)) {
      return 1;
    }
    String lastLine = text.substring(text.lastIndexOf('\n') + 1);
    boolean prose = lastLine.length() > SENTENCE && lastLine.contains(" ");
    return prose && !ENDED.matcher(text).find() ? 0.5 : 0;
  }

  /** 1 where the answer is the instruction again, else 0. */
  static double echo(String instruction, String answer) {
    return plain(instruction).equals(plain(answer)) ? 1 : 0;
  }

  private static String plain(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ").strip();
  }
}
