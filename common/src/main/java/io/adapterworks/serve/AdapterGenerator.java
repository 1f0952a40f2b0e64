package io.adapterworks.serve;

import io.adapterworks.curate.conversation.ChatMessage;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.TextFormat;
import io.adapterworks.pass.GenerationConfig;
import io.adapterworks.pass.LanguageModel;
import io.adapterworks.pass.TextGenerator;
import io.adapterworks.pass.TextGenerator.Generated;
import io.adapterworks.tokenize.ConversationEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Answers texts with a decoder and its adapter, several at once. */
public final class AdapterGenerator {
  private final TextGenerator generator;
  private final ConversationEncoder encoder;
  private final PromptFormat format;
  private final int context;
  private final int promptsAtOnce;

  /**
   * @param model the base with the adapter, or alone
   * @param promptsAtOnce how many prompts grow together
   */
  public AdapterGenerator(
      LanguageModel model, BaseModel base, PromptFormat format, int promptsAtOnce) {
    TextFormat text = base.textFormat();
    this.context = base.config().maxPositions();
    this.encoder = new ConversationEncoder(base.tokenizer(), text.template(), context);
    // What training teaches to end an answer with: a base model's configuration may not name it.
    Set<Integer> ends = new HashSet<>(text.endTokens());
    encoder.closingToken().ifPresent(ends::add);
    this.generator = new TextGenerator(model, base.tokenizer(), ends, context);
    this.format = format;
    this.promptsAtOnce = promptsAtOnce;
  }

  /**
   * Whether the model's template takes a text's turns, and their prompt leaves room for an answer
   * in its context.
   */
  public boolean fits(String text) {
    try {
      return prompt(text).length < context;
    } catch (AdapterworksException refused) {
      return false;
    }
  }

  private int[] prompt(String text) {
    List<ChatMessage> turns = format.turns(text);
    return encoder.encodePrompt(turns);
  }

  /**
   * An answer to each text, in their order; the same texts and settings give the same answers.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT for a prompt as long as the context
   */
  public List<Generated> answer(List<String> texts, GenerationConfig sampling) {
    List<int[]> prompts = new ArrayList<>();
    for (String text : texts) {
      int[] prompt = prompt(text);
      Check.that(
          prompt.length < context,
          ErrorCode.INPUT,
          "a prompt of %d tokens leaves no room for an answer in the model's context of %d; shorten"
              + " the text that begins with: %s",
          prompt.length,
          context,
          text.substring(0, Math.min(text.length(), 60)));
      prompts.add(prompt);
    }
    Generated[] answers = new Generated[texts.size()];
    List<Integer> order =
        IntStream.range(0, prompts.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> prompts.get(i).length))
            .toList();
    for (int from = 0; from < order.size(); from += promptsAtOnce) {
      List<Integer> group = order.subList(from, Math.min(order.size(), from + promptsAtOnce));
      List<Generated> generated =
          generator.generate(group.stream().map(prompts::get).toList(), sampling);
      for (int i = 0; i < group.size(); i++) {
        answers[group.get(i)] = generated.get(i);
      }
    }
    return Arrays.asList(answers);
  }
}
