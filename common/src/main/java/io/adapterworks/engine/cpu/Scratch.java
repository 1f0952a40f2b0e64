package io.adapterworks.engine.cpu;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import java.util.EnumMap;
import java.util.Map;

/**
 * Memory for intermediate results of one primitive, one block for each purpose, grown when needed
 * and kept. What a purpose holds is undefined when a primitive starts.
 */
final class Scratch implements AutoCloseable {
  /** What a block is for; purposes of one primitive differ. */
  enum Purpose {
    UPLOAD,
    CAST_A,
    CAST_B,
    CAST_C,
    DROPPED,
    STACKED_A,
    LOW_RANK_GRADIENT,
    FACTOR_GRADIENT,
    MEAN,
    VARIANCE,
    SCALED_GRADIENT,
    NORM_GRADIENT,
    GATE,
    UP,
    SWISH,
    GATE_GRADIENT,
    PACKED,
    PACKED_GRADIENT,
    ATTENDED,
    KEY_GRADIENT,
    VALUE_GRADIENT,
    MASK,
    SCORES,
    PROBABILITIES,
    PROBABILITIES_GRADIENT,
    SCORES_GRADIENT,
    GATHERED,
    LOGITS,
    LOGITS_GRADIENT,
    UNPACKED,
    DROPOUT_MASK,
    ATTENTION_DROPOUT
  }

  private final Map<Purpose, NativeBlock> blocks = new EnumMap<>(Purpose.class);

  /** A block of at least {@code bytes}. */
  NativeBlock block(Purpose purpose, long bytes) {
    NativeBlock block = blocks.get(purpose);
    if (block == null || block.bytes() < bytes) {
      if (block != null) {
        block.close();
      }
      block = new NativeBlock(bytes + bytes / 4 + 4096);
      blocks.put(purpose, block);
    }
    return block;
  }

  long address(Purpose purpose, DType dtype, long elements) {
    return block(purpose, elements * dtype.bytes()).address();
  }

  /** A matrix with room behind it, valid until the purpose is asked for again. */
  Tensor tensor(Purpose purpose, DType dtype, long rows, long columns) {
    long roomy = CpuStorage.rounded(rows);
    NativeBlock block = block(purpose, roomy * columns * dtype.bytes());
    CpuStorage storage = new CpuStorage(block, 0, rows * columns * dtype.bytes(), rows, roomy);
    return Tensor.of(storage, 0, Shape.of(rows, columns), dtype);
  }

  @Override
  public void close() {
    blocks.values().forEach(NativeBlock::close);
    blocks.clear();
  }
}
