package io.adapterworks.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  @TempDir Path folder;

  @Test
  void tensorsAreReadAsTheyWereWritten() {
    HostTensor a = HostTensor.of("a", Shape.of(2, 3), new float[] {1, 2, 3, 4, 5, 6});
    HostTensor b = HostTensor.of("b", DType.BFLOAT16, Shape.of(3), new float[] {0.5f, -1, 2});
    HostTensor c = HostTensor.of("c", DType.FLOAT16, Shape.of(1), new float[] {-0.25f});
    HostTensor empty = HostTensor.of("empty", Shape.of(0, 4), new float[0]);
    Path file = folder.resolve("some/model.safetensors");
    SafetensorsWriter.write(file, List.of(b, a, empty, c), Map.of("format", "pt"));

    SafetensorsFile read = SafetensorsFile.open(file);
    assertEquals(Map.of("a", a, "b", b, "c", c, "empty", empty), Map.copyOf(read.tensors()));
    assertEquals(Map.of("format", "pt"), read.metadata());
  }

  @Test
  void theSameTensorsGiveTheSameBytes() throws IOException {
    HostTensor a = HostTensor.of("a", Shape.of(1), new float[] {1});
    HostTensor b = HostTensor.of("b", Shape.of(1), new float[] {2});
    SafetensorsWriter.write(folder.resolve("1"), List.of(a, b), Map.of());
    SafetensorsWriter.write(folder.resolve("2"), List.of(b, a), Map.of());
    assertEquals(-1, Files.mismatch(folder.resolve("1"), folder.resolve("2")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}|4"
            + "|tensor a claims the bytes 0 to 8, but the file holds 4; is it cut short?",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}|8"
            + "|tensor a, FLOAT32 (3), needs 12 bytes but claims 8",
        "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[0,8]}}|8"
            + "|tensor a has dtype 'F8_E4M3', which is not supported; expected F32, F16, BF16, F64,"
            + " I64, I32, I8, U8 or BOOL",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|4"
            + "|tensor b starts at byte 0; expected 4, where the tensor before it ends",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|8"
            + "|the tensors end at byte 4, but the file holds 8",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}|8"
            + "|tensor a, FLOAT32 (4611686018427387904, 4), needs 9223372036854775807 bytes but"
            + " claims 8",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}}|8"
            + "|tensor a has the shape [-1]; expected sizes of 0 or more",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,1e1]}}|8"
            + "|tensor a has data_offsets [0,10.0]; expected two integers",
      })
  void aMalformedHeaderIsNamed(String header, int dataBytes, String message) throws IOException {
    Path file = folder.resolve("model.safetensors");
    String closed = header.endsWith("}}") ? header : header + "}";
    Files.write(file, bytes(closed, dataBytes));
    assertEquals(file + ": " + message, refusal(file));
  }

  @Test
  void aHeaderThatClaimsMoreThanTheFileHoldsIsRefusedBeforeItIsRead() throws IOException {
    Path file = folder.resolve("model.safetensors");
    byte[] bytes = bytes("{}", 0);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, Long.MAX_VALUE);
    Files.write(file, bytes);
    assertEquals(
        file
            + " claims a header of 9223372036854775807 bytes; expected 2 to 2 (the file has 10"
            + " bytes; is it cut short or not a safetensors file?)",
        refusal(file));
  }

  @Test
  void aFieldGivenTwiceIsRefused() throws IOException {
    Path file = folder.resolve("model.safetensors");
    String tensor = "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}";
    Files.write(file, bytes("{" + tensor + "," + tensor + "}", 1));
    assertEquals(file + " is not valid JSON: Duplicate field 'a'", refusal(file));
  }

  @Test
  void randomDamageIsAnErrorOrAReadableFileButNeverACrash() throws IOException {
    HostTensor a = HostTensor.of("a", Shape.of(2, 3), new float[6]);
    HostTensor b = HostTensor.of("b", DType.BFLOAT16, Shape.of(5), new float[5]);
    Path whole = folder.resolve("whole");
    SafetensorsWriter.write(whole, List.of(a, b), Map.of("format", "pt"));
    byte[] bytes = Files.readAllBytes(whole);
    SplittableRandom random = new SplittableRandom(20261123);
    Path damaged = folder.resolve("damaged");
    int refused = 0;
    for (int round = 0; round < 2000; round++) {
      byte[] copy = bytes.clone();
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        copy[random.nextInt(copy.length)] = (byte) random.nextInt();
      }
      int length = random.nextInt(4) == 0 ? random.nextInt(copy.length) : copy.length;
      Files.write(damaged, Arrays.copyOf(copy, length));
      try {
        SafetensorsFile.open(damaged).tensors().values().forEach(HostTensor::data);
      } catch (AdapterworksException e) {
        assertEquals(ErrorCode.MODEL, e.code());
        refused++;
      }
    }
    assertTrue(refused > 1000, "refused " + refused + " of 2000");
  }

  @Test
  void aWriteThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = folder.resolve("model.safetensors");
    Files.writeString(file, "old");
    AdapterworksException e =
        assertThrows(
            AdapterworksException.class,
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.allocate(100));
                      throw new IOException("No space left on device");
                    }));
    assertEquals(ErrorCode.STORAGE, e.code());
    assertEquals(
        "cannot write "
            + file
            + ": No space left on device; nothing was changed; free space or choose another"
            + " folder, then run again",
        e.getMessage());
    assertEquals("old", Files.readString(file));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
    assertFalse(Files.exists(folder.resolve(".model.safetensors.tmp")));
  }

  private static byte[] bytes(String header, int dataBytes) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + json.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  private static String refusal(Path file) {
    return assertThrows(AdapterworksException.class, () -> SafetensorsFile.open(file)).getMessage();
  }
}
