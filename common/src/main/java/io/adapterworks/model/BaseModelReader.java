package io.adapterworks.model;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tokenize.JsonTokenizer;
import io.adapterworks.tokenize.Tokenizer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Opens base models. */
public final class BaseModelReader {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String TOKENIZER = "tokenizer.json";

  private BaseModelReader() {}

  /** What can be known of a model before its weights are read. */
  public record Outline(ModelConfig config, List<LinearModule> linearModules) {}

  /**
   * Opens a model.
   *
   * @param location a directory in Hugging Face layout (config.json, model.safetensors or an index
   *     of shards, tokenizer.json), or {@code builtin:all-minilm-l6-v2}
   */
  public static BaseModel open(String location) {
    Check.notBlank("base.model", location);
    if (location.startsWith(BuiltinModel.SCHEME)) {
      return builtin(location).open();
    }
    Path folder = folder(location);
    ModelConfig config = ModelConfigReader.parse(JsonFields.read(folder.resolve(CONFIG)));
    Map<String, HostTensor> weights =
        Files.exists(folder.resolve(INDEX)) ? readShards(folder) : readSingle(folder);
    if (config instanceof BertConfig) {
      weights = withNamesOfToday(weights);
    }
    return new BaseModel(
        new BaseModel.Origin(location, location), config, weights, tokenizer(folder));
  }

  /**
   * The outline of a model that texts can be given to; fails as {@link #open} would, and where its
   * tokenizer or, a decoder's, its chat template cannot be used.
   */
  public static Outline outline(String location) {
    Check.notBlank("base.model", location);
    if (location.startsWith(BuiltinModel.SCHEME)) {
      ModelConfig config = builtin(location).config();
      return new Outline(config, config.linearModules(""));
    }
    try (BaseModel model = open(location)) {
      model.tokenizer();
      if (model.config() instanceof LlamaConfig) {
        model.textFormat();
      }
      return new Outline(model.config(), model.linearModules());
    }
  }

  private static BuiltinModel builtin(String location) {
    return BuiltinModel.ALL.stream()
        .filter(model -> model.location().equals(location))
        .findFirst()
        .orElseThrow(
            () ->
                Check.failure(
                    ErrorCode.CONFIGURATION,
                    "%s is not a built-in model; expected %s, or a directory in Hugging"
                        + " Face layout",
                    location,
                    builtins()));
  }

  private static String builtins() {
    return BuiltinModel.ALL.stream()
        .map(BuiltinModel::location)
        .collect(Collectors.joining(" or "));
  }

  private static Path folder(String location) {
    Path folder = pathOf(location).orElse(null);
    Check.that(
        folder != null && Files.isDirectory(folder) && Files.isRegularFile(folder.resolve(CONFIG)),
        ErrorCode.MODEL,
        "base model %s: there is no %s/%s; expected a directory in Hugging Face layout (%s, %s or"
            + " %s, %s), or %s",
        location,
        location,
        CONFIG,
        CONFIG,
        WEIGHTS,
        INDEX,
        TOKENIZER,
        builtins());
    return folder;
  }

  private static Optional<Path> pathOf(String name) {
    try {
      return Optional.of(Path.of(name));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** The first BERTs call a norm's weight gamma and its bias beta. */
  private static Map<String, HostTensor> withNamesOfToday(Map<String, HostTensor> weights) {
    Map<String, HostTensor> renamed = new LinkedHashMap<>();
    weights.forEach(
        (name, tensor) -> {
          String today =
              name.replaceAll("\\bLayerNorm\\.gamma$", "LayerNorm.weight")
                  .replaceAll("\\bLayerNorm\\.beta$", "LayerNorm.bias");
          renamed.put(today, today.equals(name) ? tensor : tensor.named(today));
        });
    return renamed;
  }

  private static Map<String, HostTensor> readSingle(Path folder) {
    Path file = folder.resolve(WEIGHTS);
    Check.that(
        Files.isRegularFile(file),
        ErrorCode.MODEL,
        "%s has neither %s nor %s; weights in another format (such as pytorch_model.bin) must be"
            + " saved as safetensors first",
        folder,
        WEIGHTS,
        INDEX);
    return SafetensorsFile.open(file).tensors();
  }

  private static Map<String, HostTensor> readShards(Path folder) {
    JsonFields index = JsonFields.read(folder.resolve(INDEX));
    Map<String, String> fileOf = new TreeMap<>();
    JsonFields map =
        index
            .object("weight_map")
            .orElseThrow(
                () -> Check.failure(ErrorCode.MODEL, "%s has no weight_map", index.source()));
    map.node().properties().forEach(e -> fileOf.put(e.getKey(), e.getValue().asText()));
    Map<String, SafetensorsFile> shards = new TreeMap<>();
    for (String name : new TreeSet<>(fileOf.values())) {
      shards.put(name, openShard(folder, name, index.source()));
    }
    Map<String, HostTensor> weights = new LinkedHashMap<>();
    fileOf.forEach((tensor, file) -> weights.put(tensor, shards.get(file).tensor(tensor)));
    return weights;
  }

  private static SafetensorsFile openShard(Path folder, String name, String index) {
    Path file = pathOf(name).map(path -> folder.resolve(path).normalize()).orElse(null);
    Check.that(
        file != null && file.startsWith(folder.normalize()) && Files.isRegularFile(file),
        ErrorCode.MODEL,
        "%s names the shard %s, which is not in %s; is the download complete?",
        index,
        name,
        folder);
    return SafetensorsFile.open(file);
  }

  private static Optional<Tokenizer> tokenizer(Path folder) {
    Path file = folder.resolve(TOKENIZER);
    return Files.isRegularFile(file) ? Optional.of(JsonTokenizer.open(file)) : Optional.empty();
  }
}
