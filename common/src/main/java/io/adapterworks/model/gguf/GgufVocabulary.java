package io.adapterworks.model.gguf;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A tokenizer as GGUF holds it.
 *
 * @param tokens by id
 * @param kinds as many
 * @param merging how tokens are formed
 */
record GgufVocabulary(
    List<String> tokens, List<Kind> kinds, Merging merging, Specials specials, Format format) {
  /** What a token is. */
  enum Kind {
    NORMAL(1),
    UNKNOWN(2),
    CONTROL(3),
    USER_DEFINED(4),
    UNUSED(5),
    BYTE(6);

    private final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  /** How neighbouring tokens become one. */
  sealed interface Merging {}

  /**
   * As SentencePiece does: of all neighbours whose joint text is a token, those with the highest
   * score first.
   */
  record ByScore(List<Float> scores, boolean addsSpacePrefix) implements Merging {
    float[] floats() {
      float[] floats = new float[scores.size()];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = scores.get(i);
      }
      return floats;
    }
  }

  /**
   * Over bytes written as characters: the pair that comes first in the list first, within words.
   *
   * @param words how a text is cut into words, by llama.cpp's name
   */
  record ByRank(List<String> merges, String words) implements Merging {}

  /** The ids of special tokens, where the model has them. */
  record Specials(OptionalInt begin, OptionalInt end, OptionalInt unknown, OptionalInt padding) {}

  /** What a prompt is given around it. */
  record Format(boolean addsBegin, boolean addsEnd, Optional<String> chatTemplate) {}

  /** The metadata entries. */
  Map<String, Object> metadata() {
    Map<String, Object> entries = new LinkedHashMap<>();
    if (merging instanceof ByRank ranks) {
      entries.put("tokenizer.ggml.model", "gpt2");
      entries.put("tokenizer.ggml.pre", ranks.words);
    } else {
      entries.put("tokenizer.ggml.model", "llama");
      entries.put("tokenizer.ggml.pre", "default");
    }
    entries.put("tokenizer.ggml.tokens", tokens);
    entries.put("tokenizer.ggml.token_type", kinds.stream().mapToInt(kind -> kind.code).toArray());
    if (merging instanceof ByRank ranks) {
      entries.put("tokenizer.ggml.merges", ranks.merges);
    } else if (merging instanceof ByScore score) {
      entries.put("tokenizer.ggml.scores", score.floats());
      entries.put("tokenizer.ggml.add_space_prefix", score.addsSpacePrefix);
    }
    specials.begin.ifPresent(id -> entries.put("tokenizer.ggml.bos_token_id", id));
    specials.end.ifPresent(id -> entries.put("tokenizer.ggml.eos_token_id", id));
    specials.unknown.ifPresent(id -> entries.put("tokenizer.ggml.unknown_token_id", id));
    specials.padding.ifPresent(id -> entries.put("tokenizer.ggml.padding_token_id", id));
    entries.put("tokenizer.ggml.add_bos_token", format.addsBegin);
    entries.put("tokenizer.ggml.add_eos_token", format.addsEnd);
    format.chatTemplate.ifPresent(text -> entries.put("tokenizer.chat_template", text));
    return entries;
  }
}
