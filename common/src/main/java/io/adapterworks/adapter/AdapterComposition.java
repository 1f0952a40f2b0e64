package io.adapterworks.adapter;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LinearModule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Adds adapters of one base model, each with a weight, into one adapter: its factors are theirs
 * side by side, so that its update is exactly the weighted sum of theirs.
 */
public final class AdapterComposition {
  /** An adapter and what its update is multiplied by. */
  public record Part(LoraAdapter adapter, double weight) {}

  private AdapterComposition() {}

  /**
   * The sum of the parts. One part of weight 1 comes back as it is, bit for bit.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT, for adapters whose sum is no LoRA
   *     adapter: with a classification head, or DoRA, whose update changes the whole weight
   */
  public static LoraAdapter compose(BaseModel base, List<Part> parts) {
    Check.that(!parts.isEmpty(), ErrorCode.INPUT, "no adapters to compose; expected one or more");
    if (parts.size() == 1 && parts.get(0).weight() == 1) {
      return parts.get(0).adapter();
    }
    parts.forEach(AdapterComposition::refuseWhatHasNoSum);
    LoraConfig config = config(base, parts);
    ParameterLayout layout = ParameterLayout.of(base, config, Optional.empty());
    float[] values = new float[layout.size()];
    for (AdaptedModule target : layout.modules()) {
      fill(target, parts, values);
    }
    return LoraAdapter.of(config, layout, values);
  }

  private static void refuseWhatHasNoSum(Part part) {
    Check.that(
        !part.adapter().config().useDora(),
        ErrorCode.INPUT,
        "a DoRA adapter rescales whole weight rows, so that its sum with another is no adapter of"
            + " low rank; merge it into the base instead");
    Check.that(
        part.adapter().layout().head().isEmpty(),
        ErrorCode.INPUT,
        "an adapter with a classification head cannot be composed: heads of different labels have"
            + " no sum; expected adapters of a decoder");
  }

  /** Ranks add up; alpha equals the rank of each layer, because scales move into B. */
  private static LoraConfig config(BaseModel base, List<Part> parts) {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    for (LinearModule module : base.linearModules()) {
      for (Part part : parts) {
        part.adapter()
            .layout()
            .module(module.path())
            .ifPresent(adapted -> ranks.merge(module.path(), adapted.rank(), Integer::sum));
      }
    }
    int common = ranks.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
    Map<String, Integer> rankPattern = new LinkedHashMap<>();
    Map<String, Double> alphaPattern = new LinkedHashMap<>();
    ranks.forEach(
        (path, rank) -> {
          if (rank != common) {
            rankPattern.put(path, rank);
            alphaPattern.put(path, (double) rank);
          }
        });
    return new LoraConfig(
        common,
        common,
        0,
        ranks.keySet().stream().sorted().toList(),
        Optional.empty(),
        List.of(),
        false,
        false,
        rankPattern,
        alphaPattern);
  }

  private static void fill(AdaptedModule target, List<Part> parts, float[] values) {
    int in = target.module().in();
    int out = target.module().out();
    int at = 0;
    for (Part part : parts) {
      Optional<AdaptedModule> found = part.adapter().layout().module(target.module().path());
      if (found.isEmpty()) {
        continue;
      }
      AdaptedModule source = found.get();
      int rank = source.rank();
      float[] a = part.adapter().values(source.a());
      float[] b = part.adapter().values(source.b());
      System.arraycopy(a, 0, values, target.a().offset() + at * in, rank * in);
      double scale = part.weight() * source.scale();
      for (int o = 0; o < out; o++) {
        for (int r = 0; r < rank; r++) {
          values[target.b().offset() + o * target.rank() + at + r] =
              (float) (scale * b[o * rank + r]);
        }
      }
      at += rank;
    }
  }
}
