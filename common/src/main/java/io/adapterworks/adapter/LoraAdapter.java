package io.adapterworks.adapter;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A LoRA adapter: its form, the order of its parameters, their values. Immutable; the values that
 * come out are copies.
 */
public final class LoraAdapter {
  private final LoraConfig config;
  private final ParameterLayout layout;
  private final float[] values;
  private final String peftFields;

  private LoraAdapter(
      LoraConfig config, ParameterLayout layout, float[] values, String peftFields) {
    Check.that(
        values.length == layout.size(),
        ErrorCode.MODEL,
        "an adapter of %d parameters was given %d values",
        layout.size(),
        values.length);
    this.config = config;
    this.layout = layout;
    this.values = values;
    this.peftFields = peftFields;
  }

  /** An adapter with these values. */
  public static LoraAdapter of(LoraConfig config, ParameterLayout layout, float[] values) {
    return new LoraAdapter(config, layout, values.clone(), "{}");
  }

  /** No adapter: a decoder with it is the base model as it is. */
  public static LoraAdapter none(BaseModel base) {
    LoraConfig config = LoraConfig.of(1, 1, List.of(LoraConfig.ALL_LINEAR));
    return new LoraAdapter(config, ParameterLayout.none(base, config), new float[0], "{}");
  }

  /** An adapter read from files, whose adapter_config.json is kept for when it is saved again. */
  static LoraAdapter read(
      LoraConfig config, ParameterLayout layout, float[] values, String peftFields) {
    return new LoraAdapter(config, layout, values, peftFields);
  }

  /**
   * A new adapter, as PEFT starts one: A uniform in ±1/√in (Kaiming with a = √5), B zero, DoRA's
   * magnitudes the norms of the weight's rows. The head is the base model's own where it has one of
   * this size, else uniform in ±1/√C with a bias of zero.
   *
   * @param seed decides the random values
   */
  public static LoraAdapter initialise(
      BaseModel base, LoraConfig config, Optional<Head> head, long seed) {
    ParameterLayout layout = ParameterLayout.of(base, config, head);
    config.checkFits(layout.modules().stream().map(AdaptedModule::module).toList());
    float[] values = new float[layout.size()];
    SplittableRandom random = new SplittableRandom(seed);
    for (AdaptedModule adapted : layout.modules()) {
      fillUniform(values, adapted.a(), random);
      adapted
          .magnitude()
          .ifPresent(
              magnitude ->
                  putRowNorms(base.weight(adapted.module().weight()), values, magnitude.offset()));
    }
    layout.head().ifPresent(parameters -> initialiseHead(base, parameters, values, random));
    return new LoraAdapter(config, layout, values, "{}");
  }

  private static void fillUniform(float[] values, Parameter parameter, SplittableRandom random) {
    double bound = 1 / Math.sqrt((double) parameter.shape().columns());
    for (int i = 0; i < parameter.size(); i++) {
      values[parameter.offset() + i] = (float) random.nextDouble(-bound, bound);
    }
  }

  private static void putRowNorms(HostTensor weight, float[] values, int offset) {
    float[] elements = weight.toFloats();
    int columns = Math.toIntExact(weight.shape().columns());
    for (int row = 0; row < elements.length / columns; row++) {
      double squares = 0;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        squares += (double) elements[i] * elements[i];
      }
      values[offset + row] = (float) Math.sqrt(squares);
    }
  }

  private static void initialiseHead(
      BaseModel base,
      ParameterLayout.HeadParameters head,
      float[] values,
      SplittableRandom random) {
    if (!copyFromBase(base, "classifier.weight", head.weight(), values)) {
      fillUniform(values, head.weight(), random);
      return;
    }
    copyFromBase(base, "classifier.bias", head.bias(), values);
  }

  private static boolean copyFromBase(
      BaseModel base, String name, Parameter parameter, float[] values) {
    if (!base.hasWeight(name) || !base.weight(name).shape().equals(parameter.shape())) {
      return false;
    }
    System.arraycopy(base.weight(name).toFloats(), 0, values, parameter.offset(), parameter.size());
    return true;
  }

  /** The same adapter with other values, for example after training. */
  public LoraAdapter withValues(float[] newValues) {
    return new LoraAdapter(config, layout, newValues.clone(), peftFields);
  }

  public LoraConfig config() {
    return config;
  }

  public ParameterLayout layout() {
    return layout;
  }

  /** All values, in the layout's order. */
  public float[] values() {
    return values.clone();
  }

  /** The values of one parameter, row by row. */
  public float[] values(Parameter parameter) {
    return Arrays.copyOfRange(values, parameter.offset(), parameter.offset() + parameter.size());
  }

  /** One parameter as a float32 tensor named by its key. */
  public HostTensor tensor(Parameter parameter) {
    Shape shape = parameter.shape();
    return HostTensor.of(parameter.key(), shape, values(parameter));
  }

  /** The JSON object that adapter_config.json held when the adapter was read, or an empty one. */
  String peftFields() {
    return peftFields;
  }
}
