package io.adapterworks.model.gguf;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LinearModule;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.model.Rope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How llama.cpp calls a decoder's tensors, and in which order it wants their rows. Llama's rotary
 * embedding there turns neighbouring elements of a head, Hugging Face's turns element i and i +
 * D/2: the rows of queries and keys of {@code llama} and {@code mistral} are therefore interleaved.
 */
public final class DecoderNames {
  private static final Map<String, String> PARTS =
      Map.ofEntries(
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("self_attn.q_norm", "attn_q_norm"),
          Map.entry("self_attn.k_norm", "attn_k_norm"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"),
          Map.entry("input_layernorm", "attn_norm"),
          Map.entry("post_attention_layernorm", "ffn_norm"));

  private static final Pattern LAYER = Pattern.compile("layers\\.(\\d+)\\.(.+)\\.(weight|bias)");

  private final LlamaConfig config;
  private final String prefix;

  private DecoderNames(LlamaConfig config, String prefix) {
    this.config = config;
    this.prefix = prefix;
  }

  /** The names of a model's tensors; a model that llama.cpp would compute otherwise is refused. */
  public static DecoderNames of(BaseModel base) {
    Check.that(
        base.config() instanceof LlamaConfig,
        ErrorCode.INPUT,
        "%s is a %s model; GGUF is written for decoders of the Llama family",
        base.location(),
        base.config().modelType());
    LlamaConfig config = (LlamaConfig) base.config();
    DecoderNames names = new DecoderNames(config, base.prefix());
    names.refuseWhatIsNotComputed(base.location());
    return names;
  }

  private void refuseWhatIsNotComputed(String location) {
    Set<String> biases =
        switch (architecture()) {
          case "qwen2" -> Set.of("q_proj", "k_proj", "v_proj");
          case "qwen3" -> Set.of();
          default -> config.biased();
        };
    Check.that(
        biases.equals(config.biased()),
        ErrorCode.INPUT,
        "%s has biases on %s; llama.cpp's %s has them on %s",
        location,
        config.biased(),
        architecture(),
        biases);
    Check.that(
        biases.isEmpty() || config.queryWidth() == config.hidden(),
        ErrorCode.INPUT,
        "%s has biases on queries of %d; llama.cpp has them only on queries of the hidden width %d",
        location,
        config.queryWidth(),
        config.hidden());
    Check.that(
        rotatesNeighbours() || config.rope().scaling() instanceof Rope.Unscaled,
        ErrorCode.INPUT,
        "%s has llama3 rope scaling; llama.cpp's %s has none",
        location,
        architecture());
  }

  /** llama.cpp's name of the architecture. */
  public String architecture() {
    return config.modelType().equals("mistral") ? "llama" : config.modelType();
  }

  private boolean rotatesNeighbours() {
    return architecture().equals("llama");
  }

  public LlamaConfig config() {
    return config;
  }

  /** For every tensor of the model, in the order of the pass, its name in GGUF. */
  Map<String, String> all() {
    Map<String, String> names = new LinkedHashMap<>();
    config.tensors(prefix).keySet().forEach(name -> names.put(name, nameOf(name)));
    return names;
  }

  /** The weight of a linear layer. */
  public String weightOf(LinearModule module) {
    return nameOf(module.weight());
  }

  private String nameOf(String tensor) {
    String name = tensor.startsWith(prefix) ? tensor.substring(prefix.length()) : tensor;
    Matcher layer = LAYER.matcher(name);
    if (layer.matches()) {
      return "blk." + layer.group(1) + "." + PARTS.get(layer.group(2)) + "." + layer.group(3);
    }
    return switch (name) {
      case "embed_tokens.weight" -> "token_embd.weight";
      case "norm.weight" -> "output_norm.weight";
      default -> "output.weight";
    };
  }

  /**
   * For each row of a tensor in GGUF, which row of Hugging Face's it is.
   *
   * @param name as Hugging Face names it; a weight, a bias, or the path of a linear layer
   */
  public LongUnaryOperator rowOrder(String name) {
    boolean rotated = name.contains(".q_proj") || name.contains(".k_proj");
    if (!rotated || !rotatesNeighbours()) {
      return LongUnaryOperator.identity();
    }
    int width = config.headDim();
    return row -> {
      long head = row / width;
      long within = row % width;
      return head * width + within % 2 * (width / 2) + within / 2;
    };
  }
}
