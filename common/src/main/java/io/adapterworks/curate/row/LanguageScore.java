package io.adapterworks.curate.row;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import opennlp.tools.langdetect.Language;
import opennlp.tools.langdetect.LanguageDetectorME;
import opennlp.tools.langdetect.LanguageDetectorModel;

/**
 * How sure it is, 0 to 1, that a text is in the expected language. OpenNLP's detector knows 103
 * languages but errs on messages of a few words, and a customer's message lost weighs more than a
 * foreign one kept. So English is first looked for by its function words, which no short English
 * message avoids for long, and the detector judges the rest; a text of one or two words passes.
 */
final class LanguageScore {
  private static final String MODEL = "/langdetect-183.bin";
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}'’]+");
  private static final Pattern NOT_WORDS =
      Pattern.compile("https?://\\S+|\\S+@\\S+|[^\\p{L}\\p{M}\\s'’]+");

  /** Below this many words there is too little to tell. */
  private static final int FEWEST_WORDS = 3;

  /** This share of function words is never reached by another language that has them by chance. */
  private static final double SURE_SHARE = 0.25;

  /** English words that carry grammar, less those that other languages write alike. */
  private static final Set<String> ENGLISH =
      Set.copyOf(
          List.of(
              ("the and of to my i'm i've i'll i'd it's isn't don't doesn't didn't can't won't wasn't"
                      + " haven't hasn't couldn't wouldn't shouldn't dont cant didnt doesnt isnt wont im"
                      + " ive its that's thats what's whats what where when why how who which this that"
                      + " these those there here with without from for you your yours we our they their"
                      + " them he she him her his are were been being be have has had having does did"
                      + " doing done would could should will can cannot may might must shall not but or"
                      + " because if then than so as at by on into onto out off over under up down about"
                      + " after before since until while again still just only also too very much many"
                      + " more most some any every each other another all both it i a an is was in do"
                      + " me us get got need want please help thanks thank hello card account money"
                      + " payment transfer app pin bank")
                  .split(" ", -1)));

  /** Languages that the detector tells apart, or names by more than one code. */
  private static final Map<String, Set<String>> VARIANTS =
      Map.of(
          "zho", Set.of("cmn", "nan"),
          "nor", Set.of("nob", "nno"),
          "est", Set.of("est", "ekk"),
          "lav", Set.of("lav", "lvs"),
          "fas", Set.of("fas", "pes"));

  private final String language;
  private final Set<String> outcomes;
  private final LanguageDetectorME detector;

  LanguageScore(String expected) {
    this.language = new Locale(expected).getISO3Language();
    this.detector = new LanguageDetectorME(Model.SHARED);
    this.outcomes = VARIANTS.getOrDefault(language, Set.of(language));
    Check.that(
        Arrays.stream(detector.getSupportedLanguages()).anyMatch(outcomes::contains),
        ErrorCode.CONFIGURATION,
        "curation.language.expected=%s is no language that can be told from others; set it to any",
        expected);
  }

  double of(String text) {
    String prose = NOT_WORDS.matcher(text.toLowerCase(Locale.ROOT)).replaceAll(" ").strip();
    List<String> words = WORD.matcher(prose).results().map(match -> match.group()).toList();
    if (words.size() < FEWEST_WORDS) {
      return isLatin(prose) || !language.equals("eng") ? 1 : 0;
    }
    if (language.equals("eng")) {
      double share =
          (double) words.stream().filter(LanguageScore::isEnglishWord).count() / words.size();
      if (share >= SURE_SHARE) {
        return 1;
      }
    }
    return detected(prose);
  }

  /** The detector's probability of the expected language over that of the likeliest. */
  private double detected(String prose) {
    Language[] ranked = detector.predictLanguages(prose);
    double sum =
        Arrays.stream(ranked)
            .filter(candidate -> outcomes.contains(candidate.getLang()))
            .mapToDouble(Language::getConfidence)
            .sum();
    return Math.min(1, sum / ranked[0].getConfidence());
  }

  private static boolean isEnglishWord(String word) {
    return ENGLISH.contains(word.replace('’', '\''));
  }

  private static boolean isLatin(String text) {
    long letters = text.codePoints().filter(Character::isLetter).count();
    long latin =
        text.codePoints()
            .filter(Character::isLetter)
            .filter(point -> Character.UnicodeScript.of(point) == Character.UnicodeScript.LATIN)
            .count();
    return 2 * latin >= letters;
  }

  /** The model, read once a process: it takes 10 MB and a third of a second. */
  private static final class Model {
    private static final LanguageDetectorModel SHARED = read();

    private static LanguageDetectorModel read() {
      try (InputStream model = LanguageDetectorModel.class.getResourceAsStream(MODEL)) {
        Check.that(
            model != null,
            ErrorCode.MODEL,
            "the language model %s is not on the class path; add opennlp-models-langdetect",
            MODEL);
        return new LanguageDetectorModel(model);
      } catch (IOException failure) {
        throw Check.failure(
            ErrorCode.MODEL, "the language model %s cannot be read: %s", MODEL, failure);
      }
    }
  }
}
