package io.adapterworks.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;

/**
 * What a oneDNN primitive computes on which layouts; the key under which it is kept. Operands are
 * given to the {@link Kernel} in the order of {@link #operands}, then those of the post-operations.
 */
sealed interface KernelSpec
    permits KernelSpec.Matmul,
        KernelSpec.Eltwise,
        KernelSpec.EltwiseBackward,
        KernelSpec.Binary,
        KernelSpec.Reorder,
        RowKernelSpec {
  /** The operands in order, each with oneDNN's argument number. */
  List<Operand> operands();

  default List<PostOp> postOps() {
    return List.of();
  }

  /**
   * Creates the primitive's descriptor.
   *
   * @param d the operands' descriptors in order
   */
  int create(
      dnnl_primitive_desc result,
      dnnl_engine engine,
      dnnl_memory_desc[] d,
      dnnl_primitive_attr attributes);

  /** What is written, whose axis {@link #parallelAxis} can be divided between threads. */
  Layout output();

  /** The dimension of the output along which parts are independent; negative for none. */
  int parallelAxis();

  /** The part that computes {@code [from, from + count)} of an axis of the output. */
  KernelSpec slice(int axis, long from, long count);

  /** What it does, for a profile. */
  default String kind() {
    return getClass().getSimpleName();
  }

  /** One operand. */
  record Operand(int argument, Layout layout) {}

  /** A product of fewer rows with a frozen weight is divided by columns. */
  int FEW_ROWS = 32;

  /** c = a·b. */
  record Matmul(Layout a, Layout b, Layout c, List<PostOp> postOps) implements KernelSpec {
    @Override
    public Layout output() {
      return c;
    }

    @Override
    public int parallelAxis() {
      int last = c.rank() - 1;
      for (int axis = 0; axis < last - 1; axis++) {
        if (c.size(axis) > 1) {
          return axis;
        }
      }
      boolean byColumns = last == 1 && c.size(last) > c.size(last - 1);
      if (byColumns && b.isChosen()) {
        // Few rows would leave threads without work, and each would read every weight.
        byColumns = c.size(0) < FEW_ROWS && b.columnGrain() > 0;
      }
      return byColumns ? last : last - 1;
    }

    @Override
    public KernelSpec slice(int axis, long from, long count) {
      int last = c.rank() - 1;
      List<PostOp> sliced = new ArrayList<>(postOps.size());
      for (PostOp postOp : postOps) {
        sliced.add(postOp.slice(axis, from, count));
      }
      return new Matmul(
          axis == last ? a : a.slice(axis, from, count),
          axis == last - 1 ? b : b.slice(axis, from, count),
          c.slice(axis, from, count),
          sliced);
    }

    /** The product without what follows it. */
    Matmul bare() {
      return new Matmul(a, b, c, List.of());
    }

    /** Floating-point operations: two for each of rows · columns · inner. */
    double flop() {
      return 2.0 * c.elements() * a.lastSize();
    }

    @Override
    public String kind() {
      if (a.rank() > 2) {
        return "products of attention";
      }
      return b.isChosen() ? "products with frozen weights" : "products of LoRA and head";
    }

    @Override
    public List<Operand> operands() {
      Operand left = new Operand(dnnl.DNNL_ARG_SRC, a);
      Operand right = new Operand(dnnl.DNNL_ARG_WEIGHTS, b);
      Operand result = new Operand(dnnl.DNNL_ARG_DST, c);
      return hasBias()
          ? List.of(left, right, result, new Operand(dnnl.DNNL_ARG_BIAS, bias().row()))
          : List.of(left, right, result);
    }

    private boolean hasBias() {
      return !postOps.isEmpty() && postOps.get(0) instanceof PostOp.Bias;
    }

    private PostOp.Bias bias() {
      return (PostOp.Bias) postOps.get(0);
    }

    @Override
    public int create(
        dnnl_primitive_desc result,
        dnnl_engine engine,
        dnnl_memory_desc[] d,
        dnnl_primitive_attr attributes) {
      return dnnl.dnnl_matmul_primitive_desc_create(
          result, engine, d[0], d[1], hasBias() ? d[3] : null, d[2], attributes);
    }
  }

  /** y = f(x). */
  record Eltwise(int algorithm, float alpha, float beta, Layout x, Layout y) implements KernelSpec {
    @Override
    public Layout output() {
      return y;
    }

    @Override
    public int parallelAxis() {
      return 0;
    }

    @Override
    public KernelSpec slice(int axis, long from, long count) {
      return new Eltwise(
          algorithm, alpha, beta, x.slice(axis, from, count), y.slice(axis, from, count));
    }

    @Override
    public List<Operand> operands() {
      return List.of(new Operand(dnnl.DNNL_ARG_SRC, x), new Operand(dnnl.DNNL_ARG_DST, y));
    }

    @Override
    public int create(
        dnnl_primitive_desc result,
        dnnl_engine engine,
        dnnl_memory_desc[] d,
        dnnl_primitive_attr attributes) {
      return dnnl.dnnl_eltwise_forward_primitive_desc_create(
          result,
          engine,
          dnnl.dnnl_forward_training,
          algorithm,
          d[0],
          d[1],
          alpha,
          beta,
          attributes);
    }
  }

  /** dx = dy · f′, from f's input, or from its output for oneDNN's {@code use_dst_for_bwd}. */
  record EltwiseBackward(int algorithm, Source source, float alpha, Layout data)
      implements KernelSpec {
    @Override
    public Layout output() {
      return data;
    }

    @Override
    public int parallelAxis() {
      return 0;
    }

    @Override
    public KernelSpec slice(int axis, long from, long count) {
      return new EltwiseBackward(algorithm, source, alpha, data.slice(axis, from, count));
    }

    /** What the derivative is computed from. */
    enum Source {
      INPUT,
      OUTPUT
    }

    @Override
    public List<Operand> operands() {
      int seen = source == Source.INPUT ? dnnl.DNNL_ARG_SRC : dnnl.DNNL_ARG_DST;
      return List.of(
          new Operand(dnnl.DNNL_ARG_DIFF_DST, data),
          new Operand(seen, data),
          new Operand(dnnl.DNNL_ARG_DIFF_SRC, data));
    }

    @Override
    public int create(
        dnnl_primitive_desc result,
        dnnl_engine engine,
        dnnl_memory_desc[] d,
        dnnl_primitive_attr attributes) {
      dnnl_primitive_desc forward = new dnnl_primitive_desc();
      DnnlStatus.check(
          dnnl.dnnl_eltwise_forward_primitive_desc_create(
              forward,
              engine,
              dnnl.dnnl_forward_training,
              algorithm,
              d[1],
              d[1],
              alpha,
              0f,
              attributes),
          "the forward form of an element-wise function");
      int status =
          dnnl.dnnl_eltwise_backward_primitive_desc_create(
              result, engine, algorithm, d[2], d[0], d[1], alpha, 0f, forward, attributes);
      dnnl.dnnl_primitive_desc_destroy(forward);
      return status;
    }
  }

  /** c = a ∘ b; b is broadcast along its dimensions of size 1. */
  record Binary(int algorithm, Layout a, Layout b, Layout c, List<PostOp> postOps)
      implements KernelSpec {
    @Override
    public Layout output() {
      return c;
    }

    @Override
    public int parallelAxis() {
      return c.rank() > 1 && c.size(0) == 1 ? 1 : 0;
    }

    @Override
    public KernelSpec slice(int axis, long from, long count) {
      return new Binary(
          algorithm,
          a.slice(axis, from, count),
          b.slice(axis, from, count),
          c.slice(axis, from, count),
          postOps);
    }

    @Override
    public List<Operand> operands() {
      return List.of(
          new Operand(dnnl.DNNL_ARG_SRC_0, a),
          new Operand(dnnl.DNNL_ARG_SRC_1, b),
          new Operand(dnnl.DNNL_ARG_DST, c));
    }

    @Override
    public int create(
        dnnl_primitive_desc result,
        dnnl_engine engine,
        dnnl_memory_desc[] d,
        dnnl_primitive_attr attributes) {
      return dnnl.dnnl_binary_primitive_desc_create(
          result, engine, algorithm, d[0], d[1], d[2], attributes);
    }
  }

  /** y = x in another type or layout. */
  record Reorder(Layout x, Layout y, List<PostOp> postOps) implements KernelSpec {
    @Override
    public Layout output() {
      return y;
    }

    @Override
    public int parallelAxis() {
      return x.isChosen() || y.isChosen() ? -1 : 0;
    }

    @Override
    public KernelSpec slice(int axis, long from, long count) {
      return new Reorder(x.slice(axis, from, count), y.slice(axis, from, count), postOps);
    }

    @Override
    public List<Operand> operands() {
      return List.of(new Operand(dnnl.DNNL_ARG_SRC, x), new Operand(dnnl.DNNL_ARG_DST, y));
    }

    @Override
    public int create(
        dnnl_primitive_desc result,
        dnnl_engine engine,
        dnnl_memory_desc[] d,
        dnnl_primitive_attr attributes) {
      return dnnl.dnnl_reorder_primitive_desc_create(
          result, d[0], engine, d[1], engine, attributes);
    }
  }
}
