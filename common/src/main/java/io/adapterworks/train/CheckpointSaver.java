package io.adapterworks.train;

import io.adapterworks.error.AdapterworksException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Writes the checkpoints that training leaves. One that cannot be written must not end a training
 * that could go on; only a training that was asked to stop, whose last word it is, fails with it.
 *
 * @param ending whether training ends with the checkpoint at hand
 * @param log takes a line where a checkpoint could not be written
 */
public record CheckpointSaver(
    CheckpointFolder checkpoints, BooleanSupplier ending, Consumer<String> log)
    implements TrainingObserver {
  @Override
  public void checkpoint(TrainingState state) {
    try {
      checkpoints.write(state);
    } catch (AdapterworksException failure) {
      if (ending.getAsBoolean()) {
        throw failure;
      }
      log.accept(
          "no checkpoint after step "
              + state.step()
              + ", training goes on: "
              + failure.getMessage());
    }
  }
}
