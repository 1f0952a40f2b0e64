package io.adapterworks.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;

/**
 * Refuses decoders whose attention looks back only so many tokens, where that would show: the
 * window is shorter than the longest sequence. Each member of the family switches its window on in
 * its own way.
 */
final class SlidingWindow {
  /** Mistral's window where config.json does not name one. */
  private static final int MISTRAL_WINDOW = 4096;

  /** Qwen's first layer with a window where config.json does not name one. */
  private static final int QWEN_FIRST_LAYER = 28;

  private SlidingWindow() {}

  /** Fails for a window that a sequence of {@code maxPositions} would feel. */
  static void refuse(JsonFields fields, String modelType, int maxPositions) {
    int window = window(fields, modelType, maxPositions);
    Check.that(
        !isOn(fields, modelType) || window >= maxPositions,
        ErrorCode.MODEL,
        "%s: an active sliding window (sliding_window=%d, max_position_embeddings=%d) is not"
            + " supported; where no sequence is longer than the window, set sliding_window to null",
        fields.source(),
        window,
        maxPositions);
  }

  private static int window(JsonFields fields, String modelType, int maxPositions) {
    boolean absent = !fields.node().has("sliding_window");
    return absent && modelType.equals("mistral")
        ? MISTRAL_WINDOW
        : fields.integer("sliding_window", maxPositions);
  }

  private static boolean isOn(JsonFields fields, String modelType) {
    boolean byLayer = refuseOtherAttention(fields);
    return switch (modelType) {
      case "mistral" -> true;
      case "qwen2", "qwen3" -> byLayer || isOnInQwen(fields);
      default -> byLayer;
    };
  }

  private static boolean isOnInQwen(JsonFields fields) {
    return fields.flag("use_sliding_window", false)
        && !fields.has("layer_types")
        && fields.integer("max_window_layers", QWEN_FIRST_LAYER)
            < fields.positive("num_hidden_layers");
  }

  /** Fails for a kind of attention that is not known; true if some layer has a window. */
  private static boolean refuseOtherAttention(JsonFields fields) {
    boolean sliding = false;
    if (fields.find("layer_types").isEmpty()) {
      return false;
    }
    for (JsonNode type : fields.find("layer_types").orElseThrow()) {
      Check.that(
          type.asText().equals("full_attention") || type.asText().equals("sliding_attention"),
          ErrorCode.MODEL,
          "%s: layer_types names %s, which is not supported; expected full_attention",
          fields.source(),
          type);
      sliding |= type.asText().equals("sliding_attention");
    }
    return sliding;
  }
}
