package io.adapterworks.adapter;

import io.adapterworks.model.LinearModule;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The short names of linear layers: their paths without the layer's number and what is before. */
final class TargetNames {
  private static final Pattern LAYER = Pattern.compile(".*?\\.?(?:layer|layers)\\.(\\d+)\\.(.+)");

  private TargetNames() {}

  /** Each kind of layer once, for example {@code attention.self.query}. */
  static List<String> of(List<LinearModule> modules) {
    return modules.stream()
        .map(
            module -> {
              Matcher matcher = LAYER.matcher(module.path());
              return matcher.matches() ? matcher.group(2) : module.path();
            })
        .distinct()
        .toList();
  }

  /** The number of the layer that a module is part of. */
  static Optional<Integer> layerOf(LinearModule module) {
    Matcher matcher = LAYER.matcher(module.path());
    return matcher.matches() ? Optional.of(Integer.parseInt(matcher.group(1))) : Optional.empty();
  }
}
