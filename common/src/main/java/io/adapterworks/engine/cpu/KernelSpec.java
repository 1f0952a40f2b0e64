package io.adapterworks.engine.cpu;

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
sealed interface KernelSpec {
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

  /** What it does, for a profile. */
  default String kind() {
    return getClass().getSimpleName();
  }

  /** One operand. */
  record Operand(int argument, Layout layout) {}

  /** c = a·b. */
  record Matmul(Layout a, Layout b, Layout c, List<PostOp> postOps) implements KernelSpec {
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
  record Eltwise(int algorithm, float alpha, float beta, Layout x, Layout y, List<PostOp> postOps)
      implements KernelSpec {
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

  /** y = softmax(x), or its logarithm, along the last dimension. */
  record Softmax(int algorithm, Layout x, Layout y, int axis) implements KernelSpec {
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
      return dnnl.dnnl_softmax_forward_primitive_desc_create(
          result, engine, dnnl.dnnl_forward_training, algorithm, d[0], d[1], axis, attributes);
    }
  }

  /** Backward of softmax along an axis: dy, y, dx. */
  record SoftmaxBackward(Layout dy, Layout y, Layout dx, int axis) implements KernelSpec {
    @Override
    public List<Operand> operands() {
      return List.of(
          new Operand(dnnl.DNNL_ARG_DIFF_DST, dy),
          new Operand(dnnl.DNNL_ARG_DST, y),
          new Operand(dnnl.DNNL_ARG_DIFF_SRC, dx));
    }

    @Override
    public int create(
        dnnl_primitive_desc result,
        dnnl_engine engine,
        dnnl_memory_desc[] d,
        dnnl_primitive_attr attributes) {
      dnnl_primitive_desc forward = new dnnl_primitive_desc();
      DnnlStatus.check(
          dnnl.dnnl_softmax_forward_primitive_desc_create(
              forward,
              engine,
              dnnl.dnnl_forward_training,
              dnnl.dnnl_softmax_accurate,
              d[1],
              d[1],
              axis,
              attributes),
          "the forward form of softmax");
      int status =
          dnnl.dnnl_softmax_backward_primitive_desc_create(
              result,
              engine,
              dnnl.dnnl_softmax_accurate,
              d[2],
              d[0],
              d[1],
              axis,
              forward,
              attributes);
      dnnl.dnnl_primitive_desc_destroy(forward);
      return status;
    }
  }

  /** Layer normalisation: x, gamma, beta, y, mean, variance. */
  record LayerNorm(Layout x, Layout channel, Layout statistic, float epsilon)
      implements KernelSpec {
    @Override
    public List<Operand> operands() {
      return List.of(
          new Operand(dnnl.DNNL_ARG_SRC, x),
          new Operand(dnnl.DNNL_ARG_SCALE, channel),
          new Operand(dnnl.DNNL_ARG_SHIFT, channel),
          new Operand(dnnl.DNNL_ARG_DST, x),
          new Operand(dnnl.DNNL_ARG_MEAN, statistic),
          new Operand(dnnl.DNNL_ARG_VARIANCE, statistic));
    }

    @Override
    public int create(
        dnnl_primitive_desc result,
        dnnl_engine engine,
        dnnl_memory_desc[] d,
        dnnl_primitive_attr attributes) {
      return dnnl.dnnl_layer_normalization_forward_primitive_desc_create(
          result,
          engine,
          dnnl.dnnl_forward_training,
          d[0],
          d[3],
          d[4],
          epsilon,
          dnnl.dnnl_use_scale | dnnl.dnnl_use_shift,
          attributes);
    }
  }

  /** Backward of x̂ = (x − mean)/√variance: dx̂, x, mean, variance (epsilon added), dx. */
  record LayerNormBackward(Layout x, Layout statistic) implements KernelSpec {
    @Override
    public List<Operand> operands() {
      return List.of(
          new Operand(dnnl.DNNL_ARG_DIFF_DST, x),
          new Operand(dnnl.DNNL_ARG_SRC, x),
          new Operand(dnnl.DNNL_ARG_MEAN, statistic),
          new Operand(dnnl.DNNL_ARG_VARIANCE, statistic),
          new Operand(dnnl.DNNL_ARG_DIFF_SRC, x));
    }

    @Override
    public int create(
        dnnl_primitive_desc result,
        dnnl_engine engine,
        dnnl_memory_desc[] d,
        dnnl_primitive_attr attributes) {
      int flags = dnnl.dnnl_normalization_flags_none;
      dnnl_primitive_desc forward = new dnnl_primitive_desc();
      DnnlStatus.check(
          dnnl.dnnl_layer_normalization_forward_primitive_desc_create(
              forward, engine, dnnl.dnnl_forward_training, d[1], d[1], d[2], 0f, flags, attributes),
          "the forward form of layer normalisation");
      int status =
          dnnl.dnnl_layer_normalization_backward_primitive_desc_create(
              result,
              engine,
              dnnl.dnnl_backward_data,
              d[4],
              d[0],
              d[1],
              d[2],
              0f,
              flags,
              forward,
              attributes);
      dnnl.dnnl_primitive_desc_destroy(forward);
      return status;
    }
  }

  /** y = x in another type or layout. */
  record Reorder(Layout x, Layout y, List<PostOp> postOps) implements KernelSpec {
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

  /** y = x summed along the dimensions where y has size 1. */
  record Sum(Layout x, Layout y, List<PostOp> postOps) implements KernelSpec {
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
      return dnnl.dnnl_reduction_primitive_desc_create(
          result, engine, dnnl.dnnl_reduction_sum, d[0], d[1], 0f, 0f, attributes);
    }
  }
}
