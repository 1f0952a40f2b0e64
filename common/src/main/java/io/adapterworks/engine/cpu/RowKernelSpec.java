package io.adapterworks.engine.cpu;

import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;

/** Primitives that work on each row of a matrix by itself: softmax and layer normalisation. */
sealed interface RowKernelSpec extends KernelSpec {
  @Override
  default int parallelAxis() {
    return 0;
  }

  /** y = softmax(x), or its logarithm, along the last dimension. */
  record Softmax(int algorithm, Layout x, Layout y, int axis) implements RowKernelSpec {
    @Override
    public KernelSpec slice(int axis, long from, long count) {
      return new Softmax(
          algorithm, x.slice(axis, from, count), y.slice(axis, from, count), this.axis);
    }

    @Override
    public Layout output() {
      return y;
    }

    @Override
    public List<KernelSpec.Operand> operands() {
      return List.of(
          new KernelSpec.Operand(dnnl.DNNL_ARG_SRC, x),
          new KernelSpec.Operand(dnnl.DNNL_ARG_DST, y));
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
  record SoftmaxBackward(Layout dy, Layout y, Layout dx, int axis) implements RowKernelSpec {
    @Override
    public KernelSpec slice(int axis, long from, long count) {
      return new SoftmaxBackward(
          dy.slice(axis, from, count),
          y.slice(axis, from, count),
          dx.slice(axis, from, count),
          this.axis);
    }

    @Override
    public Layout output() {
      return dx;
    }

    @Override
    public List<KernelSpec.Operand> operands() {
      return List.of(
          new KernelSpec.Operand(dnnl.DNNL_ARG_DIFF_DST, dy),
          new KernelSpec.Operand(dnnl.DNNL_ARG_DST, y),
          new KernelSpec.Operand(dnnl.DNNL_ARG_DIFF_SRC, dx));
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
      implements RowKernelSpec {
    @Override
    public KernelSpec slice(int axis, long from, long count) {
      return new LayerNorm(
          x.slice(axis, from, count), channel, statistic.slice(axis, from, count), epsilon);
    }

    @Override
    public Layout output() {
      return x;
    }

    @Override
    public List<KernelSpec.Operand> operands() {
      return List.of(
          new KernelSpec.Operand(dnnl.DNNL_ARG_SRC, x),
          new KernelSpec.Operand(dnnl.DNNL_ARG_SCALE, channel),
          new KernelSpec.Operand(dnnl.DNNL_ARG_SHIFT, channel),
          new KernelSpec.Operand(dnnl.DNNL_ARG_DST, x),
          new KernelSpec.Operand(dnnl.DNNL_ARG_MEAN, statistic),
          new KernelSpec.Operand(dnnl.DNNL_ARG_VARIANCE, statistic));
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
  record LayerNormBackward(Layout x, Layout statistic) implements RowKernelSpec {
    @Override
    public KernelSpec slice(int axis, long from, long count) {
      return new LayerNormBackward(x.slice(axis, from, count), statistic.slice(axis, from, count));
    }

    @Override
    public Layout output() {
      return x;
    }

    @Override
    public List<KernelSpec.Operand> operands() {
      return List.of(
          new KernelSpec.Operand(dnnl.DNNL_ARG_DIFF_DST, x),
          new KernelSpec.Operand(dnnl.DNNL_ARG_SRC, x),
          new KernelSpec.Operand(dnnl.DNNL_ARG_MEAN, statistic),
          new KernelSpec.Operand(dnnl.DNNL_ARG_VARIANCE, statistic),
          new KernelSpec.Operand(dnnl.DNNL_ARG_DIFF_SRC, x));
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
}
