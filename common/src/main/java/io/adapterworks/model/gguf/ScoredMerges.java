package io.adapterworks.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.JsonFields;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns ranked merges into one score for each token, as SentencePiece has them. That gives the same
 * tokens only where every way to form a token is a merge, and all of a token's merges stand
 * together in the ranking; tokenizers that were made from SentencePiece models are of this kind.
 */
final class ScoredMerges {
  private static final String SPACE = "▁";

  private ScoredMerges() {}

  static GgufVocabulary.ByScore of(
      JsonFields fields,
      List<MergeRule> merges,
      List<String> tokens,
      List<GgufVocabulary.Kind> kinds) {
    Map<String, Integer> places = places(merges, fields.source());
    List<Float> scores = new ArrayList<>(Collections.nCopies(tokens.size(), 0f));
    Set<String> normal = new HashSet<>();
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id);
      if (token != null && kinds.get(id) == GgufVocabulary.Kind.NORMAL) {
        scores.set(id, (float) -places.getOrDefault(token, places.size()));
        normal.add(token);
      }
    }
    checkAllWaysAreMerges(merges, normal, fields.source());
    return new GgufVocabulary.ByScore(scores, addsSpacePrefix(fields));
  }

  /** For each token that merges form, its place among them. */
  private static Map<String, Integer> places(List<MergeRule> merges, String source) {
    Map<String, Integer> places = new HashMap<>();
    String previous = "";
    for (MergeRule merge : merges) {
      String token = merge.merged();
      Check.that(
          token.equals(previous) || places.put(token, places.size()) == null,
          ErrorCode.MODEL,
          "%s: the merges into '%s' do not stand together, so that one score for each token cannot"
              + " tell their order; llama.cpp would tokenize otherwise",
          source,
          token);
      previous = token;
    }
    return places;
  }

  private static void checkAllWaysAreMerges(
      List<MergeRule> merges, Set<String> vocabulary, String source) {
    Set<MergeRule> known = new HashSet<>(merges);
    for (String token : vocabulary) {
      for (int cut = 1; cut < token.length(); cut++) {
        MergeRule way = new MergeRule(token.substring(0, cut), token.substring(cut));
        boolean possible = vocabulary.contains(way.left()) && vocabulary.contains(way.right());
        Check.that(
            !possible || known.contains(way),
            ErrorCode.MODEL,
            "%s: '%s' is no merge, though '%s' is a token; llama.cpp would merge it",
            source,
            way,
            token);
      }
    }
  }

  /** Whether a space is put before a text; other normalisations are refused by name. */
  private static boolean addsSpacePrefix(JsonFields fields) {
    boolean prefix = false;
    boolean replaces = false;
    JsonNode normalizer = fields.node().path("normalizer");
    List<JsonNode> steps = JsonSteps.of(normalizer, "normalizers");
    for (JsonNode step : steps) {
      String type = step.path("type").asText("");
      boolean prepend = type.equals("Prepend") && step.path("prepend").asText().equals(SPACE);
      boolean replace =
          type.equals("Replace")
              && step.path("pattern").path("String").asText().equals(" ")
              && step.path("content").asText().equals(SPACE);
      Check.that(
          prepend || replace,
          ErrorCode.MODEL,
          "%s: the normalizer %s has no counterpart in llama.cpp; expected Prepend or Replace of a"
              + " space",
          fields.source(),
          step);
      prefix |= prepend;
      replaces |= replace;
    }
    JsonNode words = fields.node().path("pre_tokenizer");
    if (replaces && (words.isNull() || words.isMissingNode())) {
      return prefix;
    }
    boolean metaspace =
        words.path("type").asText("").equals("Metaspace")
            && words.path("replacement").asText(SPACE).equals(SPACE)
            && !words.path("split").asBoolean(true);
    Check.that(
        metaspace && steps.isEmpty(),
        ErrorCode.MODEL,
        "%s: the pre-tokenizer %s has no counterpart in llama.cpp; expected Metaspace without"
            + " splitting, or none",
        fields.source(),
        words);
    return !words.path("prepend_scheme").asText("always").equals("never");
  }
}
