package io.adapterworks.model;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.HostTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A safetensors file, memory-mapped: tensors are views of the file, none is copied. The header is
 * checked against the file's size before anything is mapped, so that a malformed file costs an
 * error and no memory. Format: https://huggingface.co/docs/safetensors.
 */
public final class SafetensorsFile {
  /** Files up to this size are mapped at once, larger ones tensor by tensor. */
  private static final long ONE_MAPPING = 1L << 30;

  private final Path path;
  private final Map<String, HostTensor> tensors;
  private final Map<String, String> metadata;

  private SafetensorsFile(
      Path path, Map<String, HostTensor> tensors, Map<String, String> metadata) {
    this.path = path;
    this.tensors = Collections.unmodifiableMap(tensors);
    this.metadata = Map.copyOf(metadata);
  }

  /** Opens and checks a file. */
  public static SafetensorsFile open(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      SafetensorsHeader header = readHeader(channel, path);
      return new SafetensorsFile(path, map(channel, header), header.metadata());
    } catch (IOException e) {
      throw new AdapterworksException(ErrorCode.STORAGE, "cannot read " + path + ": " + e, e);
    }
  }

  private static SafetensorsHeader readHeader(FileChannel channel, Path path) throws IOException {
    long size = channel.size();
    Check.that(
        size >= Long.BYTES,
        ErrorCode.MODEL,
        "%s has %d bytes; a safetensors file starts with the 8 bytes of its header's length",
        path,
        size);
    ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    readFully(channel, length, 0, path);
    long claimed = length.getLong(0);
    Check.that(
        claimed >= 2 && claimed <= size - Long.BYTES && claimed <= SafetensorsHeader.MAX_BYTES,
        ErrorCode.MODEL,
        "%s claims a header of %s bytes; expected 2 to %d (the file has %d bytes; is it cut short"
            + " or not a safetensors file?)",
        path,
        Long.toUnsignedString(claimed),
        Math.min(size - Long.BYTES, SafetensorsHeader.MAX_BYTES),
        size);
    ByteBuffer json = ByteBuffer.allocate((int) claimed);
    readFully(channel, json, Long.BYTES, path);
    return SafetensorsHeader.parse(json.array(), size - Long.BYTES - claimed, path.toString());
  }

  private static void readFully(FileChannel channel, ByteBuffer to, long from, Path path)
      throws IOException {
    while (to.hasRemaining()) {
      int read = channel.read(to, from + to.position());
      Check.that(read >= 0, ErrorCode.MODEL, "%s became shorter while it was read", path);
    }
  }

  private static Map<String, HostTensor> map(FileChannel channel, SafetensorsHeader header)
      throws IOException {
    long dataStart = channel.size() - header.dataBytes();
    boolean whole = header.dataBytes() <= ONE_MAPPING;
    ByteBuffer all =
        whole
            ? channel.map(FileChannel.MapMode.READ_ONLY, dataStart, header.dataBytes())
            : ByteBuffer.allocate(0);
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (SafetensorsHeader.Entry entry : header.entries()) {
      ByteBuffer data =
          whole
              ? all.slice((int) entry.begin(), (int) entry.bytes())
              : channel.map(
                  FileChannel.MapMode.READ_ONLY, dataStart + entry.begin(), entry.bytes());
      tensors.put(entry.name(), new HostTensor(entry.name(), entry.dtype(), entry.shape(), data));
    }
    return tensors;
  }

  public Path path() {
    return path;
  }

  /** All tensors by name, in the order of their bytes. */
  public Map<String, HostTensor> tensors() {
    return tensors;
  }

  /** What the header's {@code __metadata__} says. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The tensor of this name; an error that names the file where there is none. */
  public HostTensor tensor(String name) {
    HostTensor tensor = tensors.get(name);
    Check.that(tensor != null, ErrorCode.MODEL, "%s has no tensor %s", path, name);
    return tensor;
  }
}
