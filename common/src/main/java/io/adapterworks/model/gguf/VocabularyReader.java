package io.adapterworks.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.JsonFields;
import io.adapterworks.model.TextFormat;
import io.adapterworks.tokenize.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Reads the {@code tokenizer.json} of a model folder into the form that GGUF has for it. A
 * tokenizer that llama.cpp would not reproduce is refused by name.
 */
final class VocabularyReader {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  private static final int BYTES = 256;

  private final BaseModel base;
  private final Path folder;
  private final JsonFields fields;
  private final JsonFields model;
  private final List<String> tokens;
  private final List<GgufVocabulary.Kind> kinds;

  private VocabularyReader(BaseModel base, Path folder) {
    this.base = base;
    this.folder = folder;
    this.fields = JsonFields.read(folder.resolve(TOKENIZER));
    this.model =
        fields
            .object("model")
            .orElseThrow(() -> Check.failure(ErrorCode.MODEL, "%s has no model", fields.source()));
    int size = base.config().vocabulary();
    this.tokens = new ArrayList<>(Collections.nCopies(size, null));
    this.kinds = new ArrayList<>(Collections.nCopies(size, GgufVocabulary.Kind.NORMAL));
  }

  /** The vocabulary of a model, padded to the number of its embeddings. */
  static GgufVocabulary read(BaseModel base) {
    Path folder = Path.of(base.location());
    Check.that(
        Files.isRegularFile(folder.resolve(TOKENIZER)),
        ErrorCode.MODEL,
        "%s has no %s; a GGUF file carries the model's tokenizer; put it there",
        base.location(),
        TOKENIZER);
    return new VocabularyReader(base, folder).read();
  }

  private GgufVocabulary read() {
    String type = model.text("type", "");
    Check.that(
        type.equals("BPE"),
        ErrorCode.MODEL,
        "%s: a tokenizer of the type %s cannot be written as GGUF; expected BPE",
        fields.source(),
        type);
    JsonFields vocabulary =
        model
            .object("vocab")
            .orElseThrow(
                () -> Check.failure(ErrorCode.MODEL, "%s has no model.vocab", fields.source()));
    vocabulary
        .node()
        .properties()
        .forEach(token -> put(token.getKey(), token.getValue(), GgufVocabulary.Kind.NORMAL));
    fields.find("added_tokens").ifPresent(added -> added.forEach(this::putAdded));
    GgufVocabulary.Merging merging = merging();
    pad();
    return new GgufVocabulary(
        Collections.unmodifiableList(tokens),
        Collections.unmodifiableList(kinds),
        merging,
        specials(),
        format());
  }

  private void put(String token, JsonNode id, GgufVocabulary.Kind kind) {
    Check.that(
        id.isInt() && id.intValue() >= 0 && id.intValue() < tokens.size(),
        ErrorCode.MODEL,
        "%s: the token '%s' has the id %s; expected 0 to %d, the ids that the model has embeddings"
            + " for",
        fields.source(),
        token,
        id,
        tokens.size() - 1);
    tokens.set(id.intValue(), token);
    kinds.set(id.intValue(), kind);
  }

  private void putAdded(JsonNode added) {
    boolean special = added.path("special").asBoolean(false);
    put(
        added.path("content").asText(""),
        added.path("id"),
        special ? GgufVocabulary.Kind.CONTROL : GgufVocabulary.Kind.USER_DEFINED);
  }

  private GgufVocabulary.Merging merging() {
    List<MergeRule> merges = MergeRule.parse(model);
    if (model.flag("byte_fallback", false)) {
      markBytes();
      return ScoredMerges.of(fields, merges, tokens, kinds);
    }
    String words = WordPatterns.nameOf(fields, model);
    return new GgufVocabulary.ByRank(merges.stream().map(MergeRule::toString).toList(), words);
  }

  private void markBytes() {
    for (int value = 0; value < BYTES; value++) {
      int id = tokens.indexOf(String.format("<0x%02X>", value));
      Check.that(
          id >= 0,
          ErrorCode.MODEL,
          "%s falls back to bytes but has no token <0x%02X>",
          fields.source(),
          value);
      kinds.set(id, GgufVocabulary.Kind.BYTE);
    }
    idOf(model.text("unk_token", "")).ifPresent(id -> kinds.set(id, GgufVocabulary.Kind.UNKNOWN));
  }

  private void pad() {
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.get(id) == null) {
        tokens.set(id, "[PAD" + id + "]");
        kinds.set(id, GgufVocabulary.Kind.UNUSED);
      }
    }
  }

  private OptionalInt idOf(String token) {
    int id = token.isEmpty() ? -1 : tokens.indexOf(token);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private GgufVocabulary.Specials specials() {
    return new GgufVocabulary.Specials(
        special("bos_token"), special("eos_token"), special("unk_token"), special("pad_token"));
  }

  /** By tokenizer_config.json's text, else by config.json's id. */
  private OptionalInt special(String name) {
    JsonNode named = optional(TOKENIZER_CONFIG).node().path(name);
    OptionalInt id = idOf(named.isObject() ? named.path("content").asText("") : named.asText(""));
    if (id.isPresent()) {
      return id;
    }
    JsonNode configured = optional("config.json").node().path(name + "_id");
    JsonNode first = configured.isArray() ? configured.path(0) : configured;
    boolean inside = first.isInt() && first.intValue() >= 0 && first.intValue() < tokens.size();
    return inside ? OptionalInt.of(first.intValue()) : OptionalInt.empty();
  }

  private JsonFields optional(String name) {
    Path file = folder.resolve(name);
    return Files.isRegularFile(file)
        ? JsonFields.read(file)
        : new JsonFields(JsonNodeFactory.instance.objectNode(), file.toString());
  }

  /** What the tokenizer itself puts around a text. */
  private GgufVocabulary.Format format() {
    Tokenizer tokenizer = base.tokenizer();
    int[] whole = tokenizer.encode("a", Integer.MAX_VALUE);
    int[] plain = tokenizer.encodePlain("a");
    GgufVocabulary.Specials specials = specials();
    boolean begins = whole.length > plain.length && isToken(whole[0], specials.begin());
    boolean ends = whole.length > plain.length && isToken(whole[whole.length - 1], specials.end());
    int added = (begins ? 1 : 0) + (ends ? 1 : 0);
    Check.that(
        whole.length == plain.length + added,
        ErrorCode.MODEL,
        "%s puts %d special tokens around a text, which are not only the begin and end of a"
            + " sequence %s; GGUF has no place for others",
        fields.source(),
        whole.length - plain.length,
        Map.of("begin", specials.begin(), "end", specials.end()));
    return new GgufVocabulary.Format(begins, ends, TextFormat.templateText(folder));
  }

  private static boolean isToken(int id, OptionalInt special) {
    return special.isPresent() && special.getAsInt() == id;
  }
}
