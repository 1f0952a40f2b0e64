package io.adapterworks.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BertConfig;
import io.adapterworks.model.JsonFields;
import io.adapterworks.model.LlamaConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** PEFT's {@code adapter_config.json} and {@link LoraConfig}, both ways. */
final class PeftConfigFile {
  /** Fields that change the computation in ways that are not computed here when they are set. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "layer_replication",
          "trainable_token_indices",
          "target_parameters",
          "alora_invocation_tokens",
          "exclude_modules",
          "use_qalora",
          "use_bdlora",
          "lora_bias",
          "fan_in_fan_out",
          "megatron_config",
          "arrow_config",
          "monteclora_config",
          "kasa_config",
          "velora_config");

  /** Initialisations that change the base's weights, so that the adapter alone is not enough. */
  private static final List<String> BASE_CHANGING =
      List.of("pissa", "olora", "corda", "loftq", "lora_ga");

  /** What PEFT trains whole for a sequence classifier. */
  private static final List<String> CLASSIFIERS = List.of("classifier", "score");

  /** Modules that PEFT can adapt and that are no linear layer of the transformer. */
  private static final List<String> NOT_LINEAR =
      List.of("lm_head", "embed_tokens", "word_embeddings", "position_embeddings");

  private PeftConfigFile() {}

  /** Reads the fields that matter; what is not computed is refused by name. */
  static LoraConfig parse(JsonFields fields) {
    fields.require("peft_type", "LORA");
    fields.require("bias", "none");
    for (String field : UNSUPPORTED) {
      Check.that(
          isUnset(fields.find(field)),
          ErrorCode.MODEL,
          "%s: %s=%s is not supported; expected it unset",
          fields.source(),
          field,
          fields.node().get(field));
    }
    refuseBaseChanging(fields);
    Optional<JsonNode> targets = fields.find("target_modules");
    Optional<String> pattern =
        targets
            .filter(JsonNode::isTextual)
            .map(JsonNode::textValue)
            .filter(text -> !text.equals(LoraConfig.ALL_LINEAR));
    return new LoraConfig(
        fields.positive("r"),
        fields.number("lora_alpha", 8),
        fields.number("lora_dropout", 0),
        pattern.isPresent() ? List.of() : names(targets, fields.source()),
        pattern,
        layers(fields),
        fields.flag("use_rslora", false),
        fields.flag("use_dora", false),
        patternMap(fields, "rank_pattern", (source, key) -> source.positive(key)),
        patternMap(fields, "alpha_pattern", (source, key) -> source.number(key, 0)));
  }

  /**
   * Refuses what the file trains beside the linear layers of {@code base}, by name.
   *
   * @throws io.adapterworks.error.AdapterworksException MODEL
   */
  static void checkFits(JsonFields fields, BaseModel base) {
    List<String> whole = texts(fields.find("modules_to_save"));
    boolean encoder = base.config() instanceof BertConfig;
    for (String name : whole) {
      Check.that(
          encoder && CLASSIFIERS.contains(name),
          ErrorCode.MODEL,
          "%s: modules_to_save names %s, which is not supported; expected %s",
          fields.source(),
          name,
          encoder ? "classifier" : "none with a decoder: train it with LoRA on its linear layers");
    }
    for (String name : texts(fields.find("target_modules"))) {
      Check.that(
          NOT_LINEAR.stream().noneMatch(n -> name.equals(n) || name.endsWith("." + n)),
          ErrorCode.MODEL,
          "%s: target_modules names %s; an adapter on embeddings or the vocabulary projection is"
              + " not supported; expected linear layers such as %s",
          fields.source(),
          name,
          TargetNames.of(base.linearModules()));
    }
  }

  private static List<String> texts(Optional<JsonNode> array) {
    List<String> texts = new ArrayList<>();
    array.ifPresent(node -> node.forEach(text -> texts.add(text.asText())));
    return texts;
  }

  private static boolean isUnset(Optional<JsonNode> value) {
    return value.isEmpty()
        || (value.get().isBoolean() && !value.get().booleanValue())
        || (value.get().isContainerNode() && value.get().isEmpty());
  }

  private static void refuseBaseChanging(JsonFields fields) {
    String initialisation = fields.find("init_lora_weights").map(JsonNode::asText).orElse("true");
    for (String refused : BASE_CHANGING) {
      Check.that(
          !initialisation.startsWith(refused),
          ErrorCode.MODEL,
          "%s: init_lora_weights=%s changes the base model's weights; convert the adapter to plain"
              + " LoRA with PEFT first",
          fields.source(),
          initialisation);
    }
  }

