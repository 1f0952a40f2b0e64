package io.adapterworks.serve;

import io.adapterworks.curate.conversation.ChatMessage;
import io.adapterworks.curate.conversation.ChatMessage.Role;
import io.adapterworks.curate.conversation.Transcript;
import io.adapterworks.model.AtomicFile;
import io.adapterworks.model.JsonFields;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How a text of the dataset becomes the turns that a generating adapter is asked with. Saved beside
 * the adapter, so that it is asked as it was trained.
 *
 * @param instruction put before the first turn of the user; empty for none
 */
public record PromptFormat(String instruction) {
  /** The file in an adapter's folder. */
  public static final String FILE = "prompt.json";

  private static final String INSTRUCTION = "instruction";

  /** The turns of a text. */
  public List<ChatMessage> turns(String text) {
    List<ChatMessage> turns = new ArrayList<>(Transcript.read(text));
    if (instruction.isBlank()) {
      return turns;
    }
    for (int i = 0; i < turns.size(); i++) {
      if (turns.get(i).role() == Role.USER) {
        turns.set(i, new ChatMessage(Role.USER, instruction + "\n\n" + turns.get(i).content()));
        return turns;
      }
    }
    turns.add(new ChatMessage(Role.USER, instruction));
    return turns;
  }

  /** The turns of a text and its answer. */
  public List<ChatMessage> turns(String text, String response) {
    List<ChatMessage> turns = turns(text);
    turns.add(new ChatMessage(Role.ASSISTANT, response));
    return turns;
  }

  /** Reads the format of an adapter's folder; no instruction where it has none. */
  public static PromptFormat read(Path folder) {
    Path file = folder.resolve(FILE);
    return new PromptFormat(
        Files.isRegularFile(file) ? JsonFields.read(file).text(INSTRUCTION, "") : "");
  }

  /** Writes the format into an adapter's folder. */
  public void write(Path folder) {
    byte[] json =
        JsonFields.mapper()
            .createObjectNode()
            .put(INSTRUCTION, instruction)
            .toPrettyString()
            .getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(folder.resolve(FILE), channel -> channel.write(ByteBuffer.wrap(json)));
  }
}
