package io.adapterworks.model;

import io.adapterworks.tensor.Shape;
import java.util.List;
import java.util.Map;

/** What {@code config.json} of a base model says, checked: an architecture that is computed. */
public sealed interface ModelConfig permits BertConfig, LlamaConfig {
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
