package io.adapterworks.pass;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Picks the next token of one sequence from its logits. */
final class Sampler {
  private final GenerationConfig config;
  private final SplittableRandom random;

  /**
   * @param sequence the sequence's place in its batch: each has random numbers of its own, so that
   *     one sequence's end does not change another's text
   */
  Sampler(GenerationConfig config, int sequence) {
    this.config = config;
    this.random = new SplittableRandom(config.seed() * 31 + sequence);
  }

  /**
   * @param logits (V), changed
   * @param seen the tokens of the sequence so far
   */
  int next(float[] logits, List<Integer> seen) {
    if (config.repetitionPenalty() != 1) {
      penalise(logits, seen);
    }
    return config.temperature() == 0 ? likeliest(logits) : sample(logits);
  }

  private void penalise(float[] logits, List<Integer> seen) {
    float penalty = (float) config.repetitionPenalty();
    seen.stream()
        .distinct()
        .forEach(
            token ->
                logits[token] =
                    logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty);
  }

  /** The first of the highest logits. */
  static int likeliest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  private int sample(float[] logits) {
    boolean all = config.topK() == 0 && config.topP() == 1;
    int[] kept = IntStream.range(0, logits.length).toArray();
    if (!all) {
      kept =
          IntStream.range(0, logits.length)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer i) -> -logits[i]).thenComparing(i -> i))
              .limit(config.topK() == 0 ? logits.length : config.topK())
              .mapToInt(Integer::intValue)
              .toArray();
    }
    double[] probabilities = softmax(logits, kept);
    int count = all ? kept.length : nucleus(probabilities);
    double sum = Arrays.stream(probabilities, 0, count).sum();
    double left = random.nextDouble() * sum;
    for (int i = 0; i < count - 1; i++) {
      left -= probabilities[i];
      if (left < 0) {
        return kept[i];
      }
    }
    return kept[count - 1];
  }

  private double[] softmax(float[] logits, int[] kept) {
    double highest = Arrays.stream(kept).mapToDouble(i -> logits[i]).max().orElse(0);
    double[] exponentials =
        Arrays.stream(kept)
            .mapToDouble(i -> Math.exp((logits[i] - highest) / config.temperature()))
            .toArray();
    double sum = Arrays.stream(exponentials).sum();
    return Arrays.stream(exponentials).map(e -> e / sum).toArray();
  }

  /** How many of the descending probabilities are needed to reach topP; at least one. */
  private int nucleus(double[] probabilities) {
    double sum = 0;
    for (int i = 0; i < probabilities.length; i++) {
      sum += probabilities[i];
      if (sum >= config.topP()) {
        return i + 1;
      }
    }
    return probabilities.length;
  }
}
