package io.adapterworks.curate.row;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.curate.conversation.ChatMessage;
import io.adapterworks.curate.conversation.ChatMessage.Role;
import io.adapterworks.curate.conversation.ConversationReader;
import io.adapterworks.curate.conversation.Transcript;
import io.adapterworks.error.AdapterworksException;
import java.util.ArrayList;
import java.util.List;

/** Makes one text and one answer of what a row for a decoder holds. */
final class ConversationDraft {
  static final String MISSING_RESPONSE = "missing-response";
  static final String BROKEN_CONVERSATION = "broken-conversation";

  private ConversationDraft() {}

  /** All turns before the assistant's last as the text, that last one as the response. */
  static StepResult of(JsonNode turns) {
    List<ChatMessage> messages;
    try {
      messages = ConversationReader.turns(turns, "the conversation");
    } catch (AdapterworksException broken) {
      return StepResult.reject(BROKEN_CONVERSATION, 0, 1, broken.getMessage());
    }
    int last = messages.size() - 1;
    while (last >= 0 && messages.get(last).role() != Role.ASSISTANT) {
      last--;
    }
    if (last < 0) {
      return StepResult.reject(MISSING_RESPONSE, 0, 1, "no turn of the conversation is an answer");
    }
    String text = Transcript.write(messages.subList(0, last));
    return new StepResult.Kept(new Draft(text, messages.get(last).content(), null));
  }

  /** An instruction with what it is about, under what the system says. */
  static String question(String system, String text, String context) {
    String whole = context.isBlank() ? text : text + "\n\n" + context;
    if (system.isBlank()) {
      return whole;
    }
    List<ChatMessage> turns = new ArrayList<>();
    turns.add(new ChatMessage(Role.SYSTEM, system));
    turns.add(new ChatMessage(Role.USER, whole));
    return Transcript.write(turns);
  }
}
