package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;

/**
 * The engine that the others are checked against: plain loops in float64, as each primitive's
 * Javadoc says. Values are rounded to the compute type when they are uploaded or frozen, and never
 * after, so results are the exact answer for the inputs an engine of that type sees.
 */
public final class ReferenceEngine implements Engine {
  private final DType computeType;

  public ReferenceEngine(DType computeType) {
    this.computeType = computeType;
  }

  @Override
  public EngineInfo info() {
    return new EngineInfo("reference", "float64 loops", computeType, 1);
  }

  @Override
  public DType computeType() {
    return computeType;
  }

  @Override
  public TensorScope openScope(String name) {
    return new Scope();
  }

  @Override
  public TransferOps transfer() {
    return new ReferenceTransfer();
  }

  @Override
  public LinearOps linear() {
    return new ReferenceLinear(computeType);
  }

  @Override
  public NormOps norm() {
    return new ReferenceNorm();
  }

  @Override
  public ActivationOps activation() {
    return new ReferenceActivation();
  }

  @Override
  public AttentionOps attention() {
    return new ReferenceAttention();
  }

  @Override
  public SequenceOps sequence() {
    return new ReferenceSequence();
  }

  @Override
  public LossOps loss() {
    return new ReferenceLoss();
  }

  @Override
  public void run(Object key, Runnable step) {
    step.run();
  }

  @Override
  public void close() {}

  private static final class Scope implements TensorScope {
    private long bytes;

    @Override
    public Tensor allocate(DType dtype, long... sizes) {
      Shape shape = Shape.of(sizes);
      bytes += shape.elements() * dtype.bytes();
      return Tensor.of(
          new ReferenceStorage(dtype, Math.toIntExact(shape.elements())), 0, shape, dtype);
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public void close() {}
  }
}
