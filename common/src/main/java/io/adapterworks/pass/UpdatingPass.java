package io.adapterworks.pass;

import io.adapterworks.engine.AdamStep;
import io.adapterworks.tokenize.TokenBatch;
import java.util.function.DoubleSupplier;

/**
 * A pass that keeps parameters and optimizer state on its device and updates them there, so that a
 * step moves a loss to the host and nothing else.
 */
public interface UpdatingPass extends TrainablePass {
  /** False where the engine leaves the update to the host. */
  boolean canUpdate();

  /**
   * Starts an optimizer step. The next may be started before this one's loss is asked for, so that
   * the device need not wait for the host between them.
   *
   * @param dropoutSeed decides the dropout masks of this step
   * @return waits for the batch's mean loss before the step; the same each time
   */
  DoubleSupplier start(TokenBatch batch, long dropoutSeed, AdamStep update);

  /** Reads the flat parameter vector (P). */
  void readParameters(float[] to);

  /** Reads Adam's first and second moments (P each). */
  void readMoments(float[] mean, float[] square);

  /** Sets Adam's moments; they start at zero. */
  void setMoments(float[] mean, float[] square);
}
