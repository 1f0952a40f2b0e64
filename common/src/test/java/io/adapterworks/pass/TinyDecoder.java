package io.adapterworks.pass;

import io.adapterworks.model.SafetensorsWriter;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A small decoder with random weights, made for a test and written as a folder in Hugging Face
 * layout.
 *
 * @param name of the folder
 * @param fields of config.json beside those of the sizes
 * @param biases the layers that have one, by their last name
 * @param headNorms whether queries and keys are normalised
 * @param tied whether the vocabulary projection is the embedding
 * @param shards files that the weights are spread over
 */
record TinyDecoder(
    String name,
    PlainLlama.Sizes sizes,
    String fields,
    Set<String> biases,
    boolean headNorms,
    boolean tied,
    DType dtype,
    int shards) {
  static final int VOCABULARY = 61;
  static final int INTERMEDIATE = 44;
  static final int CONTEXT = 64;

  /** Frequencies of unscaled rotary embedding. */
  static double[] frequencies(double theta, int headDim) {
    double[] frequencies = new double[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1 / Math.pow(theta, 2.0 * i / headDim);
    }
    return frequencies;
  }

  /** Writes the folder and returns its tensors as they are stored. */
  List<HostTensor> write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), config());
    List<HostTensor> tensors = tensors();
    if (shards == 1) {
      SafetensorsWriter.write(
          folder.resolve("model.safetensors"), tensors, SafetensorsWriter.PYTORCH);
      return tensors;
    }
    StringBuilder map = new StringBuilder();
    for (int shard = 0; shard < shards; shard++) {
      List<HostTensor> part = new ArrayList<>();
      String file = "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards);
      for (int i = shard; i < tensors.size(); i += shards) {
        part.add(tensors.get(i));
        map.append(map.isEmpty() ? "" : ",")
            .append("\"%s\":\"%s\"".formatted(tensors.get(i).name(), file));
      }
      SafetensorsWriter.write(folder.resolve(file), part, SafetensorsWriter.PYTORCH);
    }
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"metadata\":{},\"weight_map\":{" + map + "}}");
    return tensors;
  }

  private String config() {
    return "{\"hidden_size\":%d,\"num_hidden_layers\":%d,\"num_attention_heads\":%d,"
            .formatted(sizes.hidden(), sizes.layers(), sizes.heads())
        + "\"num_key_value_heads\":%d,\"intermediate_size\":%d,\"vocab_size\":%d,"
            .formatted(sizes.kvHeads(), INTERMEDIATE, VOCABULARY)
        + "\"rms_norm_eps\":%s,\"tie_word_embeddings\":%s,%s}"
            .formatted(sizes.epsilon(), tied, fields);
  }

  private List<HostTensor> tensors() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    int hidden = sizes.hidden();
    shapes.put("model.embed_tokens.weight", Shape.of(VOCABULARY, hidden));
    for (int layer = 0; layer < sizes.layers(); layer++) {
      String path = "model.layers." + layer + ".";
      int queries = sizes.heads() * sizes.headDim();
      int keys = sizes.kvHeads() * sizes.headDim();
      putLinear(shapes, path + "self_attn.q_proj", queries, hidden);
      putLinear(shapes, path + "self_attn.k_proj", keys, hidden);
      putLinear(shapes, path + "self_attn.v_proj", keys, hidden);
      putLinear(shapes, path + "self_attn.o_proj", hidden, queries);
      putLinear(shapes, path + "mlp.gate_proj", INTERMEDIATE, hidden);
      putLinear(shapes, path + "mlp.up_proj", INTERMEDIATE, hidden);
      putLinear(shapes, path + "mlp.down_proj", hidden, INTERMEDIATE);
      shapes.put(path + "input_layernorm.weight", Shape.of(hidden));
      shapes.put(path + "post_attention_layernorm.weight", Shape.of(hidden));
      if (headNorms) {
        shapes.put(path + "self_attn.q_norm.weight", Shape.of(sizes.headDim()));
        shapes.put(path + "self_attn.k_norm.weight", Shape.of(sizes.headDim()));
      }
    }
    shapes.put("model.norm.weight", Shape.of(hidden));
    if (!tied) {
      shapes.put("lm_head.weight", Shape.of(VOCABULARY, hidden));
    }
    SplittableRandom random = new SplittableRandom(name.hashCode());
    List<HostTensor> tensors = new ArrayList<>();
    shapes.forEach((key, shape) -> tensors.add(random(key, shape, random)));
    return tensors;
  }

  private void putLinear(Map<String, Shape> shapes, String path, int out, int in) {
    shapes.put(path + ".weight", Shape.of(out, in));
    if (biases.contains(path.substring(path.lastIndexOf('.') + 1))) {
      shapes.put(path + ".bias", Shape.of(out));
    }
  }

  private HostTensor random(String key, Shape shape, SplittableRandom random) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    double centre = key.endsWith("norm.weight") ? 1 : 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (centre + random.nextDouble(-0.3, 0.3));
    }
    return HostTensor.of(key, dtype, shape, values);
  }
}
