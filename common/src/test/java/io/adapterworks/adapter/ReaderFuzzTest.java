package io.adapterworks.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import io.adapterworks.SharedFolder;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.FileMutations;
import io.adapterworks.model.SafetensorsFile;
import io.adapterworks.model.SafetensorsWriter;
import io.adapterworks.model.gguf.GgufFile;
import io.adapterworks.model.gguf.GgufTensorType;
import io.adapterworks.model.gguf.GgufWriter;
import io.adapterworks.model.gguf.TensorRows;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of damaged files, from fixed seeds: a reader accepts one or refuses it with a message,
 * and allocates no more than a small file can need.
 */
class ReaderFuzzTest {
  private static final int MUTANTS = 2000;
  private static final long MOST_BYTES = 16L << 20;

  @TempDir Path folder;

  /** Reads one damaged file. */
  @FunctionalInterface
  private interface Reading {
    void read();
  }

  /** How many of the damaged files were refused. */
  private static int refused(Path file, int header, Reading reading) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    FileMutations mutations = new FileMutations(7, header);
    int refused = 0;
    for (int i = 0; i < MUTANTS; i++) {
      Files.write(file, mutations.mutate(whole));
      refused += isRefused(reading, i) ? 1 : 0;
    }
    Files.write(file, whole);
    reading.read();
    return refused;
  }

  private static boolean isRefused(Reading reading, int mutant) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    boolean refused = false;
    try {
      reading.read();
    } catch (AdapterworksException e) {
      assertTrue(e.getMessage() != null && !e.getMessage().isBlank());
      refused = true;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      fail("mutant " + mutant + " crashed the reader", e);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(allocated < MOST_BYTES, () -> "mutant " + mutant + " cost " + allocated + " bytes");
    return refused;
  }

  @Test
  void damagedSafetensorsAreReadOrRefused() throws IOException {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(
        file,
        List.of(
            HostTensor.of("a", Shape.of(4, 3), new float[12]),
            HostTensor.of("b", DType.BFLOAT16, Shape.of(5), new float[5])),
        Map.of("format", "pt"));
    int refused =
        refused(
            file,
            200,
            () -> SafetensorsFile.open(file).tensors().values().forEach(HostTensor::data));
    assertTrue(refused > MUTANTS / 2, () -> refused + " refused");
  }

  @Test
  void damagedGgufIsReadOrRefused() throws IOException {
    Path file = folder.resolve("model.gguf");
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", "llama");
    metadata.put("llama.block_count", 2);
    metadata.put("theta", 10000f);
    metadata.put("flag", true);
    metadata.put("tokens", List.of("<s>", "▁a", "b"));
    metadata.put("scores", new float[] {0, -1, -2});
    metadata.put("types", new int[] {3, 1, 1});
    HostTensor matrix = HostTensor.of("m", Shape.of(3, 32), new float[96]);
    HostTensor vector = HostTensor.of("v", Shape.of(3), new float[3]);
    GgufWriter.write(
        file,
        metadata,
        List.of(
            TensorRows.of("m", GgufTensorType.Q8_0, matrix, LongUnaryOperator.identity()),
            TensorRows.of("h", GgufTensorType.F16, matrix, LongUnaryOperator.identity()),
            TensorRows.of("v", GgufTensorType.F32, vector, LongUnaryOperator.identity())));
    int refused =
        refused(
            file,
            400,
            () -> GgufFile.open(file).tensors().values().forEach(tensor -> tensor.toFloats()));
    assertTrue(refused > MUTANTS / 2, () -> refused + " refused");
  }

  @Test
  void damagedPeftFoldersAreReadOrRefused() throws IOException {
    Path source = SharedFolder.require("fixtures/llama-tiny");
    for (String name : List.of(PeftDirectory.CONFIG, PeftDirectory.WEIGHTS)) {
      Files.write(folder.resolve(name), Files.readAllBytes(source.resolve("adapter_end/" + name)));
    }
    try (BaseModel base = BaseModelReader.open(source.toString())) {
      int configs =
          refused(
              folder.resolve(PeftDirectory.CONFIG),
              1 << 20,
              () -> PeftDirectory.read(folder, base));
      int weights =
          refused(
              folder.resolve(PeftDirectory.WEIGHTS), 3000, () -> PeftDirectory.read(folder, base));
      assertTrue(configs > MUTANTS / 4, () -> configs + " configurations refused");
      assertTrue(weights > MUTANTS / 2, () -> weights + " weights refused");
    }
  }

  @Test
  void damagedModelConfigurationsAreReadOrRefused() throws IOException {
    Path source = SharedFolder.require("fixtures/llama3-rope-tiny");
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.write(folder.resolve(name), Files.readAllBytes(source.resolve(name)));
    }
    int refused =
        refused(
            folder.resolve("config.json"),
            1 << 20,
            () -> BaseModelReader.open(folder.toString()).close());
    assertTrue(refused > MUTANTS / 4, () -> refused + " refused");
  }

  @Test
  void aRankThatNoFileHoldsCostsNoMemory() throws IOException {
    Path source = SharedFolder.require("fixtures/llama-tiny");
    Path config = folder.resolve(PeftDirectory.CONFIG);
    String original = Files.readString(source.resolve("adapter_end/" + PeftDirectory.CONFIG));
    Files.writeString(config, original.replaceFirst("\"r\": *4", "\"r\": 200000"));
    Files.write(
        folder.resolve(PeftDirectory.WEIGHTS),
        Files.readAllBytes(source.resolve("adapter_end/" + PeftDirectory.WEIGHTS)));
    try (BaseModel base = BaseModelReader.open(source.toString())) {
      assertTrue(isRefused(() -> PeftDirectory.read(folder, base), 0));
    }
  }

  @Test
  void deeplyNestedJsonIsRefused() throws IOException {
    Path file = folder.resolve("adapter_config.json");
    Files.writeString(file, "{\"a\":" + "[".repeat(200_000), StandardCharsets.UTF_8);
    Path source = SharedFolder.require("fixtures/llama-tiny");
    try (BaseModel base = BaseModelReader.open(source.toString())) {
      assertTrue(isRefused(() -> PeftDirectory.read(folder, base), 0));
    }
  }

  @Test
  void aShardOutsideTheFolderOrWithAnImpossibleNameIsRefused() throws IOException {
    Path source = SharedFolder.require("fixtures/llama-tiny");
    Files.copy(source.resolve("config.json"), folder.resolve("config.json"));
    for (String shard : List.of("../other.safetensors", "a\\u0000b", "")) {
      Files.writeString(
          folder.resolve("model.safetensors.index.json"),
          "{\"weight_map\":{\"lm_head.weight\":\"" + shard + "\"}}");
      String message =
          assertThrows(AdapterworksException.class, () -> BaseModelReader.open(folder.toString()))
              .getMessage();
      assertEquals(
          folder.resolve("model.safetensors.index.json")
              + " names the shard "
              + shard.replace("\\u0000", "\0")
              + ", which is not in "
              + folder
              + "; is the download complete?",
          message);
    }
  }
}
