package io.adapterworks.train;

import io.adapterworks.adapter.Parameter;
import io.adapterworks.adapter.ParameterLayout;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.learning.config.IUpdater;

/** Gives each parameter its updater: Adam on the schedule, faster for every B under LoRA+. */
final class LearningRates {
  private final IUpdater base;
  private final IUpdater loraB;
  private final Set<String> loraBNames;

  LearningRates(TrainingConfig config, int totalSteps, ParameterLayout layout) {
    this.base = adam(config, config.learningRate(), totalSteps);
    this.loraB =
        config.loraPlusRatio() == 1
            ? base
            : adam(config, config.learningRate() * config.loraPlusRatio(), totalSteps);
    this.loraBNames =
        layout.parameters().stream()
            .filter(parameter -> parameter.role() == Parameter.Role.LORA_B)
            .map(AdapterParamInitializer::nameOf)
            .collect(Collectors.toSet());
  }

  IUpdater updaterFor(String parameter) {
    return loraBNames.contains(parameter) ? loraB : base;
  }

  private static IUpdater adam(TrainingConfig config, double peak, int totalSteps) {
    int warmup = (int) Math.round(config.warmupRatio() * totalSteps);
    return new TorchAdam(
        config, peak, new WarmupDecaySchedule(peak, warmup, totalSteps, config.decay()));
  }
}
