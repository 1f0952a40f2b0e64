package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.adapter.Parameter;
import io.adapterworks.adapter.ParameterLayout;
import io.adapterworks.model.SafetensorsFile;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import io.adapterworks.train.TrainingConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/** One folder of reference numbers from PyTorch and PEFT. */
final class ReferenceFixture {
  private final Path folder;
  private final SafetensorsFile reference;
  private final JsonNode trace;

  ReferenceFixture(Path folder) {
    this.folder = folder;
    this.reference = SafetensorsFile.open(folder.resolve("reference.safetensors"));
    try {
      this.trace = new ObjectMapper().readTree(folder.resolve("trace.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path folder() {
    return folder;
  }

  boolean has(String name) {
    return reference.tensors().containsKey(name);
  }

  float[] floats(String name) {
    return reference.tensor(name).toFloats();
  }

  long[] integers(String name) {
    HostTensor tensor = reference.tensor(name);
    assertEquals(DType.INT64, tensor.dtype());
    ByteBuffer data = tensor.data();
    long[] values = new long[Math.toIntExact(tensor.shape().elements())];
    data.asLongBuffer().get(values);
    return values;
  }

  double number(String key) {
    return trace.get(key).asDouble();
  }

  double number(String key, int index) {
    return trace.get(key).get(index).asDouble();
  }

  double[] losses() {
    return StreamSupport.stream(trace.get("losses").spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }

  /** (B, T) of input_ids. */
  int rowCount() {
    return Math.toIntExact(reference.tensor("input_ids").shape().size(0));
  }

  int width() {
    return Math.toIntExact(reference.tensor("input_ids").shape().size(1));
  }

  /** The tokens of row b that are not padding. */
  int[] row(int b) {
    long[] ids = integers("input_ids");
    long[] mask = integers("attention_mask");
    return IntStream.range(b * width(), (b + 1) * width())
        .filter(i -> mask[i] == 1)
        .map(i -> (int) ids[i])
        .toArray();
  }

  /** The whole batch with one class label a row, without its padding. */
  TokenBatch classificationBatch() {
    long[] labels = integers("labels");
    List<TokenRow> rows = new ArrayList<>();
    for (int b = 0; b < rowCount(); b++) {
      rows.add(TokenRow.classified(row(b), (int) labels[b]));
    }
    return TokenBatch.of(rows);
  }

  /** The whole batch with the token that should follow each, without its padding. */
  TokenBatch nextTokenBatch() {
    long[] labels = integers("labels");
    List<TokenRow> rows = new ArrayList<>();
    for (int b = 0; b < rowCount(); b++) {
      int[] ids = row(b);
      int[] next = new int[ids.length];
      for (int t = 0; t < ids.length; t++) {
        next[t] = t + 1 < ids.length ? (int) labels[b * width() + t + 1] : TokenBatch.IGNORED;
      }
      rows.add(TokenRow.scored(ids, next));
    }
    return TokenBatch.of(rows);
  }

  /** The rows of a tensor (B, T, …) that are not padding, end to end. */
  float[] unpadded(String name) {
    float[] padded = floats(name);
    int columns = padded.length / (rowCount() * width());
    int tokens = IntStream.range(0, rowCount()).map(b -> row(b).length).sum();
    float[] packed = new float[tokens * columns];
    int at = 0;
    for (int b = 0; b < rowCount(); b++) {
      int length = row(b).length * columns;
      System.arraycopy(padded, b * width() * columns, packed, at, length);
      at += length;
    }
    return packed;
  }

  /** Compares each parameter's part of a flat gradient with the reference's. */
  void assertGradient(ParameterLayout layout, float[] gradient) {
    for (Parameter parameter : layout.parameters()) {
      String name = "grad." + parameter.trainingName();
      int end = parameter.offset() + parameter.size();
      float[] own = Arrays.copyOfRange(gradient, parameter.offset(), end);
      Closeness.assertRelativelyWithin(name, floats(name), own, 1e-3);
    }
  }

  /** A saved adapter has the names and shapes of PEFT's. */
  void assertSavedAsReference(Path saved) {
    assertEquals(shapes(folder.resolve("adapter_end")), shapes(saved), "saved tensors");
  }

  private static Map<String, Shape> shapes(Path folder) {
    Map<String, Shape> shapes = new TreeMap<>();
    SafetensorsFile.open(folder.resolve("adapter_model.safetensors"))
        .tensors()
        .forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return shapes;
  }

  /** The trace's AdamW. */
  TrainingConfig optimizer() {
    return new TrainingConfig(
        1,
        rowCount(),
        number("lr"),
        1,
        0,
        TrainingConfig.Decay.CONSTANT,
        number("weight_decay"),
        number("clip"),
        0,
        0,
        number("betas", 0),
        number("betas", 1),
        number("eps"),
        new TrainingConfig.EarlyStopping(0, 0),
        0);
  }
}
