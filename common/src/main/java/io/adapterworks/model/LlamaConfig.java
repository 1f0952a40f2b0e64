package io.adapterworks.model;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A decoder of the Llama family (Touvron et al. 2023, arXiv:2302.13971): Llama 2 and 3, Mistral,
 * Qwen2, Qwen3.
 *
 * @param modelType {@code llama}, {@code mistral}, {@code qwen2} or {@code qwen3}
 * @param kvHeads heads of keys and values
 * @param headDim D, which need not be hidden / heads
 * @param biased the linear layers that have a bias, by the last part of their path
 * @param features what else tells members of the family apart
 */
public record LlamaConfig(
    String modelType,
    int hidden,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int intermediate,
    int vocabulary,
    int maxPositions,
    float rmsNormEpsilon,
    Rope rope,
    Set<String> biased,
    Set<Feature> features)
    implements ModelConfig {
  /** What tells members of the family apart. */
  public enum Feature {
    /** The vocabulary projection is the embedding. */
    TIED_EMBEDDINGS,
    /** Each head of queries and keys is normalised before it is rotated (Qwen3). */
    QUERY_KEY_NORM
  }

  private static final Set<String> QKV = Set.of("q_proj", "k_proj", "v_proj");
  private static final Set<String> ATTENTION = Set.of("q_proj", "k_proj", "v_proj", "o_proj");
  private static final Set<String> MLP = Set.of("gate_proj", "up_proj", "down_proj");

  public LlamaConfig {
    // Sorted, so that toString, which the fingerprint covers, is the same in every process.
    biased = Collections.unmodifiableSortedSet(new TreeSet<>(biased));
    features = Collections.unmodifiableSortedSet(new TreeSet<>(features));
    ModelConfig.checkLayers(layers);
    Check.that(
        kvHeads > 0 && heads % kvHeads == 0,
        ErrorCode.MODEL,
        "num_attention_heads=%d is not a multiple of num_key_value_heads=%d",
        heads,
        kvHeads);
    Check.that(
        headDim > 0 && headDim % 2 == 0,
        ErrorCode.MODEL,
        "head_dim=%d; rotary embedding needs an even width of 2 or more",
        headDim);
  }

  /** Reads the fields of a {@code config.json}; what is not computed is refused by name. */
  public static LlamaConfig parse(JsonFields fields, String modelType) {
    requireSilu(fields);
    int maxPositions = fields.positive("max_position_embeddings");
    SlidingWindow.refuse(fields, modelType, maxPositions);
    int hidden = fields.positive("hidden_size");
    int heads = fields.positive("num_attention_heads");
    Set<Feature> features = new HashSet<>();
    if (fields.flag("tie_word_embeddings", false)) {
      features.add(Feature.TIED_EMBEDDINGS);
    }
    if (modelType.equals("qwen3")) {
      features.add(Feature.QUERY_KEY_NORM);
    }
    return new LlamaConfig(
        modelType,
        hidden,
        fields.positive("num_hidden_layers"),
        heads,
        fields.integer("num_key_value_heads", heads),
        fields.integer("head_dim", modelType.equals("qwen3") ? 128 : hidden / heads),
        fields.positive("intermediate_size"),
        fields.positive("vocab_size"),
        maxPositions,
        (float) fields.number("rms_norm_eps", 1e-6),
        RopeParser.parse(fields),
        biased(fields, modelType),
        features);
  }

  /** Transformers knows silu under two names. */
  private static void requireSilu(JsonFields fields) {
    if (!fields.text("hidden_act", "silu").equals("swish")) {
      fields.require("hidden_act", "silu");
    }
  }

  /** Which layers have a bias: the other members ignore the fields that only some read. */
  private static Set<String> biased(JsonFields fields, String modelType) {
    Set<String> biased = new HashSet<>();
    boolean readsAttentionBias = modelType.equals("llama") || modelType.equals("qwen3");
    if (modelType.equals("qwen2")) {
      biased.addAll(QKV);
    } else if (readsAttentionBias && fields.flag("attention_bias", false)) {
      biased.addAll(ATTENTION);
    }
    if (modelType.equals("llama") && fields.flag("mlp_bias", false)) {
      biased.addAll(MLP);
    }
    return biased;
  }

  public boolean has(Feature feature) {
    return features.contains(feature);
  }

  /** H · D, the width of all queries. */
  public int queryWidth() {
    return heads * headDim;
  }

  /** kvHeads · D, the width of all keys, and of all values. */
  public int kvWidth() {
    return kvHeads * headDim;
  }

  @Override
  public String prefix() {
    return "model.";
  }

  /** What the names of layer {@code index}'s tensors start with. */
  public String layerPrefix(String prefix, int index) {
    return prefix + "layers." + index + ".";
  }

  /** The name of the vocabulary projection (V, C): the embedding's where they are tied. */
  public String headName(String prefix) {
    return has(Feature.TIED_EMBEDDINGS) ? prefix + "embed_tokens.weight" : "lm_head.weight";
  }

  @Override
  public Map<String, Shape> tensors(String prefix) {
    Map<String, Shape> tensors = new LinkedHashMap<>();
    tensors.put(prefix + "embed_tokens.weight", Shape.of(vocabulary, hidden));
    for (LinearModule module : linearModules(prefix)) {
      tensors.put(module.weight(), Shape.of(module.out(), module.in()));
      if (isBiased(module)) {
        tensors.put(module.bias(), Shape.of(module.out()));
      }
    }
    for (int i = 0; i < layers; i++) {
      String layer = layerPrefix(prefix, i);
      tensors.put(layer + "input_layernorm.weight", Shape.of(hidden));
      tensors.put(layer + "post_attention_layernorm.weight", Shape.of(hidden));
      if (has(Feature.QUERY_KEY_NORM)) {
        tensors.put(layer + "self_attn.q_norm.weight", Shape.of(headDim));
        tensors.put(layer + "self_attn.k_norm.weight", Shape.of(headDim));
      }
    }
    tensors.put(prefix + "norm.weight", Shape.of(hidden));
    tensors.put(headName(prefix), Shape.of(vocabulary, hidden));
    return tensors;
  }

  @Override
  public boolean isBiased(LinearModule module) {
    return biased.contains(module.path().substring(module.path().lastIndexOf('.') + 1));
  }

  @Override
  public List<LinearModule> linearModules(String prefix) {
    List<LinearModule> modules = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      String attention = layerPrefix(prefix, i) + "self_attn.";
      modules.add(new LinearModule(attention + "q_proj", hidden, queryWidth()));
      modules.add(new LinearModule(attention + "k_proj", hidden, kvWidth()));
      modules.add(new LinearModule(attention + "v_proj", hidden, kvWidth()));
      modules.add(new LinearModule(attention + "o_proj", queryWidth(), hidden));
      String mlp = layerPrefix(prefix, i) + "mlp.";
      modules.add(new LinearModule(mlp + "gate_proj", hidden, intermediate));
      modules.add(new LinearModule(mlp + "up_proj", hidden, intermediate));
      modules.add(new LinearModule(mlp + "down_proj", intermediate, hidden));
    }
    return modules;
  }
}
