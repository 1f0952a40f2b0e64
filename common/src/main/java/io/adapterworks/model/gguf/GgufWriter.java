package io.adapterworks.model.gguf;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.AtomicFile;
import io.adapterworks.tensor.Float16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes GGUF files, version 3, little-endian; the same contents give the same bytes. Format:
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
 */
public final class GgufWriter {
  /** What offsets of tensors are rounded up to where the metadata do not say otherwise. */
  static final int ALIGNMENT = 32;

  static final int VERSION = 3;

  /** "GGUF" as a little-endian integer. */
  static final int MAGIC = 0x46554747;

  private static final int BUFFER_BYTES = 1 << 20;

  private GgufWriter() {}

  /** Writes {@code path} whole or not at all, tensors in the order given. */
  public static void write(Path path, Map<String, Object> metadata, List<TensorRows> tensors) {
    Set<String> names = new HashSet<>();
    for (TensorRows tensor : tensors) {
      Check.that(
          names.add(tensor.name()),
          ErrorCode.MODEL,
          "%s would hold two tensors %s",
          path,
          tensor.name());
      Check.that(
          tensor.type().fits(tensor.shape().columns()),
          ErrorCode.MODEL,
          "tensor %s has rows of %d elements, which are no whole blocks of %s",
          tensor.name(),
          tensor.shape().columns(),
          tensor.type());
    }
    AtomicFile.write(path, channel -> writeTo(channel, metadata, tensors));
  }

  private static void writeTo(
      WritableByteChannel channel, Map<String, Object> metadata, List<TensorRows> tensors)
      throws IOException {
    GgufHeaderBytes header = new GgufHeaderBytes();
    header.integer(MAGIC).integer(VERSION).integer64(tensors.size()).integer64(metadata.size());
    metadata.forEach(header::entry);
    long offset = 0;
    for (TensorRows tensor : tensors) {
      header.tensor(tensor, offset);
      offset += aligned(tensor.bytes());
    }
    header.align(ALIGNMENT);
    writeFully(channel, header.bytes());
    for (TensorRows tensor : tensors) {
      writeRows(channel, tensor);
      long padding = aligned(tensor.bytes()) - tensor.bytes();
      writeFully(channel, ByteBuffer.allocate((int) padding));
    }
  }

  private static void writeRows(WritableByteChannel channel, TensorRows tensor) throws IOException {
    float[] row = new float[Math.toIntExact(tensor.shape().columns())];
    int rowBytes = Math.toIntExact(tensor.type().bytes(row.length));
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.max(BUFFER_BYTES, rowBytes)).order(ByteOrder.LITTLE_ENDIAN);
    for (long i = 0; i < tensor.shape().rows(); i++) {
      if (buffer.remaining() < rowBytes) {
        writeFully(channel, buffer.flip());
        buffer.clear();
      }
      tensor.rows().read(i, row);
      append(tensor.type(), row, buffer);
    }
    writeFully(channel, buffer.flip());
  }

  private static void append(GgufTensorType type, float[] row, ByteBuffer buffer) {
    switch (type) {
      case F32 -> {
        for (float value : row) {
          buffer.putFloat(value);
        }
      }
      case F16 -> {
        for (float value : row) {
          buffer.putShort(Float16.toHalf(value));
        }
      }
      case BF16 -> {
        for (float value : row) {
          buffer.putShort(Float16.toBfloat16(value));
        }
      }
      case Q8_0 -> EightBitBlocks.write(row, buffer);
    }
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer data) throws IOException {
    while (data.hasRemaining()) {
      channel.write(data);
    }
  }
}
