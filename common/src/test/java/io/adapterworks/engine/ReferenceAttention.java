package io.adapterworks.engine;

import static io.adapterworks.engine.ReferenceStorage.add;
import static io.adapterworks.engine.ReferenceStorage.get;
import static io.adapterworks.engine.ReferenceStorage.integer;
import static io.adapterworks.engine.ReferenceStorage.set;

import io.adapterworks.tensor.Tensor;

/** {@link AttentionOps} in float64, one row of scores at a time. */
final class ReferenceAttention implements AttentionOps {
  /** One query head, with the key/value head it reads. */
  private record Head(AttentionShape shape, int query, int kv) {
    Head(AttentionShape shape, int query) {
      this(shape, query, query / (shape.heads() / shape.kvHeads()));
    }

    double dot(Tensor a, int aHead, long aRow, Tensor b, int bHead, long bRow) {
      double sum = 0;
      for (int d = 0; d < shape.headDim(); d++) {
        sum +=
            get(a, aRow, (long) aHead * shape.headDim() + d)
                * get(b, bRow, (long) bHead * shape.headDim() + d);
      }
      return sum;
    }

    void addRow(Tensor to, int toHead, long toRow, double factor, double[] row) {
      for (int d = 0; d < row.length; d++) {
        add(to, toRow, (long) toHead * shape.headDim() + d, factor * row[d]);
      }
    }

    double[] row(Tensor from, int head, long row) {
      double[] values = new double[shape.headDim()];
      for (int d = 0; d < values.length; d++) {
        values[d] = get(from, row, (long) head * shape.headDim() + d);
      }
      return values;
    }
  }

  /** The keys [first, end) that token {@code n} of a segment sees. */
  private static int end(AttentionShape shape, Segments segments, int segment, int n) {
    return shape.mask() == AttentionShape.Mask.CAUSAL ? n + 1 : segments.start(segment + 1);
  }

  /** What dropout multiplies the weight of key {@code place} of n's sequence with. */
  private static double kept(AttentionShape shape, int head, int n, int place) {
    return shape.dropout().map(d -> ReferencePhilox.attentionFactor(d, head, n, place)).orElse(1.0);
  }

  private static void clear(Tensor tensor) {
    new ReferenceTransfer().fill(tensor, 0);
  }

  @Override
  public void forward(AttentionShape shape, Segments segments, AttentionOperands tensors) {
    Tensor q = tensors.q();
    Tensor k = tensors.k();
    Tensor v = tensors.v();
    Tensor out = tensors.out();
    Tensor logSumExp = tensors.logSumExp();
    clear(out);
    for (int h = 0; h < shape.heads(); h++) {
      Head head = new Head(shape, h);
      for (int s = 0; s < segments.count(); s++) {
        for (int n = segments.start(s); n < segments.start(s + 1); n++) {
          int first = segments.start(s);
          double[] scores = new double[end(shape, segments, s, n) - first];
          double highest = Double.NEGATIVE_INFINITY;
          for (int m = 0; m < scores.length; m++) {
            scores[m] = shape.scale() * head.dot(q, h, n, k, head.kv, first + m);
            highest = Math.max(highest, scores[m]);
          }
          double sum = 0;
          for (double score : scores) {
            sum += Math.exp(score - highest);
          }
          double logSum = highest + Math.log(sum);
          set(logSumExp, h, n, logSum);
          for (int m = 0; m < scores.length; m++) {
            double weight = kept(shape, h, n, m) * Math.exp(scores[m] - logSum);
            head.addRow(out, h, n, weight, head.row(v, head.kv, first + m));
          }
        }
      }
    }
  }

  @Override
  public void backward(AttentionShape shape, Segments segments, AttentionGradient gradient) {
    clear(gradient.dq());
    clear(gradient.dk());
    clear(gradient.dv());
    for (int h = 0; h < shape.heads(); h++) {
      Head head = new Head(shape, h);
      for (int s = 0; s < segments.count(); s++) {
        for (int n = segments.start(s); n < segments.start(s + 1); n++) {
          for (int m = segments.start(s); m < end(shape, segments, s, n); m++) {
            double kept = kept(shape, h, n, m - segments.start(s));
            backwardPair(head, gradient, new Pair(n, m, kept));
          }
        }
      }
    }
  }

  /** A query, a key, and what dropout multiplies the weight between them with. */
  private record Pair(int query, int key, double kept) {}

  private static void backwardPair(Head head, AttentionGradient g, Pair pair) {
    AttentionOperands f = g.forward();
    int n = pair.query;
    int m = pair.key;
    double scale = head.shape.scale();
    int h = head.query;
    double weight =
        Math.exp(scale * head.dot(f.q(), h, n, f.k(), head.kv, m) - get(f.logSumExp(), h, n));
    double delta = head.dot(g.dOut(), h, n, f.out(), h, n);
    double dWeight = pair.kept * head.dot(g.dOut(), h, n, f.v(), head.kv, m);
    double dScore = weight * (dWeight - delta);
    head.addRow(g.dv(), head.kv, m, pair.kept * weight, head.row(g.dOut(), h, n));
    head.addRow(g.dq(), h, n, scale * dScore, head.row(f.k(), head.kv, m));
    head.addRow(g.dk(), head.kv, m, scale * dScore, head.row(f.q(), h, n));
  }

  @Override
  public void rotate(Tensor x, int headDim, Tensor table, Tensor positions) {
    turn(x, headDim, table, positions, 1);
  }

  @Override
  public void rotateBack(Tensor dx, int headDim, Tensor table, Tensor positions) {
    turn(dx, headDim, table, positions, -1);
  }

  private static void turn(Tensor x, int headDim, Tensor table, Tensor positions, int direction) {
    int half = headDim / 2;
    for (long n = 0; n < x.rows(); n++) {
      long position = integer(positions, n);
      for (long start = 0; start < x.columns(); start += headDim) {
        for (int i = 0; i < half; i++) {
          double cos = get(table, position, i);
          double sin = direction * get(table, position, half + i);
          double first = get(x, n, start + i);
          double second = get(x, n, start + half + i);
          set(x, n, start + i, first * cos - second * sin);
          set(x, n, start + half + i, second * cos + first * sin);
        }
      }
    }
  }
}
