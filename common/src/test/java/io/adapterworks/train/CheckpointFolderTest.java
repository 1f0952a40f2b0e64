package io.adapterworks.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFolderTest {
  @TempDir private Path folder;

  private CheckpointFolder folder(String runKey, int keep) {
    return new CheckpointFolder(
        new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration(), runKey, keep);
  }

  private static TrainingState state(int step, float... parameters) {
    return new TrainingState(
        step, parameters, new float[] {3, 4}, new float[] {5}, 0.75, 0.5, 1, 2.25);
  }

  @Test
  void aCheckpointComesBackAsItWas() {
    CheckpointFolder checkpoints = folder("run", 3);
    checkpoints.write(state(5, 1, 2));
    TrainingState read = checkpoints.newest(reason -> {}).orElseThrow();
    assertEquals(5, read.step());
    assertArrayEquals(new float[] {1, 2}, read.parameters());
    assertArrayEquals(new float[] {3, 4}, read.updaterState());
    assertArrayEquals(new float[] {5}, read.bestParameters());
    assertEquals(0.75, read.bestAccuracy());
    assertEquals(0.5, read.bestLoss());
    assertEquals(1, read.bestEpoch());
    assertEquals(2.25, read.epochLoss());
  }

  @Test
  void aDamagedCheckpointIsPassedOverByName() throws IOException {
    CheckpointFolder checkpoints = folder("run", 3);
    checkpoints.write(state(5, 1, 2));
    checkpoints.write(state(9, 4, 5));
    Path newest = folder.resolve("checkpoint-000000009.safetensors");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length - 1] ^= 1;
    Files.write(newest, bytes);
    List<String> skipped = new ArrayList<>();
    assertEquals(5, checkpoints.newest(skipped::add).orElseThrow().step());
    assertEquals(
        List.of(
            "checkpoint checkpoint-000000009.safetensors is passed over: its bytes do not match"
                + " its checksum"),
        skipped);
  }

  @Test
  void aTornCheckpointIsPassedOver() throws IOException {
    CheckpointFolder checkpoints = folder("run", 3);
    checkpoints.write(state(5, 1, 2));
    Path torn = folder.resolve("checkpoint-000000009.safetensors");
    byte[] whole = Files.readAllBytes(folder.resolve("checkpoint-000000005.safetensors"));
    Files.write(torn, java.util.Arrays.copyOf(whole, whole.length / 2));
    List<String> skipped = new ArrayList<>();
    assertEquals(5, checkpoints.newest(skipped::add).orElseThrow().step());
    assertEquals(1, skipped.size());
  }

  @Test
  void aCheckpointOfAnotherRunIsNotTakenUp() {
    folder("one", 3).write(state(5, 1));
    assertEquals(Optional.empty(), folder("another", 3).newest(reason -> {}));
  }

  @Test
  void onlyTheNewestStay() throws IOException {
    CheckpointFolder checkpoints = folder("run", 2);
    for (int step = 1; step <= 4; step++) {
      checkpoints.write(state(step, 1));
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(
          List.of("checkpoint-000000003.safetensors", "checkpoint-000000004.safetensors"),
          files.map(f -> f.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void clearRemovesAll() {
    CheckpointFolder checkpoints = folder("run", 2);
    checkpoints.write(state(1, 1));
    checkpoints.clear();
    assertEquals(Optional.empty(), checkpoints.newest(reason -> {}));
  }

  private static Configuration fullDisk() {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.full.impl", "io.adapterworks.table.FullDisk");
    return hadoop;
  }

  @Test
  void onAnyOtherFileSystemACheckpointComesBackAsItWas() {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.defaultFS", "file:///");
    hadoop.set("fs.viewfs.mounttable.test.link./checkpoints", folder.toUri().toString());
    CheckpointFolder checkpoints =
        new CheckpointFolder(
            new org.apache.hadoop.fs.Path("viewfs://test/checkpoints"), hadoop, "run", 2);
    for (int step = 1; step <= 4; step++) {
      checkpoints.write(state(step, step));
    }
    assertEquals(4, checkpoints.newest(reason -> {}).orElseThrow().step());
    assertEquals(
        List.of("checkpoint-000000003.safetensors", "checkpoint-000000004.safetensors"), names());
  }

  private List<String> names() {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.endsWith(".crc"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aFullDiskLeavesTheCheckpointsBeforeAsTheyAre() {
    folder("run", 2).write(state(5, 1, 2));
    CheckpointFolder full =
        new CheckpointFolder(
            new org.apache.hadoop.fs.Path("full://" + folder.toUri().getPath()),
            fullDisk(),
            "run",
            2);
    AdapterworksException refused =
        assertThrows(AdapterworksException.class, () -> full.write(state(9, 1, 2)));
    assertEquals(ErrorCode.STORAGE, refused.code());
    assertTrue(
        refused
            .getMessage()
            .contains("the disk is full; the checkpoints before stay as they are; free some space"),
        refused.getMessage());
    assertEquals(List.of("checkpoint-000000005.safetensors"), names());
    assertEquals(5, full.newest(reason -> {}).orElseThrow().step());
  }
}
