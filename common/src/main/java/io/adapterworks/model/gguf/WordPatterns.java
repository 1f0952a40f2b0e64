package io.adapterworks.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.JsonFields;
import java.util.List;
import java.util.Optional;

/**
 * The ways to cut a text into words that llama.cpp knows by name, recognised by what a {@code
 * tokenizer.json} says. Whoever runs the file cuts by that name, so an unknown way is refused.
 */
final class WordPatterns {
  private static final String LLAMA3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final String QWEN2 = LLAMA3.replace("\\p{N}{1,3}", "\\p{N}");

  private WordPatterns() {}

  /** llama.cpp's name of how this byte-level tokenizer cuts words. */
  static String nameOf(JsonFields fields, JsonFields model) {
    String name =
        recognise(fields)
            .orElseThrow(
                () ->
                    Check.failure(
                        ErrorCode.MODEL,
                        "%s: the pre-tokenizer %s is not known by a name in llama.cpp; expected"
                            + " that of Llama 3 (llama-bpe), Qwen 2 (qwen2), GPT-2 (gpt-2) or"
                            + " SmolLM (smollm)",
                        fields.source(),
                        fields.node().path("pre_tokenizer")));
    refuseNormalizer(fields);
    boolean wholeWordsFirst = name.equals("llama-bpe");
    Check.that(
        model.flag("ignore_merges", false) == wholeWordsFirst,
        ErrorCode.MODEL,
        "%s: ignore_merges=%s; llama.cpp's %s has %s and would tokenize otherwise",
        fields.source(),
        !wholeWordsFirst,
        name,
        wholeWordsFirst);
    return name;
  }

  private static void refuseNormalizer(JsonFields fields) {
    for (JsonNode step : JsonSteps.of(fields.node().path("normalizer"), "normalizers")) {
      // llama.cpp leaves out the composition of characters; most text is composed already.
      Check.that(
          step.path("type").asText("").equals("NFC"),
          ErrorCode.MODEL,
          "%s: the normalizer %s has no counterpart in llama.cpp; expected NFC or none",
          fields.source(),
          step);
    }
  }

  private static Optional<String> recognise(JsonFields fields) {
    List<JsonNode> steps = JsonSteps.of(fields.node().path("pre_tokenizer"), "pretokenizers");
    if (steps.isEmpty() || !isByteLevel(steps.get(steps.size() - 1))) {
      return Optional.empty();
    }
    boolean ownWords = steps.get(steps.size() - 1).path("use_regex").asBoolean(true);
    if (steps.size() == 1 && ownWords) {
      return Optional.of("gpt-2");
    }
    if (steps.size() != 2) {
      return Optional.empty();
    }
    JsonNode first = steps.get(0);
    boolean digits =
        first.path("type").asText("").equals("Digits")
            && first.path("individual_digits").asBoolean(false);
    if (ownWords) {
      return digits ? Optional.of("smollm") : Optional.empty();
    }
    boolean splits =
        first.path("type").asText("").equals("Split")
            && first.path("behavior").asText("").equals("Isolated")
            && !first.path("invert").asBoolean(false);
    String pattern = splits ? first.path("pattern").path("Regex").asText("") : "";
    if (pattern.equals(LLAMA3)) {
      return Optional.of("llama-bpe");
    }
    return pattern.equals(QWEN2) ? Optional.of("qwen2") : Optional.empty();
  }

  private static boolean isByteLevel(JsonNode step) {
    return step.path("type").asText("").equals("ByteLevel")
        && !step.path("add_prefix_space").asBoolean(true);
  }
}
