package io.adapterworks.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tokenize.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How a decoder expects text: its chat template, and the tokens that end a sequence.
 *
 * @param hasOwnTemplate false where the model brings none and the plain one stands in
 */
public record TextFormat(ChatTemplate template, boolean hasOwnTemplate, Set<Integer> endTokens) {
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  private static final String TEMPLATE_FILE = "chat_template.jinja";

  public TextFormat {
    endTokens = Set.copyOf(endTokens);
  }

  /** Reads a model's format from its folder in Hugging Face layout. */
  public static TextFormat read(Path folder) {
    Map<String, String> specialTokens = new HashMap<>();
    Path file = folder.resolve(TOKENIZER_CONFIG);
    if (Files.isRegularFile(file)) {
      JsonFields fields = JsonFields.read(file);
      for (String name : new String[] {"bos_token", "eos_token", "unk_token", "pad_token"}) {
        fields.find(name).ifPresent(token -> specialTokens.put(name, content(token)));
      }
    }
    Path own = folder.resolve(TEMPLATE_FILE);
    String source = (Files.isRegularFile(own) ? own : file).toString();
    Optional<String> template = templateText(folder);
    ChatTemplate chat =
        template.isPresent()
            ? ChatTemplate.parse(template.get(), specialTokens, source)
            : ChatTemplate.plain(specialTokens);
    return new TextFormat(chat, template.isPresent(), endTokens(folder));
  }

  /** The chat template as the model's folder has it, where there is one. */
  public static Optional<String> templateText(Path folder) {
    if (Files.isRegularFile(folder.resolve(TEMPLATE_FILE))) {
      return Optional.of(text(folder.resolve(TEMPLATE_FILE)));
    }
    Path file = folder.resolve(TOKENIZER_CONFIG);
    return Files.isRegularFile(file)
        ? JsonFields.read(file).find("chat_template").map(TextFormat::defaultTemplate)
        : Optional.empty();
  }

  private static String content(JsonNode token) {
    return token.isTextual() ? token.textValue() : token.path("content").asText("");
  }

  /** The template itself, or the one called default of several. */
  private static String defaultTemplate(JsonNode template) {
    if (template.isTextual()) {
      return template.textValue();
    }
    String found = template.path(0).path("template").asText("");
    for (JsonNode named : template) {
      if (named.path("name").asText("").equals("default")) {
        found = named.path("template").asText("");
      }
    }
    return found;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.STORAGE, "cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** Of generation_config.json where it names any, else of config.json. */
  private static Set<Integer> endTokens(Path folder) {
    for (String name : new String[] {"generation_config.json", "config.json"}) {
      Path file = folder.resolve(name);
      Optional<JsonNode> ids =
          Files.isRegularFile(file) ? JsonFields.read(file).find("eos_token_id") : Optional.empty();
      if (ids.isPresent()) {
        Set<Integer> tokens = new HashSet<>();
        if (ids.get().isInt()) {
          tokens.add(ids.get().intValue());
        }
        ids.get().forEach(id -> tokens.add(id.intValue()));
        return tokens;
      }
    }
    return Set.of();
  }
}
