package io.adapterworks.model;

/**
 * A linear layer of a model, that an adapter may sit on.
 *
 * @param path its full name, as PEFT sees it: {@code bert.encoder.layer.0.attention.self.query}
 * @param in columns of its weight: the width of its input
 * @param out rows of its weight: the width of its output
 */
public record LinearModule(String path, int in, int out) {
  /** The name of its weight (out, in). */
  public String weight() {
    return path + ".weight";
  }

  /** The name of its bias (out), which a model may not have. */
  public String bias() {
    return path + ".bias";
  }
}
