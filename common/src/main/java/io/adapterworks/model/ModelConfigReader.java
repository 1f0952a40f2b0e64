package io.adapterworks.model;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Locale;

/** Reads {@code config.json} of a base model. */
public final class ModelConfigReader {
  private ModelConfigReader() {}

  /**
   * The configuration of an architecture that is computed here; others, quantised weights and
   * mixtures of experts are refused by name.
   */
  public static ModelConfig parse(JsonFields fields) {
    Check.that(
        !fields.has("quantization_config"),
        ErrorCode.MODEL,
        "%s: weights quantised by quantization_config are not supported; use the float32, float16"
            + " or bfloat16 model and quantise here",
        fields.source());
    refuseExperts(fields);
    String modelType = fields.text("model_type", "");
    return switch (modelType) {
      case "bert" -> BertConfig.parse(fields);
      case "llama", "mistral", "qwen2", "qwen3" -> LlamaConfig.parse(fields, modelType);
      case "" -> throw Check.failure(ErrorCode.MODEL, "%s has no model_type", fields.source());
      default ->
          throw Check.failure(
              ErrorCode.MODEL,
              "%s: model_type %s is not supported; expected bert, llama, mistral, qwen2 or qwen3",
              fields.source(),
              modelType);
    };
  }

  private static void refuseExperts(JsonFields fields) {
    fields
        .node()
        .fieldNames()
        .forEachRemaining(
            name ->
                Check.that(
                    !name.toLowerCase(Locale.ROOT).contains("experts") || !fields.has(name),
                    ErrorCode.MODEL,
                    "%s: a mixture of experts (%s) is not supported; expected a dense model",
                    fields.source(),
                    name));
  }
}
