package io.adapterworks.curate.conversation;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.curate.conversation.ChatMessage.Role;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads a row of training data for decoders as a conversation. Known forms: {@code messages} with
 * role and content (OpenAI), {@code conversations} with from and value (ShareGPT), {@code
 * instruction} with {@code input} and {@code output} (Alpaca), {@code prompt} and {@code
 * completion}, {@code dialogue} or {@code document} and {@code summary}, {@code text} alone.
 */
public final class ConversationReader {
  private static final String SUMMARISE = "Summarise the following text.\n\n";

  private ConversationReader() {}

  /**
   * The turns of a row; blank ones are left out.
   *
   * @param row one JSON object
   * @param place where it came from, for messages: file and row
   */
  public static List<ChatMessage> read(JsonNode row, String place) {
    List<ChatMessage> messages = new ArrayList<>();
    if (row.path("messages").isArray()) {
      turns(row.get("messages"), "role", "content", messages, place);
    } else if (row.path("conversations").isArray()) {
      turns(row.get("conversations"), "from", "value", messages, place);
    } else if (row.has("instruction")) {
      add(messages, Role.SYSTEM, text(row, "system"));
      String input = text(row, "input");
      String instruction = text(row, "instruction");
      add(messages, Role.USER, input.isBlank() ? instruction : instruction + "\n\n" + input);
      add(messages, Role.ASSISTANT, text(row, "output"));
    } else if (row.has("prompt") && row.has("completion")) {
      add(messages, Role.USER, text(row, "prompt"));
      add(messages, Role.ASSISTANT, text(row, "completion"));
    } else if (row.has("summary")) {
      String document = row.has("dialogue") ? text(row, "dialogue") : text(row, "document");
      add(messages, Role.USER, SUMMARISE + document);
      add(messages, Role.ASSISTANT, text(row, "summary"));
    }
    Check.that(
        messages.stream().anyMatch(message -> message.role() == Role.ASSISTANT),
        ErrorCode.INPUT,
        "%s has no answer to learn; expected messages, conversations, instruction and output,"
            + " prompt and completion, or dialogue and summary",
        place);
    return messages;
  }

  /**
   * The turns of a list, each with role and content (OpenAI) or with from and value (ShareGPT);
   * blank ones are left out.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT for a turn of another role
   */
  public static List<ChatMessage> turns(JsonNode turns, String place) {
    List<ChatMessage> messages = new ArrayList<>();
    boolean shareGpt = turns.path(0).has("from");
    turns(turns, shareGpt ? "from" : "role", shareGpt ? "value" : "content", messages, place);
    return messages;
  }

  private static void turns(
      JsonNode turns, String roleField, String textField, List<ChatMessage> to, String place) {
    for (JsonNode turn : turns) {
      add(to, role(text(turn, roleField), place), text(turn, textField));
    }
  }

  private static Role role(String name, String place) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "system" -> Role.SYSTEM;
      case "user", "human" -> Role.USER;
      case "assistant", "gpt", "chatgpt", "bot" -> Role.ASSISTANT;
      default ->
          throw Check.failure(
              ErrorCode.INPUT,
              "%s has a turn of '%s'; expected system, user (human) or assistant (gpt)",
              place,
              name);
    };
  }

  private static void add(List<ChatMessage> messages, Role role, String content) {
    if (!content.isBlank()) {
      messages.add(new ChatMessage(role, content));
    }
  }

  private static String text(JsonNode row, String field) {
    return row.path(field).asText("");
  }
}
