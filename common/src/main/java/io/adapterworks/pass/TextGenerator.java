package io.adapterworks.pass;

import io.adapterworks.tokenize.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Generates text after prompts, several at once. */
public final class TextGenerator {
  private final LanguageModel model;
  private final Tokenizer tokenizer;
  private final Set<Integer> endTokens;
  private final int context;

  /**
   * @param endTokens the tokens that end a sequence
   * @param context the most tokens of a sequence, prompt included
   */
  public TextGenerator(
      LanguageModel model, Tokenizer tokenizer, Set<Integer> endTokens, int context) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.endTokens = Set.copyOf(endTokens);
    this.context = context;
  }

  /** Why a sequence ended. */
  public enum Ending {
    /** A token that ends a sequence, or a stop text. */
    STOPPED,
    /** As many tokens as were asked for, or as the context holds. */
    FULL
  }

  /**
   * What was generated.
   *
   * @param text without the stop text
   * @param tokens the new tokens, without the ending one
   */
  public record Generated(String text, List<Integer> tokens, Ending ending) {}

  /**
   * Generates after each prompt; the same prompts, seed and engine give the same text.
   *
   * @param prompts token ids, special tokens included
   */
  public List<Generated> generate(List<int[]> prompts, GenerationConfig config) {
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
    List<Growing> growing = new ArrayList<>();
    for (int s = 0; s < prompts.size(); s++) {
      growing.add(new Growing(s, prompts.get(s), config));
    }
    try (Decoding decoding =
        model.decode(prompts, Math.min(context, Math.addExact(longest, config.maxNewTokens())))) {
      grow(List.copyOf(growing), decoding);
    }
    return growing.stream().map(Growing::result).toList();
  }

  /** Until every sequence has ended. */
  private static void grow(List<Growing> sequences, Decoding decoding) {
    float[] logits = decoding.promptLogits();
    List<Growing> open = sequences;
    while (!open.isEmpty()) {
      int vocabulary = logits.length / open.size();
      List<Growing> next = new ArrayList<>();
      for (int i = 0; i < open.size(); i++) {
        float[] own = Arrays.copyOfRange(logits, i * vocabulary, (i + 1) * vocabulary);
        if (open.get(i).grow(own, decoding)) {
          next.add(open.get(i));
        }
      }
      open = next;
      if (!open.isEmpty()) {
        logits =
            decoding.append(
                open.stream().mapToInt(g -> g.sequence).toArray(),
                open.stream().mapToInt(Growing::last).toArray());
      }
    }
  }

  /** One sequence while it grows. */
  private final class Growing {
    private final int sequence;
    private final GenerationConfig config;
    private final Sampler sampler;
    private final List<Integer> seen = new ArrayList<>();
    private final int promptLength;
    private String text = "";
    private Ending ending = Ending.FULL;

    Growing(int sequence, int[] prompt, GenerationConfig config) {
      this.sequence = sequence;
      this.config = config;
      this.sampler = new Sampler(config, sequence);
      this.promptLength = prompt.length;
      Arrays.stream(prompt).forEach(seen::add);
    }

    int last() {
      return seen.get(seen.size() - 1);
    }

    private List<Integer> fresh() {
      return seen.subList(promptLength, seen.size());
    }

    /** Adds a token; false when the sequence has ended. */
    boolean grow(float[] logits, Decoding decoding) {
      int token = sampler.next(logits, seen);
      if (endTokens.contains(token)) {
        ending = Ending.STOPPED;
        return false;
      }
      seen.add(token);
      text = tokenizer.decode(fresh().stream().mapToInt(Integer::intValue).toArray());
      for (String stop : config.stop()) {
        int at = text.indexOf(stop);
        if (at >= 0) {
          text = text.substring(0, at);
          ending = Ending.STOPPED;
          return false;
        }
      }
      return fresh().size() < config.maxNewTokens() && seen.size() < decoding.capacity();
    }

    Generated result() {
      return new Generated(text, List.copyOf(fresh()), ending);
    }
  }
}
