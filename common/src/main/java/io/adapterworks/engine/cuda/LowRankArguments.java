package io.adapterworks.engine.cuda;

import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.LoraSlice;
import io.adapterworks.tensor.Tensor;
import java.util.EnumMap;
import java.util.Map;

/** The low-rank kernels' struct Group: the matrices that a call has, and the slices. */
final class LowRankArguments {
  /** The struct's matrices, in its order. */
  enum Role {
    X,
    DY,
    Y,
    RESIDUAL,
    H,
    U,
    SPARE,
    BESIDE,
    BELOW,
    A_COLUMNS,
    ROW_SCALE,
    COLUMN_SCALE,
    COUNTERS,
    PARTS
  }

  /** N, and the widths of x and y. */
  record Sizes(long tokens, long in, long out) {}

  /** Into how many parts gradients over N are cut, and how many blocks of columns each has. */
  record Parts(long splits, long blocks) {}

  private final LoraGroup lora;
  private final Sizes sizes;
  private final Map<Role, Tensor> matrices = new EnumMap<>(Role.class);
  private Parts gradients = new Parts(1, 0);

  LowRankArguments(LoraGroup lora, Sizes sizes) {
    this.lora = lora;
    this.sizes = sizes;
  }

  LowRankArguments with(Role role, Tensor matrix) {
    matrices.put(role, matrix);
    return this;
  }

  LowRankArguments inParts(Parts parts) {
    gradients = parts;
    return this;
  }

  Kernels.Launch giveTo(Kernels.Launch launch) {
    for (Role role : Role.values()) {
      Tensor matrix = matrices.get(role);
      launch.number(matrix == null ? 0 : CudaStorage.address(matrix));
      if (role.compareTo(Role.A_COLUMNS) < 0) {
        launch.number(matrix == null ? 0 : matrix.rowStride());
      }
    }
    Tensor parts = matrices.get(Role.PARTS);
    launch
        .number(parts == null ? 0 : parts.columns())
        .number(sizes.tokens)
        .number(sizes.in)
        .number(sizes.out)
        .number(lora.totalRank())
        .number(lora.slices().size())
        .number(gradients.splits)
        .number(FusedLowRank.spareColumns(lora.totalRank()))
        .number(gradients.blocks);
    long column = 0;
    for (LoraSlice slice : lora.slices()) {
      launch
          .tensor(slice.a())
          .tensor(slice.b())
          .tensor(slice.dA())
          .tensor(slice.dB())
          .number(slice.outOffset())
          .number(slice.out())
          .number(slice.rank())
          .number(column)
          .real(slice.scale());
      column += slice.rank();
    }
    return launch;
  }
}
