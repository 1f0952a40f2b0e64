package io.adapterworks.engine.cpu;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.LossOps;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
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

  /**
   * Only rows that are scored are multiplied with the vocabulary; they are picked where not all
   * are.
   */
  @Override
  public void vocabularyCrossEntropy(FrozenLinear head, Scored scored, Tensor room) {
    CpuFrozenLinear layer = CpuFrozenLinear.of(head);
    int[] rows = scoredRows(scored);
    boolean all = rows.length == scored.x().rows();
    int chunk = (int) Math.max(1, CHUNK_LOGITS / layer.out());
    double total = 0;
    int right = 0;
    for (int from = 0; from < rows.length; from += chunk) {
      int[] some = Arrays.copyOfRange(rows, from, Math.min(from + chunk, rows.length));
      int[] labels = Arrays.stream(some).map(row -> label(scored.labels(), row)).toArray();
      Tensor x = all ? scored.x().rows(from, some.length) : picked(scored.x(), some);
      Tensor logits =
          context.scratch().tensor(Scratch.Purpose.LOGITS, DType.FLOAT32, some.length, layer.out());
      frozen.forward(layer, x, Write.SET, logits);
      Layout layout = CpuContext.matrix(logits);
      context.run(
          new RowKernelSpec.Softmax(dnnl.dnnl_softmax_log, layout, layout, 1), logits, logits);
      for (int i = 0; i < some.length; i++) {
        context.rows().read(logits, i, vocabularyRow(logits));
        total -= row[labels[i]];
        right += isLargest(labels[i], layer.out()) ? 1 : 0;
      }
      gradients(logits, labels, scored.scale());
      Tensor dx = all ? scored.dx().rows(from, some.length) : x;
      frozen.backward(layer, inComputeType(logits), Write.SET, dx);
      for (int i = 0; i < some.length && !all; i++) {
        RowAccess.copy(dx, i, scored.dx(), some[i]);
      }
    }
    zeroOthers(rows, scored.dx());
    add(scored.loss(), CpuStorage.index(scored.loss(), 0), (float) (scored.scale() * total));
    add(scored.loss(), CpuStorage.index(scored.loss(), 0) + 1, right);
  }

  private static int[] scoredRows(Scored scored) {
    return IntStream.range(0, (int) scored.x().rows())
        .filter(row -> label(scored.labels(), row) != IGNORED)
        .toArray();
  }

  private Tensor picked(Tensor x, int[] rows) {
    Tensor picked =
        context.scratch().tensor(Scratch.Purpose.GATHERED, x.dtype(), rows.length, x.columns());
    for (int i = 0; i < rows.length; i++) {
      RowAccess.copy(x, rows[i], picked, i);
    }
    return picked;
  }

  /** Zeroes all but these rows, which are in order. */
  private static void zeroOthers(int[] rows, Tensor dx) {
    int next = 0;
    for (int row = 0; row < dx.rows(); row++) {
      if (next < rows.length && rows[next] == row) {
        next++;
      } else {
        Zeros.fill(dx, row, 1);
      }
    }
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

  /** Replaces log-probabilities by the gradient of the loss. */
  private void gradients(Tensor logProbabilities, int[] labels, float scale) {
    Layout flat = Layout.dense(DType.FLOAT32, logProbabilities.shape().elements());
    context.run(
        new KernelSpec.Eltwise(dnnl.dnnl_eltwise_exp, 0f, 0f, flat, flat),
        logProbabilities,
        logProbabilities);
    context.run(
        new KernelSpec.Eltwise(dnnl.dnnl_eltwise_linear, scale, 0f, flat, flat),
        logProbabilities,
        logProbabilities);
    for (int i = 0; i < labels.length; i++) {
      add(logProbabilities, CpuStorage.index(logProbabilities, i) + labels[i], -scale);
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
