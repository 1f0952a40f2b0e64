package io.adapterworks.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.HostTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes safetensors files; the same tensors give the same bytes. */
public final class SafetensorsWriter {
  /** What transformers and PEFT expect in the metadata of their files. */
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private static final int ALIGNMENT = 8;

  private SafetensorsWriter() {}

  /**
   * Writes {@code path} whole or not at all. Tensors of larger elements come first, then by name.
   */
  public static void write(
      Path path, Collection<HostTensor> tensors, Map<String, String> metadata) {
    List<HostTensor> ordered =
        tensors.stream()
            .sorted(
                Comparator.comparingInt((HostTensor tensor) -> -tensor.dtype().bytes())
                    .thenComparing(HostTensor::name))
            .toList();
    Set<String> names = new HashSet<>();
    for (HostTensor tensor : ordered) {
      Check.that(
          names.add(tensor.name()),
          ErrorCode.MODEL,
          "%s would hold two tensors %s",
          path,
          tensor.name());
    }
    AtomicFile.write(path, channel -> writeTo(channel, ordered, metadata));
  }

  private static void writeTo(
      WritableByteChannel channel, List<HostTensor> tensors, Map<String, String> metadata)
      throws IOException {
    byte[] header = header(tensors, metadata);
    ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    writeFully(channel, length.putLong(0, header.length));
    writeFully(channel, ByteBuffer.wrap(header));
    for (HostTensor tensor : tensors) {
      writeFully(channel, tensor.data());
    }
  }

  private static byte[] header(List<HostTensor> tensors, Map<String, String> metadata) {
    ObjectNode root = JsonFields.mapper().createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode node = root.putObject("__metadata__");
      metadata.entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(entry -> node.put(entry.getKey(), entry.getValue()));
    }
    long offset = 0;
    for (HostTensor tensor : tensors) {
      ObjectNode node = root.putObject(tensor.name());
      node.put("dtype", tensor.dtype().safetensorsName());
      Arrays.stream(tensor.shape().toArray()).forEach(node.putArray("shape")::add);
      long end = offset + tensor.data().limit();
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
    int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] header = Arrays.copyOf(json, padded);
    Arrays.fill(header, json.length, padded, (byte) ' ');
    return header;
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer data) throws IOException {
    while (data.hasRemaining()) {
      channel.write(data);
    }
  }
}
