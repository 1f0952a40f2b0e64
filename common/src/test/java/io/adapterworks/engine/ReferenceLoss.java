package io.adapterworks.engine;

import static io.adapterworks.engine.ReferenceStorage.add;
import static io.adapterworks.engine.ReferenceStorage.get;
import static io.adapterworks.engine.ReferenceStorage.integer;
import static io.adapterworks.engine.ReferenceStorage.set;

import io.adapterworks.tensor.Tensor;
import java.util.Arrays;

/** {@link LossOps} in float64. */
final class ReferenceLoss implements LossOps {
  @Override
  public void softmaxCrossEntropy(
      Tensor logits, Tensor labels, float smoothing, float scale, Tensor dLogits, Tensor loss) {
    int width = (int) logits.columns();
    for (int s = 0; s < logits.rows(); s++) {
      int label = (int) integer(labels, s);
      double[] row = new double[width];
      for (int c = 0; c < width; c++) {
        row[c] = get(logits, s, c);
      }
      double logSum = logSumExp(row);
      for (int c = 0; c < width; c++) {
        if (label == IGNORED) {
          set(dLogits, s, c, 0);
        } else {
          double target = (double) smoothing / width + (c == label ? 1 - (double) smoothing : 0);
          add(loss, 0, 0, scale * target * (logSum - row[c]));
          set(dLogits, s, c, scale * (Math.exp(row[c] - logSum) - target));
        }
      }
    }
  }

  @Override
  public void vocabularyCrossEntropy(FrozenLinear head, Scored scored, Tensor room) {
    Tensor x = scored.x();
    Tensor labels = scored.labels();
    Tensor dx = scored.dx();
    Tensor loss = scored.loss();
    float scale = scored.scale();
    double[][] weights = ReferenceFrozen.of(head).weights();
    for (int n = 0; n < x.rows(); n++) {
      int label = (int) integer(labels, n);
      double[] dRow = new double[head.in()];
      if (label != IGNORED) {
        double[] logits = new double[weights.length];
        for (int v = 0; v < logits.length; v++) {
          for (int c = 0; c < dRow.length; c++) {
            logits[v] += get(x, n, c) * weights[v][c];
          }
        }
        double logSum = logSumExp(logits);
        add(loss, 0, 0, scale * (logSum - logits[label]));
        if (logits[label] >= Arrays.stream(logits).max().orElseThrow()) {
          add(loss, 0, 1, 1);
        }
        for (int v = 0; v < logits.length; v++) {
          double dLogit = scale * (Math.exp(logits[v] - logSum) - (v == label ? 1 : 0));
          for (int c = 0; c < dRow.length; c++) {
            dRow[c] += dLogit * weights[v][c];
          }
        }
      }
      for (int c = 0; c < dRow.length; c++) {
        set(dx, n, c, dRow[c]);
      }
    }
  }

  private static double logSumExp(double[] row) {
    double highest = Arrays.stream(row).max().orElseThrow();
    return highest + Math.log(Arrays.stream(row).map(value -> Math.exp(value - highest)).sum());
  }
}
