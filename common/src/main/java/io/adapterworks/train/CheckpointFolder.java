package io.adapterworks.train;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.SafetensorsFile;
import io.adapterworks.model.SafetensorsWriter;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The checkpoints of one training run, each a safetensors file that is there whole or not at all
 * and carries the checksum of its tensors. Only checkpoints of the same run key are taken up again:
 * a changed configuration, dataset version or base starts anew.
 */
public final class CheckpointFolder {
  private static final String PREFIX = "checkpoint-";
  private static final String SUFFIX = ".safetensors";
  private static final String PARAMETERS = "parameters";
  private static final String UPDATER = "updater_state";
  private static final String BEST = "best_parameters";

  private final CheckpointFiles files;
  private final String runKey;
  private final int keep;

  /**
   * @param folder on any file system that {@code hadoop} knows; need not exist yet
   * @param runKey everything that decides the run: configuration hash, dataset version, base
   * @param keep how many of the newest checkpoints stay
   */
  public CheckpointFolder(Path folder, Configuration hadoop, String runKey, int keep) {
    Check.positive("training.checkpointsKept", keep);
    this.files = new CheckpointFiles(folder, hadoop);
    this.runKey = runKey;
    this.keep = keep;
  }

  /** Writes a checkpoint and removes the oldest beyond those that stay. */
  public void write(TrainingState state) {
    List<HostTensor> tensors =
        List.of(
            vector(PARAMETERS, state.parameters()),
            vector(UPDATER, state.updaterState()),
            vector(BEST, state.bestParameters()));
    Map<String, String> metadata = new TreeMap<>();
    metadata.put("runKey", runKey);
    metadata.put("step", Integer.toString(state.step()));
    metadata.put("bestAccuracy", Double.toString(state.bestAccuracy()));
    metadata.put("bestLoss", Double.toString(state.bestLoss()));
    metadata.put("bestEpoch", Integer.toString(state.bestEpoch()));
    metadata.put("epochLoss", Double.toString(state.epochLoss()));
    metadata.put("checksum", checksum(tensors));
    files.write(fileName(state.step()), file -> SafetensorsWriter.write(file, tensors, metadata));
    newestFirst().stream().skip(keep).forEach(files::delete);
  }

  private static String fileName(int step) {
    return String.format(Locale.ROOT, "%s%09d%s", PREFIX, step, SUFFIX);
  }

  private static HostTensor vector(String name, float[] values) {
    return HostTensor.of(name, Shape.of(values.length), values);
  }

  /**
   * The newest whole checkpoint of this run.
   *
   * @param skipped is told of each checkpoint that is damaged or of another run, and why
   */
  public Optional<TrainingState> newest(Consumer<String> skipped) {
    for (String name : newestFirst()) {
      try {
        return Optional.of(files.read(name, this::read));
      } catch (AdapterworksException e) {
        skipped.accept("checkpoint " + name + " is passed over: " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  private TrainingState read(java.nio.file.Path file) {
    SafetensorsFile opened = SafetensorsFile.open(file);
    Map<String, String> metadata = opened.metadata();
    List<HostTensor> tensors =
        List.of(opened.tensor(PARAMETERS), opened.tensor(UPDATER), opened.tensor(BEST));
    Check.that(
        checksum(tensors).equals(metadata.get("checksum")),
        ErrorCode.MODEL,
        "its bytes do not match its checksum");
    Check.that(
        runKey.equals(metadata.get("runKey")),
        ErrorCode.MODEL,
        "it is of a run with another configuration, dataset version or base model");
    return new TrainingState(
        Integer.parseInt(metadata.get("step")),
        tensors.get(0).toFloats(),
        tensors.get(1).toFloats(),
        tensors.get(2).toFloats(),
        Double.parseDouble(metadata.get("bestAccuracy")),
        Double.parseDouble(metadata.get("bestLoss")),
        Integer.parseInt(metadata.get("bestEpoch")),
        Double.parseDouble(metadata.get("epochLoss")));
  }

  /** Removes every checkpoint, once their run is registered. */
  public void clear() {
    newestFirst().forEach(files::delete);
  }

  private List<String> newestFirst() {
    return files.lastFirst().stream().filter(CheckpointFolder::isCheckpoint).toList();
  }

  private static boolean isCheckpoint(String name) {
    return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
  }

  private static String checksum(List<HostTensor> tensors) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      tensors.forEach(tensor -> digest.update(tensor.data()));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
