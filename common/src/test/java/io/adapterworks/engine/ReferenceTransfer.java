package io.adapterworks.engine;

import static io.adapterworks.engine.ReferenceStorage.add;
import static io.adapterworks.engine.ReferenceStorage.get;
import static io.adapterworks.engine.ReferenceStorage.set;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Float16;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Tensor;
import java.util.Arrays;

/** {@link TransferOps} in float64. */
final class ReferenceTransfer implements TransferOps {
  /** The nearest value of {@code dtype}. */
  static double round(float value, DType dtype) {
    return dtype == DType.BFLOAT16 ? Float16.fromBfloat16(Float16.toBfloat16(value)) : value;
  }

  @Override
  public void upload(float[] from, Tensor to) {
    for (int i = 0; i < from.length; i++) {
      set(to, i, round(from[i], to.dtype()));
    }
  }

  @Override
  public void upload(int[] from, Tensor to) {
    upload(Arrays.stream(from).asLongStream().toArray(), to);
  }

  @Override
  public void upload(long[] from, Tensor to) {
    System.arraycopy(
        from, 0, ReferenceStorage.of(to).integers, Math.toIntExact(to.offset()), from.length);
  }

  @Override
  public void upload(HostTensor from, Tensor to) {
    upload(from.toFloats(), to);
  }

  @Override
  public void download(Tensor from, float[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = (float) get(from, i);
    }
  }

  @Override
  public void download(Tensor from, int[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = Math.toIntExact(ReferenceStorage.integer(from, i));
    }
  }

  @Override
  public void cast(Tensor from, Tensor to) {
    for (int i = 0; i < to.rows(); i++) {
      for (int j = 0; j < to.columns(); j++) {
        set(to, i, j, get(from, i, j));
      }
    }
  }

  @Override
  public void fill(Tensor to, float value) {
    for (int i = 0; i < to.rows(); i++) {
      for (int j = 0; j < to.columns(); j++) {
        if (to.dtype().isFloating()) {
          set(to, i, j, value);
        } else {
          ReferenceStorage.of(to).integers[ReferenceStorage.index(to, i, j)] = (long) value;
        }
      }
    }
  }

  @Override
  public void addScaled(Tensor from, float scale, Tensor to) {
    for (int i = 0; i < to.rows(); i++) {
      for (int j = 0; j < to.columns(); j++) {
        add(to, i, j, scale * get(from, i, j));
      }
    }
  }
}
