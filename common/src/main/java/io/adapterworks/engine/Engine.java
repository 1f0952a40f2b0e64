package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.TensorScope;
import java.util.Optional;

/**
 * The primitives that a transformer with LoRA needs, on one device. An engine knows its device and
 * no layer; a pass knows the layers and no device.
 *
 * <p>Conventions that every primitive keeps:
 *
 * <ul>
 *   <li>N is the number of tokens of all sequences of a batch laid end to end; there is no padding.
 *       {@link Segments} says where each sequence starts.
 *   <li>Activations and LoRA factors are {@link #computeType()}; products accumulate in float32;
 *       normalisation statistics, logits, losses and gradients of trained parameters are float32.
 *   <li>An output is set unless the name or a {@link Write} argument says that it is added to. Set
 *       outputs may hold anything before, NaN included.
 *   <li>Outputs never overlap inputs unless the method says so.
 *   <li>The same inputs on the same device with the same number of threads give the same bytes.
 * </ul>
 *
 * <p>An engine is used by one thread at a time.
 */
public interface Engine extends AutoCloseable {
  /** What this engine runs on, for logs and manifests. */
  EngineInfo info();

  /** FLOAT32 or BFLOAT16. */
  DType computeType();

  /**
   * Opens the arena of this name. Scopes of different names are independent; a name can be open
   * once at a time.
   */
  TensorScope openScope(String name);

  TransferOps transfer();

  LinearOps linear();

  NormOps norm();

  ActivationOps activation();

  AttentionOps attention();

  /** The products around a SwiGLU, together with it. */
  default GatedOps gated() {
    return GatedOps.of(linear(), activation());
  }

  /** The products around attention, together with what lies between. */
  default ProjectionOps projection() {
    return ProjectionOps.of(linear(), attention());
  }

  SequenceOps sequence();

  LossOps loss();

  /** Empty where the host keeps the keys and values of generated tokens as well. */
  default Optional<CachedAttentionOps> cachedAttention() {
    return Optional.empty();
  }

  /** The device's own memory; empty where that is the host's. */
  default Optional<DeviceMemory> memory() {
    return Optional.empty();
  }

  /** Empty where the host updates parameters as fast. */
  default Optional<UpdateOps> update() {
    return Optional.empty();
  }

  /**
   * Runs a step. Where the device can record work (a CUDA graph), it may record the step's first
   * run and replay it for an equal {@code key}; so a step must only launch primitives on the same
   * tensors each time, and leave uploads and downloads to its caller. The key must be equal only if
   * sizes, segments and tensors are.
   */
  void run(Object key, Runnable step);

  @Override
  void close();
}
