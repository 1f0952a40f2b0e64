package io.adapterworks.curate.conversation;

import io.adapterworks.curate.conversation.ChatMessage.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Turns of a conversation as one text that people can read and that survives normalising and
 * masking: each turn under a line of its own that names who speaks. One turn of the user is its
 * text alone.
 */
public final class Transcript {
  private static final String OPEN = "<|";
  private static final String CLOSE = "|>";

  private Transcript() {}

  /** The turns as one text. */
  public static String write(List<ChatMessage> turns) {
    if (turns.size() == 1 && turns.get(0).role() == Role.USER) {
      return escaped(turns.get(0).content());
    }
    StringBuilder text = new StringBuilder();
    for (ChatMessage turn : turns) {
      text.append(text.isEmpty() ? "" : "\n").append(heading(turn.role())).append('\n');
      text.append(escaped(turn.content()));
    }
    return text.toString();
  }

  /** The turns that {@link #write} wrote. */
  public static List<ChatMessage> read(String text) {
    List<ChatMessage> turns = new ArrayList<>();
    Role role = Role.USER;
    StringBuilder content = new StringBuilder();
    for (String line : text.split("\n", -1)) {
      Optional<Role> next = roleOf(line);
      if (next.isPresent()) {
        add(turns, role, content);
        role = next.get();
        content.setLength(0);
      } else {
        content.append(content.isEmpty() ? "" : "\n").append(line);
      }
    }
    add(turns, role, content);
    return turns;
  }

  private static void add(List<ChatMessage> turns, Role role, StringBuilder content) {
    String text = content.toString().strip();
    if (!text.isEmpty()) {
      turns.add(new ChatMessage(role, text));
    }
  }

  private static String heading(Role role) {
    return OPEN + role.templateName() + CLOSE;
  }

  private static Optional<Role> roleOf(String line) {
    return Arrays.stream(Role.values())
        .filter(role -> line.strip().equals(heading(role)))
        .findFirst();
  }

  /** A line of the data that looks like a heading must not become one. */
  private static String escaped(String content) {
    return content
        .lines()
        .map(line -> roleOf(line).isPresent() ? line.replace(OPEN, "< |") : line)
        .reduce((a, b) -> a + "\n" + b)
        .orElse("");
  }
}
