package io.adapterworks.model.gguf;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A GGUF file of version 2 or 3, memory-mapped and checked: metadata without duplicates, tensors of
 * the types in {@link GgufTensorType} that follow each other without gap or overlap up to the end
 * of the file.
 */
public final class GgufFile {
  private static final int LEAST_ENTRY = Long.BYTES + Integer.BYTES + 1;
  private static final int LEAST_TENSOR = 3 * Long.BYTES + 2 * Integer.BYTES;
  private static final int MOST_DIMENSIONS = 4;

  private final GgufMetadata metadata;
  private final Map<String, GgufTensor> tensors;

  private GgufFile(GgufMetadata metadata, Map<String, GgufTensor> tensors) {
    this.metadata = metadata;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /** Opens and checks a file. */
  public static GgufFile open(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return read(channel, path.toString());
    } catch (IOException e) {
      throw new AdapterworksException(ErrorCode.STORAGE, "cannot read " + path + ": " + e, e);
    }
  }

  /** Where a tensor lies; its offset counts from the start of the data. */
  private record Place(String name, GgufTensorType type, Shape shape, long offset) {
    long bytes() {
      return type.bytes(shape.elements());
    }
  }

  private static GgufFile read(FileChannel channel, String source) throws IOException {
    long size = channel.size();
    ByteBuffer start =
        channel
            .map(FileChannel.MapMode.READ_ONLY, 0, Math.min(size, Integer.MAX_VALUE))
            .order(ByteOrder.LITTLE_ENDIAN);
    GgufCursor cursor = new GgufCursor(start, source);
    checkStart(cursor, source);
    int tensorCount = cursor.count("tensors", LEAST_TENSOR);
    int entryCount = cursor.count("metadata entries", LEAST_ENTRY);
    GgufMetadata metadata = new GgufMetadata(entries(cursor, entryCount, source), source);
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < tensorCount; i++) {
      places.add(place(cursor, source));
    }
    long alignment = alignment(metadata);
    long dataStart = aligned(cursor.position(), alignment);
    checkCoverage(places, alignment, size - dataStart, source);
    Map<String, GgufTensor> tensors = new LinkedHashMap<>();
    for (Place place : places) {
      ByteBuffer data =
          channel.map(FileChannel.MapMode.READ_ONLY, dataStart + place.offset, place.bytes());
      GgufTensor tensor = new GgufTensor(place.name, place.type, place.shape, data);
      Check.that(
          tensors.put(place.name, tensor) == null,
          ErrorCode.MODEL,
          "%s holds two tensors %s",
          source,
          place.name);
    }
    return new GgufFile(metadata, tensors);
  }

  private static void checkStart(GgufCursor cursor, String source) {
    int magic = cursor.integer("its first word");
    Check.that(
        magic == GgufWriter.MAGIC,
        ErrorCode.MODEL,
        "%s starts with 0x%08x; expected 0x%08x, the word GGUF",
        source,
        magic,
        GgufWriter.MAGIC);
    int version = cursor.integer("its version");
    Check.that(
        version == GgufWriter.VERSION || version == GgufWriter.VERSION - 1,
        ErrorCode.MODEL,
        "%s has the GGUF version %s; expected 2 or 3, little-endian",
        source,
        Integer.toUnsignedString(version));
  }

  private static Map<String, Object> entries(GgufCursor cursor, int count, String source) {
    Map<String, Object> entries = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      String key = cursor.name("a metadata key");
      Object value = cursor.value(cursor.type(key), key);
      Check.that(
          entries.put(key, value) == null,
          ErrorCode.MODEL,
          "%s holds two metadata entries %s",
          source,
          key);
    }
    return entries;
  }

  private static Place place(GgufCursor cursor, String source) {
    String name = cursor.name("a tensor's name");
    int dimensions = cursor.integer("the dimensions of " + name);
    Check.that(
        dimensions >= 1 && dimensions <= MOST_DIMENSIONS,
        ErrorCode.MODEL,
        "%s: tensor %s has %s dimensions; expected 1 to %d",
        source,
        name,
        Integer.toUnsignedString(dimensions),
        MOST_DIMENSIONS);
    long[] sizes = new long[dimensions];
    for (int i = dimensions - 1; i >= 0; i--) {
      sizes[i] = cursor.integer64("the shape of " + name);
      Check.that(
          sizes[i] > 0,
          ErrorCode.MODEL,
          "%s: tensor %s has a dimension of %s; expected 1 or more",
          source,
          name,
          Long.toUnsignedString(sizes[i]));
    }
    int code = cursor.integer("the type of " + name);
    GgufTensorType type =
        GgufTensorType.ofCode(code)
            .orElseThrow(
                () ->
                    Check.failure(
                        ErrorCode.MODEL,
                        "%s: tensor %s has the type %d; expected F32 (0), F16 (1), Q8_0 (8) or"
                            + " BF16 (30)",
                        source,
                        name,
                        code));
    Place place = new Place(name, type, Shape.of(sizes), cursor.integer64("the place of " + name));
    checkSize(place, source);
    return place;
  }

  private static void checkSize(Place place, String source) {
    boolean counted;
    try {
      counted = place.bytes() <= Integer.MAX_VALUE;
    } catch (ArithmeticException overflow) {
      counted = false;
    }
    Check.that(
        counted,
        ErrorCode.MODEL,
        "%s: tensor %s, %s %s, is larger than the %d bytes that are supported",
        source,
        place.name,
        place.type,
        place.shape,
        Integer.MAX_VALUE);
    Check.that(
        place.type.fits(place.shape.columns()),
        ErrorCode.MODEL,
        "%s: tensor %s, %s %s, has rows that are no whole blocks of %d",
        source,
        place.name,
        place.type,
        place.shape,
        place.type.blockElements());
  }

  private static long alignment(GgufMetadata metadata) {
    if (!metadata.has(GgufMetadata.ALIGNMENT)) {
      return GgufWriter.ALIGNMENT;
    }
    long alignment = metadata.integer(GgufMetadata.ALIGNMENT);
    Check.that(
        alignment > 0 && alignment <= 1 << 20 && Long.bitCount(alignment) == 1,
        ErrorCode.MODEL,
        "%s: %s=%d; expected a power of 2",
        metadata.source(),
        GgufMetadata.ALIGNMENT,
        alignment);
    return alignment;
  }

  private static void checkCoverage(
      List<Place> places, long alignment, long dataBytes, String source) {
    long expected = 0;
    long end = 0;
    for (Place place : places) {
      Check.that(
          place.offset == expected,
          ErrorCode.MODEL,
          "%s: tensor %s starts at byte %s of the data; expected %d, after the tensor before it",
          source,
          place.name,
          Long.toUnsignedString(place.offset),
          expected);
      end = expected + place.bytes();
      Check.that(
          end <= dataBytes,
          ErrorCode.MODEL,
          "%s: tensor %s, %s %s, ends at byte %d of the data, but the file holds %d; is it cut"
              + " short?",
          source,
          place.name,
          place.type,
          place.shape,
          end,
          Math.max(0, dataBytes));
      expected = aligned(end, alignment);
    }
    Check.that(
        places.isEmpty() || dataBytes <= expected,
        ErrorCode.MODEL,
        "%s: the tensors end at byte %d of the data, but the file holds %d",
        source,
        end,
        dataBytes);
  }

  private static long aligned(long bytes, long alignment) {
    return (bytes + alignment - 1) / alignment * alignment;
  }

  public GgufMetadata metadata() {
    return metadata;
  }

  /** All tensors by name, in the order of their bytes. */
  public Map<String, GgufTensor> tensors() {
    return tensors;
  }

  /** The tensor of this name and shape; an error that names the file where there is none. */
  public GgufTensor tensor(String name, Shape shape) {
    GgufTensor tensor = tensors.get(name);
    Check.that(tensor != null, ErrorCode.MODEL, "%s has no tensor %s", metadata.source(), name);
    Check.that(
        tensor.shape().equals(shape),
        ErrorCode.MODEL,
        "%s: tensor %s has the shape %s; expected %s",
        metadata.source(),
        name,
        tensor.shape(),
        shape);
    return tensor;
  }
}
