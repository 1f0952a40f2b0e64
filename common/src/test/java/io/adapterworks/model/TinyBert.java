package io.adapterworks.model;

import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tokenize.TokenRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A BERT encoder of random weights that trains in milliseconds, and rows that it can learn. */
public final class TinyBert {
  public static final int HIDDEN = 32;

  private static final String CONFIG =
      """
      {"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
       "intermediate_size": 64, "vocab_size": 64, "max_position_embeddings": 32,
       "type_vocab_size": 2, "hidden_act": "gelu"}
      """;

  private TinyBert() {}

  /** Writes the model to {@code folder}, in Hugging Face layout without a tokenizer. */
  public static BaseModel write(Path folder) {
    Random random = new Random(20);
    List<HostTensor> tensors = new ArrayList<>();
    try {
      Files.writeString(folder.resolve("config.json"), CONFIG);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ModelConfig config = ModelConfigReader.parse(JsonFields.read(folder.resolve("config.json")));
    Map<String, Shape> shapes = new TreeMap<>(config.tensors(config.prefix()));
    shapes.put(config.prefix() + "pooler.dense.weight", Shape.of(HIDDEN, HIDDEN));
    shapes.put(config.prefix() + "pooler.dense.bias", Shape.of(HIDDEN));
    for (Map.Entry<String, Shape> tensor : shapes.entrySet()) {
      float[] values = new float[Math.toIntExact(tensor.getValue().elements())];
      boolean isNorm = tensor.getKey().endsWith("LayerNorm.weight");
      for (int i = 0; i < values.length; i++) {
        values[i] = isNorm ? 1 : (float) random.nextGaussian() * 0.1f;
      }
      tensors.add(HostTensor.of(tensor.getKey(), tensor.getValue(), values));
    }
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of());
    return BaseModelReader.open(folder.toString());
  }

  /** Rows of 4 to 15 tokens; the label says which third of the vocabulary most come from. */
  public static List<TokenRow> rows(int count, long seed) {
    Random random = new Random(seed);
    List<TokenRow> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int label = random.nextInt(3);
      int[] ids = new int[4 + random.nextInt(12)];
      for (int t = 0; t < ids.length; t++) {
        boolean telling = random.nextInt(3) > 0;
        ids[t] = telling ? 1 + 21 * label + random.nextInt(21) : 1 + random.nextInt(63);
      }
      rows.add(TokenRow.classified(ids, label));
    }
    return rows;
  }
}
