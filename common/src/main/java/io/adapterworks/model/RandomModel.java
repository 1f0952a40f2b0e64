package io.adapterworks.model;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A model whose weights are random bfloat16 numbers, for benchmarks: all of them are windows on one
 * pool as large as the largest, so that a model of 16 GB takes 1 GB of the host.
 */
public final class RandomModel {
  private static final float SPREAD = 0.06f;

  private RandomModel() {}

  /** Norms are one, everything else uniform in ±0.03. */
  public static BaseModel of(ModelConfig config) {
    Map<String, Shape> shapes = config.tensors(config.prefix());
    long largest = shapes.values().stream().mapToLong(Shape::elements).max().orElseThrow();
    ByteBuffer pool = pool(largest);
    Map<String, HostTensor> weights = new HashMap<>();
    long at = 0;
    for (Map.Entry<String, Shape> tensor : shapes.entrySet()) {
      Shape shape = tensor.getValue();
      if (shape.rank() == 1) {
        float[] ones = new float[Math.toIntExact(shape.elements())];
        Arrays.fill(ones, 1);
        weights.put(tensor.getKey(), HostTensor.of(tensor.getKey(), shape, ones));
      } else {
        at = largest == shape.elements() ? 0 : (at + 7919) % (largest - shape.elements());
        int from = Math.toIntExact(at * Short.BYTES);
        int bytes = Math.toIntExact(shape.elements() * Short.BYTES);
        weights.put(
            tensor.getKey(),
            new HostTensor(
                tensor.getKey(),
                DType.BFLOAT16,
                shape,
                pool.slice(from, bytes).order(ByteOrder.LITTLE_ENDIAN)));
      }
    }
    return new BaseModel(
        new BaseModel.Origin("random", "random"), config, weights, Optional.empty());
  }

  private static ByteBuffer pool(long elements) {
    ByteBuffer pool =
        ByteBuffer.allocateDirect(Math.toIntExact(elements * Short.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    long state = 88172645463325252L;
    while (pool.hasRemaining()) {
      state ^= state << 13;
      state ^= state >>> 7;
      state ^= state << 17;
      float value = ((state >>> 40) * 0x1p-24f - 0.5f) * SPREAD;
      pool.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
    }
    return pool.flip();
  }
}
