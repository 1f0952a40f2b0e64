package io.adapterworks.engine.cpu;

import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import java.util.function.IntConsumer;

/**
 * Brings the rows of a group's blocks next to each other, each block padded with zeros to the
 * group's length, and back. Tensors that go together lie side by side as columns of one matrix.
 */
final class AttentionBlocks {
  private final CpuContext context;

  AttentionBlocks(CpuContext context) {
    this.context = context;
  }

  /** Undefined rows for all blocks of a group. */
  Tensor room(Scratch.Purpose purpose, AttentionPlan.Group group, long width) {
    long rows = (long) group.blocks().size() * group.length();
    return context.scratch().tensor(purpose, context.computeType(), rows, width);
  }

  /** The rows of {@code parts}, side by side. */
  Tensor pack(Scratch.Purpose purpose, AttentionPlan.Group group, Tensor... parts) {
    Tensor packed = room(purpose, group, width(parts));
    eachBlock(group, b -> pack(group, b, packed, parts));
    return packed;
  }

  private static void pack(AttentionPlan.Group group, int b, Tensor packed, Tensor... parts) {
    AttentionPlan.Block block = group.blocks().get(b);
    long base = (long) b * group.length();
    if (areAdjacent(parts)) {
      RowAccess.copy(whole(parts), block.start(), packed, base, block.tokens());
    } else {
      long column = 0;
      for (Tensor part : parts) {
        Tensor target = packed.columns(column, part.columns());
        RowAccess.copy(part, block.start(), target, base, block.tokens());
        column += part.columns();
      }
    }
    Zeros.fill(packed, base + block.tokens(), group.length() - block.tokens());
  }

  /** Every thread of the team takes its run of blocks. */
  private void eachBlock(AttentionPlan.Group group, IntConsumer work) {
    int count = group.blocks().size();
    int threads = context.team().size();
    context
        .team()
        .run(
            part -> {
              for (int b = part * count / threads; b < (part + 1) * count / threads; b++) {
                work.accept(b);
              }
            });
  }

  /** Sets the rows of {@code parts} from columns of {@code packed}. */
  void unpack(AttentionPlan.Group group, Tensor packed, Tensor... parts) {
    eachBlock(group, b -> unpack(group, b, packed, parts));
  }

  private static void unpack(AttentionPlan.Group group, int b, Tensor packed, Tensor... parts) {
    AttentionPlan.Block block = group.blocks().get(b);
    long base = (long) b * group.length();
    if (areAdjacent(parts)) {
      RowAccess.copy(packed, base, whole(parts), block.start(), block.tokens());
    } else {
      long column = 0;
      for (Tensor part : parts) {
        Tensor source = packed.columns(column, part.columns());
        RowAccess.copy(source, base, part, block.start(), block.tokens());
        column += part.columns();
      }
    }
  }

  private static long width(Tensor... parts) {
    long width = 0;
    for (Tensor part : parts) {
      width += part.columns();
    }
    return width;
  }

  /** Whether the parts are neighbouring columns of one matrix, in order. */
  private static boolean areAdjacent(Tensor... parts) {
    CpuStorage storage = CpuStorage.of(parts[0]);
    long rowBytes = parts[0].rowStride() * parts[0].dtype().bytes();
    if (parts.length > 1 && storage.rows() * rowBytes != storage.bytes()) {
      return false;
    }
    for (int i = 1; i < parts.length; i++) {
      boolean next =
          parts[i].storage().equals(parts[i - 1].storage())
              && parts[i].rowStride() == parts[i - 1].rowStride()
              && parts[i].offset() == parts[i - 1].offset() + parts[i - 1].columns();
      if (!next) {
        return false;
      }
    }
    return true;
  }

  /** The columns of all parts, as one tensor. */
  private static Tensor whole(Tensor... parts) {
    Tensor first = parts[0];
    if (parts.length == 1) {
      return first;
    }
    CpuStorage storage = CpuStorage.of(first);
    long stride = first.rowStride();
    return Tensor.of(storage, 0, Shape.of(storage.rows(), stride), first.dtype())
        .columns(first.offset() % stride, width(parts))
        .rows(first.offset() / stride, first.rows());
  }
}
