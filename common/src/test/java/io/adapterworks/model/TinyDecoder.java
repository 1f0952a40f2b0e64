package io.adapterworks.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Writes folders of small decoders with random weights and a byte-level tokenizer. Their likeliest
 * tokens are always printable: the vocabulary projection's other rows are zero.
 */
public final class TinyDecoder {
  /** Llama 3's way to cut words, as its tokenizer.json has it. */
  public static final String LLAMA3_WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
          + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final int VOCABULARY = 272;
  private static final List<String> MERGES =
      List.of("Ġ t", "h e", "a n", "Ġt he", "i n", "Ġ a", "an d", "1 2", "12 3");

  private TinyDecoder() {}

  /** The fields of a config.json that all of them share. */
  public static ObjectNode config(String modelType) {
    ObjectNode config = JsonFields.mapper().createObjectNode();
    config.put("model_type", modelType);
    config.put("hidden_size", 64);
    config.put("intermediate_size", 96);
    config.put("num_hidden_layers", 2);
    config.put("num_attention_heads", 4);
    config.put("num_key_value_heads", 2);
    config.put("vocab_size", VOCABULARY);
    config.put("max_position_embeddings", 256);
    config.put("rms_norm_eps", 1e-5);
    config.put("rope_theta", 10000.0);
    config.put("hidden_act", "silu");
    config.put("bos_token_id", 256);
    config.put("eos_token_id", 257);
    return config;
  }

  /** Writes a folder in Hugging Face layout. */
  public static Path write(Path folder, ObjectNode config, String words) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), config.toString());
    Files.writeString(folder.resolve("tokenizer.json"), tokenizer(words).toString());
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"bos_token\":\"<|begin|>\",\"eos_token\":\"<|end|>\"}");
    ModelConfig parsed = ModelConfigReader.parse(JsonFields.read(folder.resolve("config.json")));
    SplittableRandom random = new SplittableRandom(11);
    List<HostTensor> weights = new ArrayList<>();
    for (Map.Entry<String, Shape> tensor : parsed.tensors(parsed.prefix()).entrySet()) {
      weights.add(random(tensor.getKey(), tensor.getValue(), random));
    }
    SafetensorsWriter.write(folder.resolve("model.safetensors"), weights, Map.of());
    return folder;
  }

  private static HostTensor random(String name, Shape shape, SplittableRandom random) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    double spread = shape.rank() == 1 ? 0.5 : 2 / Math.sqrt((double) shape.columns());
    double centre = name.contains("norm") ? 1 : 0;
    boolean scores = name.equals("lm_head.weight");
    for (int i = 0; i < values.length; i++) {
      long row = i / shape.columns();
      double value = centre + random.nextDouble(-spread, spread);
      values[i] = scores && (row < '!' || row > '~') ? 0 : (float) value;
    }
    return HostTensor.of(name, shape, values);
  }

  private static ObjectNode tokenizer(String words) {
    ObjectNode root = JsonFields.mapper().createObjectNode();
    ArrayNode added = root.putArray("added_tokens");
    ObjectNode model = JsonFields.mapper().createObjectNode();
    model.put("type", "BPE");
    model.put("ignore_merges", words.equals(LLAMA3_WORDS));
    ObjectNode vocabulary = model.putObject("vocab");
    for (int value = 0; value < 256; value++) {
      vocabulary.put(Character.toString(character(value)), value);
    }
    int id = 256;
    for (String special : List.of("<|begin|>", "<|end|>")) {
      added
          .addObject()
          .put("id", id++)
          .put("content", special)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    ArrayNode merges = model.putArray("merges");
    for (String merge : MERGES) {
      merges.add(merge);
      vocabulary.put(merge.replace(" ", ""), id++);
    }
    ArrayNode steps =
        root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    ObjectNode split = steps.addObject().put("type", "Split");
    split.putObject("pattern").put("Regex", words);
    split.put("behavior", "Isolated").put("invert", false);
    steps
        .addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", false);
    ObjectNode processor = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    single.addObject().putObject("SpecialToken").put("id", "<|begin|>").put("type_id", 0);
    single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    processor.putArray("pair");
    ObjectNode begin = processor.putObject("special_tokens").putObject("<|begin|>");
    begin.put("id", "<|begin|>").putArray("ids").add(256);
    begin.putArray("tokens").add("<|begin|>");
    root.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", true)
        .put("trim_offsets", true)
        .put("use_regex", true);
    root.set("model", model);
    return root;
  }

  /** The character that byte-level tokenizers write a byte as. */
  private static int character(int value) {
    if (standsForItself(value)) {
      return value;
    }
    return 256 + (int) IntStream.range(0, value).filter(v -> !standsForItself(v)).count();
  }

  private static boolean standsForItself(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xAC) || value >= 0xAE;
  }
}
