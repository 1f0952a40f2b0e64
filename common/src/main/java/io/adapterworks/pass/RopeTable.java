package io.adapterworks.pass;

import io.adapterworks.engine.AttentionOps;
import io.adapterworks.engine.Engine;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;

/**
 * The rotary embedding's cosines and sines on the device, for as many positions as have been
 * needed: a model that could take 131,072 should not pay for them at a length of 512.
 */
final class RopeTable implements AutoCloseable {
  private static final int FIRST_POSITIONS = 512;

  private final Engine engine;
  private final LlamaConfig config;
  private TensorScope scope;
  private Tensor table;

  RopeTable(Engine engine, LlamaConfig config) {
    this.engine = engine;
    this.config = config;
    allocate(Math.min(FIRST_POSITIONS, config.maxPositions()));
  }

  private void allocate(int positions) {
    scope = engine.openScope("rope");
    table = scope.allocate(DType.FLOAT32, positions, config.headDim());
    engine.transfer().upload(config.rope().table(positions, config.headDim()), table);
  }

  /** Makes room for sequences of this length. */
  void reserve(int positions) {
    long held = table.rows();
    if (positions > held) {
      scope.close();
      allocate((int) Math.min(config.maxPositions(), Math.max(2 * held, positions)));
    }
  }

  /** By which queries and keys at these positions turn. */
  AttentionOps.Rotary rotation(Tensor positions) {
    return new AttentionOps.Rotary(table, positions);
  }

  @Override
  public void close() {
    scope.close();
  }
}
