package io.adapterworks.adapter;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.LinearModule;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What a LoRA adapter looks like (Hu et al. 2021, arXiv:2106.09685), with PEFT's meanings. The
 * configuration section is {@code lora}.
 *
 * @param rank r, {@code lora.rank}
 * @param alpha {@code lora.alpha}: the update is scaled by alpha / r
 * @param dropout of the layer's input on its way into A, in [0, 1), {@code lora.dropout}
 * @param targetModules {@code lora.targetModules}: the layers that get an adapter, by full path or
 *     by its last parts ({@code query}, {@code attention.output.dense}), or {@code all-linear}
 * @param targetPattern {@code lora.targetPattern}: instead of names, a regular expression that the
 *     whole path matches
 * @param layersToTransform {@code lora.layersToTransform}: only these layers, by number; empty for
 *     all
 * @param useRslora {@code lora.useRslora}: scale by alpha / √r (Kalajdzievski 2023,
 *     arXiv:2312.03732)
 * @param useDora {@code lora.useDora}: train direction and magnitude apart (Liu et al. 2024,
 *     arXiv:2402.09353)
 * @param rankPattern {@code lora.rankPattern}: other ranks for some layers, by a regular expression
 *     that the end of the path matches; of several that match, the first counts
 * @param alphaPattern {@code lora.alphaPattern}: other alphas for some layers
 */
public record LoraConfig(
    int rank,
    double alpha,
    double dropout,
    List<String> targetModules,
    Optional<String> targetPattern,
    List<Integer> layersToTransform,
    boolean useRslora,
    boolean useDora,
    Map<String, Integer> rankPattern,
    Map<String, Double> alphaPattern) {
  /** The target that stands for every linear layer of the transformer. */
  public static final String ALL_LINEAR = "all-linear";

  public LoraConfig {
    Check.positive("lora.rank", rank);
    Check.that(alpha > 0, ErrorCode.CONFIGURATION, "lora.alpha=%s; expected more than 0", alpha);
    Check.inRange("lora.dropout", dropout, 0, 0.999);
    targetModules = List.copyOf(targetModules);
    layersToTransform = List.copyOf(layersToTransform);
    rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
    alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
    Check.that(
        targetModules.isEmpty() == targetPattern.isPresent(),
        ErrorCode.CONFIGURATION,
        "lora.targetModules=%s and lora.targetPattern=%s; expected one of them",
        targetModules,
        targetPattern.orElse("(none)"));
    targetPattern.ifPresent(pattern -> compile("lora.targetPattern", pattern));
    rankPattern.forEach(
        (key, value) -> {
          compile("lora.rankPattern", key);
          Check.positive("lora.rankPattern." + key, value);
        });
    alphaPattern.forEach(
        (key, value) -> {
          compile("lora.alphaPattern", key);
          Check.that(
              value > 0,
              ErrorCode.CONFIGURATION,
              "lora.alphaPattern.%s=%s; expected more than 0",
              key,
              value);
        });
  }

  /** Plain LoRA without dropout. */
  public static LoraConfig of(int rank, double alpha, List<String> targetModules) {
    return new LoraConfig(
        rank,
        alpha,
        0,
        targetModules,
        Optional.empty(),
        List.of(),
        false,
        false,
        Map.of(),
        Map.of());
  }

  /** The rank on one layer. */
  public int rankOf(LinearModule module) {
    return patternValue(rankPattern, module).orElse(rank);
  }

  /** What the update of one layer is multiplied by: alpha / r, or alpha / √r. */
  public double scaleOf(LinearModule module) {
    double moduleAlpha = patternValue(alphaPattern, module).orElse(alpha);
    int moduleRank = rankOf(module);
    return useRslora ? moduleAlpha / Math.sqrt(moduleRank) : moduleAlpha / moduleRank;
  }

  private static <T> Optional<T> patternValue(Map<String, T> patterns, LinearModule module) {
    return patterns.keySet().stream()
        .filter(key -> compile("pattern", "(.*\\.)?(" + key + ")").matcher(module.path()).matches())
        .findFirst()
        .map(patterns::get);
  }

  /**
   * The layers that get an adapter, in the model's order.
   *
   * @param modules all linear layers of the model
   */
  public List<LinearModule> select(List<LinearModule> modules) {
    for (String name : targetModules) {
      Check.that(
          modules.stream().anyMatch(module -> isNamed(module, name)),
          ErrorCode.CONFIGURATION,
          "lora.targetModules: %s is no linear layer of this model; expected %s or some of %s",
          name,
          ALL_LINEAR,
          TargetNames.of(modules));
    }
    List<LinearModule> selected =
        modules.stream().filter(this::isTarget).filter(this::isInLayers).toList();
    Check.that(
        !selected.isEmpty(),
        ErrorCode.CONFIGURATION,
        "lora.targetModules=%s, lora.targetPattern=%s, lora.layersToTransform=%s select no layer;"
            + " expected some of %s",
        targetModules,
        targetPattern.orElse("(none)"),
        layersToTransform,
        TargetNames.of(modules));
    return selected;
  }

  private boolean isTarget(LinearModule module) {
    if (targetPattern.isPresent()) {
      return compile("lora.targetPattern", targetPattern.get()).matcher(module.path()).matches();
    }
    return targetModules.stream().anyMatch(name -> isNamed(module, name));
  }

  private static boolean isNamed(LinearModule module, String name) {
    return name.equals(ALL_LINEAR)
        || module.path().equals(name)
        || module.path().endsWith("." + name);
  }

  private boolean isInLayers(LinearModule module) {
    return layersToTransform.isEmpty()
        || TargetNames.layerOf(module).stream().anyMatch(layersToTransform::contains);
  }

  /** Fails where a rank is larger than its layer is wide. */
  public void checkFits(List<LinearModule> selected) {
    for (LinearModule module : selected) {
      int width = Math.min(module.in(), module.out());
      Check.that(
          rankOf(module) <= width,
          ErrorCode.CONFIGURATION,
          "lora.rank=%d exceeds the layer width %d; expected 1..%d; lower lora.rank in"
              + " conf/adapterworks.conf (layer %s)",
          rankOf(module),
          width,
          width,
          module.path());
    }
  }

  private static Pattern compile(String key, String pattern) {
    try {
      return Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      throw new AdapterworksException(
          ErrorCode.CONFIGURATION,
          key + "=" + pattern + " is not a regular expression: " + e.getDescription(),
          e);
    }
  }
}
