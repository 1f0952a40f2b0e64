package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.Serializable;

/**
 * Which engine computes, the section {@code engine} of the configuration.
 *
 * @param device what computes
 * @param dtype the type of activations and frozen weights
 * @param threads processor threads that compute; 0 for as many as the process may use
 */
public record EngineSettings(Device device, ComputeType dtype, int threads)
    implements Serializable {
  /** What computes. */
  public enum Device {
    /** A graphics card where one is there, else the processor; the log says which. */
    AUTO,
    CPU,
    CUDA
  }

  /** The type of activations. */
  public enum ComputeType {
    /** bfloat16 where the device has instructions for it, else float32; the log says which. */
    AUTO,
    FLOAT32,
    BFLOAT16
  }

  /** What fits most machines. */
  public static final EngineSettings DEFAULT = new EngineSettings(Device.AUTO, ComputeType.AUTO, 0);

  public EngineSettings {
    Check.that(
        threads >= 0,
        ErrorCode.CONFIGURATION,
        "engine.threads=%d; expected 0 (all processors) or more",
        threads);
  }

  /** The same, with as many threads where the number was left open. */
  public EngineSettings withThreads(int available) {
    return threads > 0 ? this : new EngineSettings(device, dtype, available);
  }
}
