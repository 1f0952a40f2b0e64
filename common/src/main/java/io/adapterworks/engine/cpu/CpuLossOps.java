package io.adapterworks.engine.cpu;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.LossOps;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/** Cross entropy: small heads row by row, a vocabulary in chunks of rows. */
final class CpuLossOps implements LossOps {
  /** Logits that are held at once. */
  private static final long CHUNK_LOGITS = 16L << 20;

  private final CpuContext context;
  private final FrozenProduct frozen;
  private float[] row = new float[0];

  CpuLossOps(CpuContext context) {
    this.context = context;
    this.frozen = new FrozenProduct(context);
  }

  @Override
  public void softmaxCrossEntropy(
      Tensor logits, Tensor labels, float smoothing, float scale, Tensor dLogits, Tensor loss) {
    int classes = reserve(logits);
    double total = 0;
    for (int s = 0; s < logits.rows(); s++) {
      int label = label(labels, s);
      if (label == IGNORED) {
        Zeros.fill(dLogits, s, 1);
        continue;
      }
      context.rows().read(logits, s, row);
      total += crossEntropy(classes, label, smoothing, scale);
      context.rows().write(dLogits, s, row);
    }
    add(loss, CpuStorage.index(loss, 0), (float) (scale * total));
  }

  /** Replaces the logits in row by their gradient and returns the loss without scale. */
  private double crossEntropy(int classes, int label, float smoothing, float scale) {
    float largest = Float.NEGATIVE_INFINITY;
    double sumOfLogits = 0;
    for (int c = 0; c < classes; c++) {
      largest = Math.max(largest, row[c]);
      sumOfLogits += row[c];
    }
    double denominator = 0;
    for (int c = 0; c < classes; c++) {
      denominator += Math.exp((double) row[c] - largest);
    }
    double logSum = largest + Math.log(denominator);
    double onLabel = 1 - smoothing;
    double everywhere = (double) smoothing / classes;
    double expected = onLabel * row[label] + everywhere * sumOfLogits;
    for (int c = 0; c < classes; c++) {
      double probability = Math.exp(row[c] - logSum);
      double target = everywhere + (c == label ? onLabel : 0);
      row[c] = (float) (scale * (probability - target));
    }
    return logSum - expected;
  }

  @Override
  public void vocabularyCrossEntropy(FrozenLinear head, Scored scored, Tensor room) {
    Tensor x = scored.x();
    Tensor labels = scored.labels();
    Tensor loss = scored.loss();
    CpuFrozenLinear layer = CpuFrozenLinear.of(head);
    long chunk = Math.max(1, CHUNK_LOGITS / layer.out());
    double total = 0;
    int right = 0;
    for (long from = 0; from < x.rows(); from += chunk) {
      long count = Math.min(chunk, x.rows() - from);
      Tensor logits =
          context.scratch().tensor(Scratch.Purpose.LOGITS, DType.FLOAT32, count, layer.out());
      frozen.forward(layer, x.rows(from, count), Write.SET, logits);
      Layout layout = CpuContext.matrix(logits);
      context.run(
          new RowKernelSpec.Softmax(dnnl.dnnl_softmax_log, layout, layout, 1), logits, logits);
      for (int i = 0; i < count; i++) {
        int label = label(labels, from + i);
        if (label != IGNORED) {
          context.rows().read(logits, i, vocabularyRow(logits));
          total -= row[label];
          right += isLargest(label, layer.out()) ? 1 : 0;
        }
      }
      gradients(logits, labels, from, scored.scale());
      Tensor dLogits = inComputeType(logits);
      frozen.backward(layer, dLogits, Write.SET, scored.dx().rows(from, count));
    }
    add(loss, CpuStorage.index(loss, 0), (float) (scored.scale() * total));
    add(loss, CpuStorage.index(loss, 0) + 1, right);
  }

  private float[] vocabularyRow(Tensor logits) {
    reserve(logits);
    return row;
  }

  private boolean isLargest(int label, int classes) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      largest = Math.max(largest, row[c]);
    }
    return row[label] >= largest;
  }

  /** Replaces log-probabilities by the gradient of the loss, rows without a label by 0. */
  private void gradients(Tensor logProbabilities, Tensor labels, long from, float scale) {
    Layout flat = Layout.dense(DType.FLOAT32, logProbabilities.shape().elements());
    context.run(
        new KernelSpec.Eltwise(dnnl.dnnl_eltwise_exp, 0f, 0f, flat, flat),
        logProbabilities,
        logProbabilities);
    context.run(
        new KernelSpec.Eltwise(dnnl.dnnl_eltwise_linear, scale, 0f, flat, flat),
        logProbabilities,
        logProbabilities);
    for (int i = 0; i < logProbabilities.rows(); i++) {
      int label = label(labels, from + i);
      if (label == IGNORED) {
        Zeros.fill(logProbabilities, i, 1);
      } else {
        add(logProbabilities, CpuStorage.index(logProbabilities, i) + label, -scale);
      }
    }
  }

  private Tensor inComputeType(Tensor logits) {
    if (context.computeType() == DType.FLOAT32) {
      return logits;
    }
    Tensor converted =
        context
            .scratch()
            .tensor(
                Scratch.Purpose.LOGITS_GRADIENT,
                context.computeType(),
                logits.rows(),
                logits.columns());
    context.run(
        new KernelSpec.Reorder(CpuContext.matrix(logits), CpuContext.matrix(converted), List.of()),
        logits,
        converted);
    return converted;
  }

  private static int label(Tensor labels, long index) {
    return CpuStorage.of(labels).block().ints().get((int) (CpuStorage.index(labels, 0) + index));
  }

  private static void add(Tensor to, int at, float value) {
    NativeBlock block = CpuStorage.of(to).block();
    block.floats().put(at, block.floats().get(at) + value);
  }

  private int reserve(Tensor tensor) {
    int columns = (int) tensor.columns();
    if (row.length < columns) {
      row = new float[columns];
    }
    return columns;
  }
}
