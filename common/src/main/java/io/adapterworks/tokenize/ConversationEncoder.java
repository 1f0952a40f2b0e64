package io.adapterworks.tokenize;

import io.adapterworks.curate.conversation.ChatMessage;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Turns conversations into rows for training: the model's own chat template, and only the
 * assistant's turns scored, their closing token included.
 *
 * @param maxTokens the longest row; what is beyond is cut off and counted
 */
public record ConversationEncoder(Tokenizer tokenizer, ChatTemplate template, int maxTokens) {
  public ConversationEncoder {
    Check.positive("maxTokens", maxTokens);
  }

  /** A range of characters. */
  private record Span(int from, int to) {}

  /** The tokens of a conversation with its answers scored. */
  public EncodedConversation encode(List<ChatMessage> messages) {
    String text = template.render(messages);
    List<Span> answers = answers(messages, text);
    TokenSpans tokens = tokenizer.encodeSpans(text);
    int[] ids = tokens.ids();
    int[] labels = new int[ids.length];
    Arrays.fill(labels, TokenBatch.IGNORED);
    for (int t = 1; t < ids.length; t++) {
      int start = tokens.start(t);
      boolean answer = answers.stream().anyMatch(span -> start >= span.from && start < span.to);
      labels[t - 1] = answer ? ids[t] : TokenBatch.IGNORED;
    }
    int kept = Math.min(ids.length, maxTokens);
    int[] keptLabels = Arrays.copyOf(labels, kept);
    if (kept < ids.length) {
      keptLabels[kept - 1] = TokenBatch.IGNORED;
    }
    int scored = scored(keptLabels);
    return new EncodedConversation(
        TokenRow.scored(Arrays.copyOf(ids, kept), keptLabels),
        scored,
        ids.length - kept,
        scored(labels) - scored);
  }

  /** The prompt that asks for the assistant's next turn. */
  public int[] encodePrompt(List<ChatMessage> messages) {
    return tokenizer.encodePlain(template.renderPrompt(messages));
  }

  /** The special token that closes an answer, and so ends it when it is generated; if any does. */
  public OptionalInt closingToken() {
    List<ChatMessage> turns =
        List.of(
            new ChatMessage(ChatMessage.Role.USER, "a"),
            new ChatMessage(ChatMessage.Role.ASSISTANT, "b"));
    try {
      return Arrays.stream(encode(turns).row().labels())
          .filter(label -> label != TokenBatch.IGNORED)
          .reduce((first, last) -> last)
          .stream()
          .filter(token -> tokenizer.decode(new int[] {token}).isEmpty())
          .findFirst();
    } catch (AdapterworksException refused) {
      return OptionalInt.empty();
    }
  }

  private List<Span> answers(List<ChatMessage> messages, String text) {
    List<Span> answers = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).role() == ChatMessage.Role.ASSISTANT) {
        String before = template.renderPrompt(messages.subList(0, i));
        String after = template.render(messages.subList(0, i + 1)).stripTrailing();
        Check.that(
            after.startsWith(before) && text.startsWith(after),
            ErrorCode.MODEL,
            "the chat template renders turn %d differently in a longer conversation, so that its"
                + " answer cannot be told from the rest; use conversations of one answer",
            i);
        answers.add(new Span(before.length(), after.length()));
      }
    }
    return answers;
  }

  private static int scored(int[] labels) {
    return (int) Arrays.stream(labels).filter(label -> label != TokenBatch.IGNORED).count();
  }
}
