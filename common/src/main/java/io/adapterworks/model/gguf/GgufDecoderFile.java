package io.adapterworks.model.gguf;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.model.Rope;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Float16;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/**
 * Reads a decoder's GGUF file back into Hugging Face's names, order and shapes, for comparison with
 * the model that it was written from.
 */
public final class GgufDecoderFile {
  /** What one mapping of a file takes: embeddings of 152,064 tokens are larger in float32. */
  private static final long MOST_BYTES = Integer.MAX_VALUE;

  private final GgufFile file;
  private final BaseModel base;
  private final DecoderNames names;

  private GgufDecoderFile(GgufFile file, BaseModel base) {
    this.file = file;
    this.base = base;
    this.names = DecoderNames.of(base);
  }

  /**
   * The model in the file.
   *
   * @param base what it was written from; sizes and names must agree with it
   * @param scratch a folder for a temporary file of the weights in float32, those above 2 GiB in
   *     float16, which has no name any more when this returns
   */
  public static BaseModel read(Path path, BaseModel base, Path scratch) {
    return read(path, base, scratch, MOST_BYTES);
  }

  static BaseModel read(Path path, BaseModel base, Path scratch, long mostBytes) {
    GgufDecoderFile decoder = new GgufDecoderFile(GgufFile.open(path), base);
    decoder.checkMetadata();
    try {
      return base.withWeights(decoder.weights(scratch, mostBytes));
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.STORAGE, "cannot read back " + path + ": " + e.getMessage(), e);
    }
  }

  private void checkMetadata() {
    GgufMetadata metadata = file.metadata();
    metadata.require(GgufMetadata.ARCHITECTURE, names.architecture());
    GgufDecoder.sizes(names)
        .forEach(
            (key, expected) -> {
              double actual = metadata.real(key);
              Check.that(
                  actual == ((Number) expected).doubleValue(),
                  ErrorCode.MODEL,
                  "%s: %s=%s; expected %s",
                  metadata.source(),
                  key,
                  actual,
                  expected);
            });
    int tokens = metadata.texts("tokenizer.ggml.tokens").size();
    Check.that(
        tokens == names.config().vocabulary(),
        ErrorCode.MODEL,
        "%s has %d tokens; expected %d",
        metadata.source(),
        tokens,
        names.config().vocabulary());
    checkRope(names.config());
  }

  private void checkRope(LlamaConfig config) {
    if (config.rope().scaling() instanceof Rope.Unscaled) {
      return;
    }
    float[] expected = GgufDecoder.factorsOf(config);
    GgufTensor factors = file.tensor(GgufDecoder.ROPE_FACTORS, Shape.of(expected.length));
    Check.that(
        Arrays.equals(expected, factors.toFloats()),
        ErrorCode.MODEL,
        "%s: %s are not the factors of the model's rope scaling",
        file.metadata().source(),
        GgufDecoder.ROPE_FACTORS);
  }

  private Map<String, HostTensor> weights(Path scratch, long mostBytes) throws IOException {
    Map<String, Shape> shapes = names.config().tensors(base.prefix());
    Map<String, HostTensor> weights = new LinkedHashMap<>();
    Path temporary = Files.createTempFile(scratch, ".gguf-weights", ".tmp");
    try (FileChannel channel =
        FileChannel.open(temporary, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long at = 0;
      for (Map.Entry<String, String> entry : names.all().entrySet()) {
        Shape shape = shapes.get(entry.getKey());
        GgufTensor tensor = file.tensor(entry.getValue(), shape);
        boolean half = shape.elements() * Float.BYTES > mostBytes;
        DType type = half ? DType.FLOAT16 : DType.FLOAT32;
        long bytes = shape.elements() * type.bytes();
        ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, at, bytes);
        copy(tensor, names.rowOrder(entry.getKey()), mapped, type);
        weights.put(entry.getKey(), new HostTensor(entry.getKey(), type, shape, mapped));
        at += bytes;
      }
    } finally {
      Files.delete(temporary);
    }
    return weights;
  }

  /** Undoes the order of rows. */
  private static void copy(
      GgufTensor tensor, LongUnaryOperator order, ByteBuffer target, DType type) {
    int columns = Math.toIntExact(tensor.shape().columns());
    float[] row = new float[columns];
    boolean vector = tensor.shape().rank() == 1;
    for (long i = 0; i < tensor.shape().rows(); i++) {
      tensor.readRow(i, row);
      long at = vector ? 0 : order.applyAsLong(i) * columns * type.bytes();
      ByteBuffer to =
          target.slice(Math.toIntExact(at), columns * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
      put(vector ? ordered(row, order) : row, type, to);
    }
  }

  private static float[] ordered(float[] row, LongUnaryOperator order) {
    float[] ordered = new float[row.length];
    for (int j = 0; j < row.length; j++) {
      ordered[(int) order.applyAsLong(j)] = row[j];
    }
    return ordered;
  }

  private static void put(float[] row, DType type, ByteBuffer to) {
    if (type == DType.FLOAT32) {
      to.asFloatBuffer().put(row);
      return;
    }
    for (float value : row) {
      to.putShort(Float16.toHalf(value));
    }
  }
}