  private static List<String> names(Optional<JsonNode> targets, String source) {
    Check.that(
        targets.isPresent() && (targets.get().isTextual() || !targets.get().isEmpty()),
        ErrorCode.MODEL,
        "%s has no target_modules; expected the names of the layers that carry the adapter",
        source);
    if (targets.get().isTextual()) {
      return List.of(targets.get().textValue());
    }
    return texts(targets).stream().sorted().toList();
  }

  private static List<Integer> layers(JsonFields fields) {
    List<Integer> layers = new ArrayList<>();
    fields
        .find("layers_to_transform")
        .ifPresent(
            node -> {
              if (node.isInt()) {
                layers.add(node.intValue());
              }
              node.forEach(layer -> layers.add(layer.intValue()));
            });
    return layers;
  }

  private static <T> Map<String, T> patternMap(
      JsonFields fields, String field, BiFunction<JsonFields, String, T> read) {
    Map<String, T> patterns = new LinkedHashMap<>();
    fields
        .object(field)
        .ifPresent(
            object ->
                object
                    .node()
                    .fieldNames()
                    .forEachRemaining(key -> patterns.put(key, read.apply(object, key))));
    return patterns;
  }

  /**
   * The JSON of an adapter: the fields it was read with, or PEFT's defaults, with those of its
   * {@link LoraConfig} on top.
   */
  static ObjectNode write(LoraAdapter adapter, BaseModel base) {
    boolean fresh = adapter.peftFields().equals("{}");
    ObjectNode node =
        fresh
            ? defaults(adapter, base)
            : JsonFields.parse(
                    adapter.peftFields().getBytes(StandardCharsets.UTF_8), "adapter_config.json")
                .node();
    LoraConfig config = adapter.config();
    node.put("r", config.rank());
    putNumber(node, "lora_alpha", config.alpha());
    node.put("lora_dropout", config.dropout());
    node.put("use_rslora", config.useRslora());
    node.put("use_dora", config.useDora());
    if (fresh) {
      putTargets(node, adapter);
      putPatterns(node, config);
    }
    return node;
  }

  private static ObjectNode defaults(LoraAdapter adapter, BaseModel base) {
    ObjectNode node = JsonFields.mapper().createObjectNode();
    node.put("base_model_name_or_path", base.publishedName());
    node.put("bias", "none");
    node.put("fan_in_fan_out", false);
    node.put("inference_mode", true);
    node.put("init_lora_weights", true);
    node.putNull("modules_to_save");
    if (adapter.layout().head().isPresent()
        && adapter.layout().headFile() == ParameterLayout.HeadFile.ADAPTER) {
      node.putArray("modules_to_save").add("classifier").add("score");
    }
    node.put("peft_type", "LORA");
    node.put("task_type", taskType(base));
    return node;
  }

  private static String taskType(BaseModel base) {
    if (base.config() instanceof LlamaConfig) {
      return "CAUSAL_LM";
    }
    boolean classifies = base.config() instanceof BertConfig bert && bert.labels().isPresent();
    return classifies ? "SEQ_CLS" : "FEATURE_EXTRACTION";
  }

  private static void putTargets(ObjectNode node, LoraAdapter adapter) {
    LoraConfig config = adapter.config();
    if (config.targetPattern().isPresent()) {
      node.put("target_modules", config.targetPattern().get());
    } else {
      ArrayNode targets = node.putArray("target_modules");
      resolvedNames(adapter).forEach(targets::add);
    }
    node.putNull("layers_to_transform");
    if (!config.layersToTransform().isEmpty()) {
      config.layersToTransform().forEach(node.putArray("layers_to_transform")::add);
    }
  }

  /** Names as configured; all-linear as the names it stands for, which every reader knows. */
  private static List<String> resolvedNames(LoraAdapter adapter) {
    if (!adapter.config().targetModules().contains(LoraConfig.ALL_LINEAR)) {
      return adapter.config().targetModules();
    }
    return TargetNames.of(adapter.layout().modules().stream().map(AdaptedModule::module).toList());
  }

  private static void putPatterns(ObjectNode node, LoraConfig config) {
    ObjectNode ranks = node.putObject("rank_pattern");
    config.rankPattern().forEach(ranks::put);
    ObjectNode alphas = node.putObject("alpha_pattern");
    config.alphaPattern().forEach((key, value) -> putNumber(alphas, key, value));
  }

  private static void putNumber(ObjectNode node, String field, double value) {
    if (value == Math.rint(value)) {
      node.put(field, (long) value);
    } else {
      node.put(field, value);
    }
  }
}
