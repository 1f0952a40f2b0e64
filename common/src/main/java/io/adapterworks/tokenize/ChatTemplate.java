package io.adapterworks.tokenize;

import io.adapterworks.curate.conversation.ChatMessage;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tokenize.template.Template;
import io.adapterworks.tokenize.template.TemplateException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Turns a conversation into the text that a model was trained to continue. */
public final class ChatTemplate {
  /** For models without a template of their own: headings before each turn, as Alpaca has them. */
  private static final String PLAIN =
      """
      {{- bos_token }}
      {%- for message in messages %}
      {%- if message.role == 'system' %}{{ message.content }}

      {% elif message.role == 'user' %}### Instruction:
      {{ message.content }}

      {% else %}### Response:
      {{ message.content }}{{ eos_token }}

      {% endif %}
      {%- endfor %}
      {%- if add_generation_prompt %}### Response:
      {% endif %}\
      """;

  private final Template template;
  private final Map<String, Object> specialTokens;
  private final String source;

  private ChatTemplate(Template template, Map<String, Object> specialTokens, String source) {
    this.template = template;
    this.specialTokens = Map.copyOf(specialTokens);
    this.source = source;
  }

  /**
   * Reads a template in Jinja.
   *
   * @param specialTokens what the template may name: {@code bos_token}, {@code eos_token}
   * @param source the file it came from, for messages
   */
  public static ChatTemplate parse(String jinja, Map<String, String> specialTokens, String source) {
    try {
      return new ChatTemplate(Template.parse(jinja), Map.copyOf(specialTokens), source);
    } catch (TemplateException e) {
      throw failure(source, e);
    }
  }

  /** The template for models that bring none. */
  public static ChatTemplate plain(Map<String, String> specialTokens) {
    return parse(PLAIN, specialTokens, "the plain chat template");
  }

  /** The whole conversation, each turn closed. */
  public String render(List<ChatMessage> messages) {
    return render(messages, false);
  }

  /** The conversation and the opening of the assistant's next turn. */
  public String renderPrompt(List<ChatMessage> messages) {
    return render(messages, true);
  }

  private String render(List<ChatMessage> messages, Boolean opensAnswer) {
    Map<String, Object> variables = new HashMap<>(specialTokens);
    variables.put("messages", messages.stream().map(ChatTemplate::asMap).toList());
    variables.put("add_generation_prompt", opensAnswer);
    try {
      return template.render(variables);
    } catch (TemplateException e) {
      throw failure(source, e);
    }
  }

  private static Map<String, Object> asMap(ChatMessage message) {
    return Map.of("role", message.role().templateName(), "content", message.content());
  }

  private static AdapterworksException failure(String source, TemplateException cause) {
    return new AdapterworksException(
        ErrorCode.MODEL, source + ": the chat template failed: " + cause.getMessage(), cause);
  }
}
