package io.adapterworks.engine;

import static io.adapterworks.engine.ReferenceStorage.get;
import static io.adapterworks.engine.ReferenceStorage.integer;
import static io.adapterworks.engine.ReferenceStorage.set;
import static io.adapterworks.engine.ReferenceStorage.write;

import io.adapterworks.tensor.Tensor;

/** {@link SequenceOps} in float64. */
final class ReferenceSequence implements SequenceOps {
  @Override
  public void gather(Tensor table, Tensor ids, Write write, Tensor y) {
    for (long n = 0; n < y.rows(); n++) {
      for (long c = 0; c < y.columns(); c++) {
        write(write, y, n, c, get(table, integer(ids, n), c));
      }
    }
  }

  @Override
  public void meanPoolForward(Tensor x, Segments segments, Tensor y) {
    for (int s = 0; s < segments.count(); s++) {
      for (long c = 0; c < y.columns(); c++) {
        double sum = 0;
        for (int n = segments.start(s); n < segments.start(s + 1); n++) {
          sum += get(x, n, c);
        }
        set(y, s, c, sum / segments.length(s));
      }
    }
  }

  @Override
  public void meanPoolBackward(Tensor dy, Segments segments, Tensor dx) {
    for (int s = 0; s < segments.count(); s++) {
      for (int n = segments.start(s); n < segments.start(s + 1); n++) {
        for (long c = 0; c < dx.columns(); c++) {
          set(dx, n, c, get(dy, s, c) / segments.length(s));
        }
      }
    }
  }

  @Override
  public void firstTokenForward(Tensor x, Segments segments, Tensor y) {
    for (int s = 0; s < segments.count(); s++) {
      for (long c = 0; c < y.columns(); c++) {
        set(y, s, c, get(x, segments.start(s), c));
      }
    }
  }

  @Override
  public void firstTokenBackward(Tensor dy, Segments segments, Tensor dx) {
    new ReferenceTransfer().fill(dx, 0);
    for (int s = 0; s < segments.count(); s++) {
      for (long c = 0; c < dx.columns(); c++) {
        set(dx, segments.start(s), c, get(dy, s, c));
      }
    }
  }
}
