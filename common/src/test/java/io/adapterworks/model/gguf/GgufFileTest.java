package io.adapterworks.model.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.tensor.Float16;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufFileTest {
  /** Magic, version and the two counts. */
  private static final int COUNTS_END = 24;

  @TempDir Path folder;

  private Path file;
  private float[] values;

  @BeforeEach
  void write() {
    file = folder.resolve("m.gguf");
    values = new float[5 * 64];
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-2, 2);
    }
    HostTensor matrix = HostTensor.of("m", Shape.of(5, 64), values);
    GgufWriter.write(
        file,
        Map.of("k", "v"),
        List.of(
            TensorRows.of("q", GgufTensorType.Q8_0, matrix, LongUnaryOperator.identity()),
            TensorRows.of("h", GgufTensorType.F16, matrix, row -> 4 - row),
            TensorRows.of("f", GgufTensorType.F32, matrix, LongUnaryOperator.identity())));
  }

  @Test
  void tensorsAreReadBackWithinTheRoundingOfTheirType() {
    GgufFile read = GgufFile.open(file);
    assertEquals(List.of("q", "h", "f"), List.copyOf(read.tensors().keySet()));
    assertArrayEquals(values, read.tensor("f", Shape.of(5, 64)).toFloats());
    float[] halves = read.tensor("h", Shape.of(5, 64)).toFloats();
    float[] bytes = read.tensor("q", Shape.of(5, 64)).toFloats();
    for (int i = 0; i < values.length; i++) {
      int reversed = (4 - i / 64) * 64 + i % 64;
      assertEquals(Float16.fromHalf(Float16.toHalf(values[reversed])), halves[i]);
      float largest = 0;
      for (int j = i / 32 * 32; j < i / 32 * 32 + 32; j++) {
        largest = Math.max(largest, Math.abs(values[j]));
      }
      assertEquals(values[i], bytes[i], largest / 127 * 0.5 + largest * 1e-3, "element " + i);
    }
  }

  @Test
  void metadataOfEveryKindAreReadBack() {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("text", "é▁");
    metadata.put("integer", 7);
    metadata.put("long", 1L << 40);
    metadata.put("real", 0.5f);
    metadata.put("flag", true);
    metadata.put("texts", List.of("a", ""));
    metadata.put("reals", new float[] {1, -2});
    metadata.put("integers", new int[] {3, -1});
    GgufWriter.write(file, metadata, List.of());
    GgufMetadata read = GgufFile.open(file).metadata();
    assertEquals(List.copyOf(metadata.keySet()), List.copyOf(read.values().keySet()));
    assertEquals("é▁", read.text("text"));
    assertEquals(7, read.integer("integer"));
    assertEquals(1L << 40, read.integer("long"));
    assertEquals(0.5, read.real("real"));
    assertEquals(true, read.values().get("flag"));
    assertEquals(List.of("a", ""), read.texts("texts"));
    assertArrayEquals(new float[] {1, -2}, (float[]) read.values().get("reals"));
    assertArrayEquals(new long[] {3, -1}, (long[]) read.values().get("integers"));
  }

  @Test
  void aFileThatClaimsMoreThanItHoldsIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putLong(8, Long.MAX_VALUE);
    Files.write(file, whole);
    int left = whole.length - 16;
    assertEquals(
        file
            + " claims 9223372036854775807 tensors; expected 0 to "
            + left / 32
            + " ("
            + left
            + " bytes are left; is it cut short?)",
        refusal());
  }

  @Test
  void aFileThatIsCutShortNamesTheTensor() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));
    assertTrue(refusal().startsWith(file + ": tensor f, F32 (5, 64), ends at byte "), refusal());
    Files.write(file, Arrays.copyOf(whole, COUNTS_END - 4));
    assertEquals(
        file + " claims 3 tensors; expected 0 to 0 (4 bytes are left; is it cut short?)",
        refusal());
  }

  @Test
  void bytesAfterTheTensorsAreRefused() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length + 64));
    assertTrue(refusal().startsWith(file + ": the tensors end at byte "), refusal());
  }

  @Test
  void anotherKindOfFileIsRefused() throws IOException {
    Files.writeString(file, "PK\3\4 this is a zip file");
    assertEquals(file + " starts with 0x04034b50; expected 0x46554747, the word GGUF", refusal());
  }

  @Test
  void aTensorOfAnotherShapeIsNamed() {
    AdapterworksException e =
        assertThrows(
            AdapterworksException.class, () -> GgufFile.open(file).tensor("f", Shape.of(64, 5)));
    assertEquals(file + ": tensor f has the shape (5, 64); expected (64, 5)", e.getMessage());
  }

  private String refusal() {
    return assertThrows(AdapterworksException.class, () -> GgufFile.open(file)).getMessage();
  }
}
