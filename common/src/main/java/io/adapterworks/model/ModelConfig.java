package io.adapterworks.model;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Shape;
import java.util.List;
import java.util.Map;

/** What {@code config.json} of a base model says, checked: an architecture that is computed. */
public sealed interface ModelConfig permits BertConfig, LlamaConfig {
  /** More layers than any model has; keeps a damaged file from claiming billions of tensors. */
  int MOST_LAYERS = 4096;

  /** Fails for a number of layers that no model has. */
  static void checkLayers(int layers) {
    Check.that(
        layers <= MOST_LAYERS,
        ErrorCode.MODEL,
        "num_hidden_layers=%d; expected 1 to %d",
        layers,
        MOST_LAYERS);
  }

  /** The architecture, as {@code model_type} names it. */
  String modelType();

  /** C, the width of the residual stream. */
  int hidden();

  int layers();

  /** V, the number of token ids. */
  int vocabulary();

  /** The longest sequence, in tokens. */
  int maxPositions();

  /**
   * What the names of the transformer's tensors start with when it is saved inside a model with a
   * head, for example {@code bert.}; a bare transformer is saved without.
   */
  String prefix();

  /**
   * The tensors that the pass needs, with their shapes.
   *
   * @param prefix what their names start with: {@link #prefix()} or nothing
   */
  Map<String, Shape> tensors(String prefix);

  /**
   * The linear layers that an adapter may sit on, in the order of the forward pass.
   *
   * @param prefix what their names start with: {@link #prefix()} or nothing
   */
  List<LinearModule> linearModules(String prefix);

  /** Whether a linear layer has a bias. */
  boolean isBiased(LinearModule module);
}
