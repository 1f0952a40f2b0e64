package io.adapterworks.model;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;

/** Reads the rotary embedding of a config.json in its newer and its older form. */
final class RopeParser {
  private static final double DEFAULT_THETA = 10000;

  private RopeParser() {}

  /**
   * From {@code rope_parameters}, or else from {@code rope_theta} and {@code rope_scaling}. Types
   * other than default and llama3 are refused by name.
   */
  static Rope parse(JsonFields fields) {
    fields.requireNumber("partial_rotary_factor", 1);
    double theta = fields.number("rope_theta", DEFAULT_THETA);
    JsonFields parameters =
        fields.object("rope_parameters").or(() -> fields.object("rope_scaling")).orElse(null);
    if (parameters == null) {
      return new Rope(theta, new Rope.Unscaled());
    }
    parameters.requireNumber("partial_rotary_factor", 1);
    Check.that(
        !parameters.has("full_attention") && !parameters.has("sliding_attention"),
        ErrorCode.MODEL,
        "%s sets rope for each kind of attention; that is not supported; expected one for all",
        parameters.source());
    String type = parameters.text("rope_type", parameters.text("type", "default"));
    return new Rope(parameters.number("rope_theta", theta), scaling(parameters, type));
  }

  private static Rope.Scaling scaling(JsonFields parameters, String type) {
    return switch (type) {
      case "default" -> new Rope.Unscaled();
      case "llama3" ->
          new Rope.Llama3(
              parameters.number("factor", 0),
              parameters.number("low_freq_factor", 0),
              parameters.number("high_freq_factor", 0),
              parameters.positive("original_max_position_embeddings"));
      default ->
          throw Check.failure(
              ErrorCode.MODEL,
              "%s: rope type %s is not supported; expected default or llama3",
              parameters.source(),
              type);
    };
  }
}
