package io.adapterworks.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A BERT encoder (Devlin et al. 2018, arXiv:1810.04805).
 *
 * @param labels L of a sequence classifier that is saved in the model, or empty
 */
public record BertConfig(
    int hidden,
    int layers,
    int heads,
    int intermediate,
    int vocabulary,
    int maxPositions,
    int typeVocabulary,
    float layerNormEpsilon,
    Optional<Integer> labels)
    implements ModelConfig {
  private static final int DEFAULT_LABELS = 2;

  public BertConfig {
    ModelConfig.checkLayers(layers);
    Check.that(
        hidden % heads == 0,
        ErrorCode.MODEL,
        "hidden_size=%d is not a multiple of num_attention_heads=%d",
        hidden,
        heads);
  }

  /** Reads the fields of a {@code config.json}; what is not computed is refused by name. */
  public static BertConfig parse(JsonFields fields) {
    fields.require("hidden_act", "gelu");
    fields.require("position_embedding_type", "absolute");
    fields.require("is_decoder", "false");
    fields.require("add_cross_attention", "false");
    return new BertConfig(
        fields.positive("hidden_size"),
        fields.positive("num_hidden_layers"),
        fields.positive("num_attention_heads"),
        fields.positive("intermediate_size"),
        fields.positive("vocab_size"),
        fields.positive("max_position_embeddings"),
        fields.integer("type_vocab_size", 2),
        (float) fields.number("layer_norm_eps", 1e-12),
        classifierLabels(fields));
  }

  private static Optional<Integer> classifierLabels(JsonFields fields) {
    Optional<JsonNode> architectures = fields.find("architectures");
    boolean classifies =
        architectures.isPresent()
            && architectures.get().toString().contains("ForSequenceClassification");
    if (!classifies) {
      return Optional.empty();
    }
    int named = fields.find("id2label").map(JsonNode::size).orElse(DEFAULT_LABELS);
    return Optional.of(fields.integer("num_labels", named));
  }

  @Override
  public String modelType() {
    return "bert";
  }

  @Override
  public String prefix() {
    return "bert.";
  }

  /** D, the width of one head. */
  public int headDim() {
    return hidden / heads;
  }

  /** What the names of layer {@code index}'s tensors start with. */
  public String layerPrefix(String prefix, int index) {
    return prefix + "encoder.layer." + index + ".";
  }

  @Override
  public Map<String, Shape> tensors(String prefix) {
    Map<String, Shape> tensors = new LinkedHashMap<>();
    tensors.put(prefix + "embeddings.word_embeddings.weight", Shape.of(vocabulary, hidden));
    tensors.put(prefix + "embeddings.position_embeddings.weight", Shape.of(maxPositions, hidden));
    tensors.put(
        prefix + "embeddings.token_type_embeddings.weight", Shape.of(typeVocabulary, hidden));
    putNorm(tensors, prefix + "embeddings.LayerNorm");
    for (LinearModule module : linearModules(prefix)) {
      tensors.put(module.weight(), Shape.of(module.out(), module.in()));
      tensors.put(module.bias(), Shape.of(module.out()));
    }
    for (int i = 0; i < layers; i++) {
      putNorm(tensors, layerPrefix(prefix, i) + "attention.output.LayerNorm");
      putNorm(tensors, layerPrefix(prefix, i) + "output.LayerNorm");
    }
    if (labels.isPresent()) {
      tensors.put("classifier.weight", Shape.of(labels.get(), hidden));
      tensors.put("classifier.bias", Shape.of(labels.get()));
    }
    return tensors;
  }

  private void putNorm(Map<String, Shape> tensors, String path) {
    tensors.put(path + ".weight", Shape.of(hidden));
    tensors.put(path + ".bias", Shape.of(hidden));
  }

  @Override
  public List<LinearModule> linearModules(String prefix) {
    List<LinearModule> modules = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      String layer = layerPrefix(prefix, i);
      for (String projection : List.of("query", "key", "value")) {
        modules.add(new LinearModule(layer + "attention.self." + projection, hidden, hidden));
      }
      modules.add(new LinearModule(layer + "attention.output.dense", hidden, hidden));
      modules.add(new LinearModule(layer + "intermediate.dense", hidden, intermediate));
      modules.add(new LinearModule(layer + "output.dense", intermediate, hidden));
    }
    if (labels.isPresent()) {
      modules.add(new LinearModule(prefix + "pooler.dense", hidden, hidden));
    }
    return modules;
  }

  @Override
  public boolean isBiased(LinearModule module) {
    return true;
  }
}
