package io.adapterworks.adapter;

import io.adapterworks.tensor.Shape;

/**
 * One trained tensor and its place in the flat vector of all of them.
 *
 * @param key its name in the adapter's file, as PEFT writes it: {@code
 *     base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight}
 * @param offset of its first element in the flat vector; its elements follow row by row
 */
public record Parameter(String key, Role role, Shape shape, int offset) {
  /** What a parameter is. */
  public enum Role {
    /** A(r, in). */
    LORA_A,
    /** B(out, r). */
    LORA_B,
    /** DoRA's m(out). */
    MAGNITUDE,
    /** The classification head's weight (L, C). */
    HEAD_WEIGHT,
    /** The classification head's bias (L). */
    HEAD_BIAS
  }

  /** The number of its elements. */
  public int size() {
    return Math.toIntExact(shape.elements());
  }

  /**
   * The name that PEFT gives it in a model that trains, with the adapter called {@code default}:
   * {@code ….query.lora_A.default.weight}.
   */
  public String trainingName() {
    return switch (role) {
      case LORA_A, LORA_B -> key.replaceFirst("\\.weight$", ".default.weight");
      case MAGNITUDE -> key + ".default.weight";
      case HEAD_WEIGHT, HEAD_BIAS ->
          key.replaceFirst("\\.(weight|bias)$", ".modules_to_save.default.$1");
    };
  }
}
