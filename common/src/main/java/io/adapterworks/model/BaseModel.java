package io.adapterworks.model;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tokenize.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pretrained model whose weights stay as they are: configuration, weights in host memory (mapped
 * from their file where they have one), tokenizer. Made by {@link BaseModelReader}, which has
 * checked that every tensor that the pass needs is there in its shape.
 */
public final class BaseModel implements AutoCloseable {
  /**
   * Where a model comes from.
   *
   * @param location what it was opened as
   * @param publishedName what PEFT may find it under: the location, or its name on the hub
   */
  record Origin(String location, String publishedName) {}

  private final Origin origin;
  private final String location;
  private final ModelConfig config;
  private final Map<String, HostTensor> weights;
  private final Optional<Tokenizer> tokenizer;
  private final String prefix;
  private String fingerprint;

  BaseModel(
      Origin origin,
      ModelConfig config,
      Map<String, HostTensor> weights,
      Optional<Tokenizer> tokenizer) {
    this.origin = origin;
    this.location = origin.location();
    this.config = config;
    this.weights = Map.copyOf(weights);
    this.tokenizer = tokenizer;
    this.prefix = prefixOf(config, weights);
    checkTensors();
  }

  private static String prefixOf(ModelConfig config, Map<String, HostTensor> weights) {
    boolean prefixed = weights.keySet().stream().anyMatch(n -> n.startsWith(config.prefix()));
    return prefixed ? config.prefix() : "";
  }

  private void checkTensors() {
    for (Map.Entry<String, Shape> expected : config.tensors(prefix).entrySet()) {
      HostTensor tensor = weight(expected.getKey());
      Check.that(
          tensor.shape().equals(expected.getValue()),
          ErrorCode.MODEL,
          "%s: tensor %s has the shape %s; expected %s by config.json",
          location,
          tensor.name(),
          tensor.shape(),
          expected.getValue());
      Check.that(
          tensor.dtype().isFloating(),
          ErrorCode.MODEL,
          "%s: tensor %s is %s; expected F32, F16 or BF16",
          location,
          tensor.name(),
          tensor.dtype());
    }
  }

  /** What it was opened as: a directory, or {@code builtin:…}. */
  public String location() {
    return location;
  }

  /** What PEFT may find it under: the directory, or the name of a built-in model on the hub. */
  public String publishedName() {
    return origin.publishedName();
  }

  public ModelConfig config() {
    return config;
  }

  /**
   * What the names of the transformer's tensors start with: {@code bert.} or {@code model.}, or
   * nothing where the transformer was saved bare.
   */
  public String prefix() {
    return prefix;
  }

  public boolean hasWeight(String name) {
    return weights.containsKey(name);
  }

  /** The tensor of this name, as Hugging Face names it. */
  public HostTensor weight(String name) {
    HostTensor tensor = weights.get(name);
    Check.that(
        tensor != null,
        ErrorCode.MODEL,
        "%s has no tensor %s, which a %s model needs",
        location,
        name,
        config.modelType());
    return tensor;
  }

  /** All tensors by name. */
  public Map<String, HostTensor> weights() {
    return weights;
  }

  public boolean hasTokenizer() {
    return tokenizer.isPresent();
  }

  /** The model's tokenizer, which must be there. */
  public Tokenizer tokenizer() {
    return tokenizer.orElseThrow(
        () ->
            Check.failure(
                ErrorCode.MODEL,
                "%s has no tokenizer.json; put the model's there (a tokenizer in an older format"
                    + " can be saved as tokenizer.json with Hugging Face's tokenizers)",
                location));
  }

  /**
   * How a decoder expects text: its chat template, or a plain one where it brings none, and the
   * tokens that end a sequence. Read anew at each call.
   */
  public TextFormat textFormat() {
    Path folder = Path.of(location);
    Check.that(
        Files.isDirectory(folder),
        ErrorCode.MODEL,
        "%s is an encoder without a chat format; expected a decoder's directory",
        location);
    return TextFormat.read(folder);
  }

  /** The linear layers that an adapter may sit on, in the order of the forward pass. */
  public List<LinearModule> linearModules() {
    return config.linearModules(prefix);
  }

  /**
   * SHA-256, in hex, over the architecture and the names, types, shapes and bytes of the weights:
   * tells whether an adapter was trained on this model. Computed at the first call, which reads all
   * weights.
   */
  public synchronized String fingerprint() {
    if (fingerprint == null) {
      fingerprint = Fingerprint.of(config, weights.values());
    }
    return fingerprint;
  }

  /**
   * The same model with other weights, for example after a way through a file. It has no tokenizer.
   */
  public BaseModel withWeights(Map<String, HostTensor> other) {
    return new BaseModel(origin, config, other, Optional.empty());
  }

  @Override
  public void close() {
    tokenizer.ifPresent(Tokenizer::close);
  }
}
