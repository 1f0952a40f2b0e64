package io.adapterworks.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFolderTest {
  @TempDir private Path folder;

  private static TrainingState state(int step, float... parameters) {
    return new TrainingState(
        step, parameters, new float[] {3, 4}, new float[] {5}, 0.75, 0.5, 1, 2.25);
  }

  @Test
  void aCheckpointComesBackAsItWas() {
    CheckpointFolder checkpoints = new CheckpointFolder(folder, "run", 3);
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
    CheckpointFolder checkpoints = new CheckpointFolder(folder, "run", 3);
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
    CheckpointFolder checkpoints = new CheckpointFolder(folder, "run", 3);
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
    new CheckpointFolder(folder, "one", 3).write(state(5, 1));
    assertEquals(Optional.empty(), new CheckpointFolder(folder, "another", 3).newest(reason -> {}));
  }

  @Test
  void onlyTheNewestStay() throws IOException {
    CheckpointFolder checkpoints = new CheckpointFolder(folder, "run", 2);
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
    CheckpointFolder checkpoints = new CheckpointFolder(folder, "run", 2);
    checkpoints.write(state(1, 1));
    checkpoints.clear();
    assertEquals(Optional.empty(), checkpoints.newest(reason -> {}));
  }
}
