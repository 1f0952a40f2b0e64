package io.adapterworks.adapter;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LinearModule;
import io.adapterworks.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The order of an adapter's trained parameters in one flat float vector: for each adapted layer, in
 * the order of the forward pass, A, B and DoRA's magnitude; then the head's weight and bias.
 */
public final class ParameterLayout {
  /** What PEFT's keys start with. */
  static final String PEFT_PREFIX = "base_model.model.";

  private static final String CLASSIFIER = "classifier";

  /**
   * The parameters of a classification head.
   *
   * @param weight (L, C)
   * @param bias (L)
   */
  public record HeadParameters(Head head, Parameter weight, Parameter bias) {}

  /** Where the head is saved. */
  public enum HeadFile {
    /** With A and B, as PEFT saves the classifier of a sequence classification model. */
    ADAPTER,
    /** In a file of its own, because the base model has no classifier that PEFT could replace. */
    SEPARATE
  }

  private final List<Parameter> parameters = new ArrayList<>();
  private final Map<String, AdaptedModule> modules = new LinkedHashMap<>();
  private final Optional<HeadParameters> head;
  private final HeadFile headFile;
  private int size;

  private ParameterLayout(
      BaseModel base, List<LinearModule> selected, LoraConfig config, Optional<Head> head) {
    for (LinearModule module : selected) {
      modules.put(module.path(), adapt(module, config));
    }
    boolean replaces = base.hasWeight(CLASSIFIER + ".weight");
    this.headFile = replaces ? HeadFile.ADAPTER : HeadFile.SEPARATE;
    String path = (replaces ? PEFT_PREFIX : "") + CLASSIFIER;
    this.head = head.map(h -> addHead(h, path, base.config().hidden()));
  }

  /** The layout of an adapter of this form on this model. */
  public static ParameterLayout of(BaseModel base, LoraConfig config, Optional<Head> head) {
    return new ParameterLayout(base, config.select(base.linearModules()), config, head);
  }

  /** The layout of no parameters at all: the base model as it is. */
  static ParameterLayout none(BaseModel base, LoraConfig config) {
    return new ParameterLayout(base, List.of(), config, Optional.empty());
  }

  private AdaptedModule adapt(LinearModule module, LoraConfig config) {
    int rank = config.rankOf(module);
    String path = PEFT_PREFIX + module.path();
    Parameter a = add(path + ".lora_A.weight", Parameter.Role.LORA_A, Shape.of(rank, module.in()));
    Parameter b = add(path + ".lora_B.weight", Parameter.Role.LORA_B, Shape.of(module.out(), rank));
    Optional<Parameter> magnitude =
        config.useDora()
            ? Optional.of(
                add(
                    path + ".lora_magnitude_vector",
                    Parameter.Role.MAGNITUDE,
                    Shape.of(module.out())))
            : Optional.empty();
    return new AdaptedModule(module, config.scaleOf(module), a, b, magnitude);
  }

  private HeadParameters addHead(Head added, String path, int hidden) {
    Parameter weight =
        add(path + ".weight", Parameter.Role.HEAD_WEIGHT, Shape.of(added.labels(), hidden));
    Parameter bias = add(path + ".bias", Parameter.Role.HEAD_BIAS, Shape.of(added.labels()));
    return new HeadParameters(added, weight, bias);
  }

  private Parameter add(String key, Parameter.Role role, Shape shape) {
    Parameter parameter = new Parameter(key, role, shape, size);
    parameters.add(parameter);
    long end = size + shape.elements();
    Check.that(
        end <= Integer.MAX_VALUE,
        ErrorCode.CONFIGURATION,
        "the adapter has more than %d parameters; lower lora.rank",
        Integer.MAX_VALUE);
    size = (int) end;
    return parameter;
  }

  /** All parameters, in the order of the flat vector. */
  public List<Parameter> parameters() {
    return Collections.unmodifiableList(parameters);
  }

  /** The length of the flat vector. */
  public int size() {
    return size;
  }

  /** The adapted layers, in the order of the forward pass. */
  public List<AdaptedModule> modules() {
    return List.copyOf(modules.values());
  }

  /** The adapter on the layer of this path, if it has one. */
  public Optional<AdaptedModule> module(String path) {
    return Optional.ofNullable(modules.get(path));
  }

  /** The trained classification head, if there is one. */
  public Optional<HeadParameters> head() {
    return head;
  }

  /** Which file the head is saved in. */
  public HeadFile headFile() {
    return headFile;
  }
}
