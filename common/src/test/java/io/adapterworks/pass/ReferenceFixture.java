package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.model.SafetensorsFile;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
}
