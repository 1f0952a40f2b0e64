package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What {@link CachedAttentionOps} promises of engines that have it: the last token of each sequence
 * sees what it sees in the reference's attention over whole sequences.
 */
public interface CachedAttentionContract {
  int CAPACITY = 80;
  List<Integer> SEQUENCES = List.of(1, 7, CAPACITY, 33);

  EnginePair pair(DType computeType);

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void attentionOverTheCacheMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      check(pair, new AttentionShape(4, 4, 8, 0.3f, AttentionShape.Mask.CAUSAL, Optional.empty()));
      check(pair, new AttentionShape(6, 2, 64, 0.1f, AttentionShape.Mask.CAUSAL, Optional.empty()));
      check(
          pair, new AttentionShape(3, 1, 200, 0.1f, AttentionShape.Mask.CAUSAL, Optional.empty()));
    }
  }

  private static void check(EnginePair pair, AttentionShape shape) {
    Twin starts = pair.starts(SEQUENCES.stream().mapToInt(Integer::intValue).toArray());
    int tokens = 0;
    for (int length : SEQUENCES) {
      tokens += length;
    }
    int[] places = new int[tokens];
    int[] last = new int[SEQUENCES.size()];
    int n = 0;
    for (int s = 0; s < SEQUENCES.size(); s++) {
      for (int position = 0; position < SEQUENCES.get(s); position++) {
        last[s] = n;
        places[n++] = s * CAPACITY + position;
      }
    }
    DType type = pair.computeType();
    long width = shape.queryWidth() + 2L * shape.kvWidth();
    Twin rows = pair.normal(type, tokens, width);
    Twin newest = pair.empty(type, SEQUENCES.size(), width);
    pair.both(side -> copyRows(side, rows, last, side.of(newest)));
    Twin allPlaces = pair.integers(places);
    int[] newestPlaces = new int[last.length];
    for (int s = 0; s < last.length; s++) {
      newestPlaces[s] = places[last[s]];
    }
    Twin lastPlaces = pair.integers(newestPlaces);
    long room = (long) SEQUENCES.size() * CAPACITY;
    Twin keys = pair.poisoned(type, room, shape.kvWidth());
    Twin values = pair.poisoned(type, room, shape.kvWidth());
    Twin whole = pair.empty(type, tokens, shape.queryWidth());
    Twin logSum = pair.empty(DType.FLOAT32, shape.heads(), tokens);
    Twin out = pair.poisoned(type, SEQUENCES.size(), shape.queryWidth());
    pair.both(
        side -> {
          Optional<CachedAttentionOps> ops = side.engine().cachedAttention();
          Segments segments = side.segments(starts);
          if (ops.isPresent()) {
            var cache = new CachedAttentionOps.Cache(side.of(keys), side.of(values), CAPACITY);
            Tensor all = side.of(rows);
            ops.get().store(key(shape, all), value(shape, all), side.of(allPlaces), cache);
            Tensor query = side.of(newest).columns(0, shape.queryWidth());
            ops.get().attend(shape, query, side.of(lastPlaces), cache, side.of(out));
          } else {
            Tensor all = side.of(rows);
            side.engine()
                .attention()
                .forward(
                    shape,
                    segments,
                    new AttentionOperands(
                        all.columns(0, shape.queryWidth()),
                        key(shape, all),
                        value(shape, all),
                        side.of(whole),
                        side.of(logSum)));
            copyRows(side, whole, last, side.of(out));
          }
        });
    pair.assertClose("cached attention " + shape, out);
  }

  private static Tensor key(AttentionShape shape, Tensor rows) {
    return rows.columns(shape.queryWidth(), shape.kvWidth());
  }

  private static Tensor value(AttentionShape shape, Tensor rows) {
    return rows.columns(shape.queryWidth() + (long) shape.kvWidth(), shape.kvWidth());
  }

  private static void copyRows(EnginePair.Side side, Twin from, int[] rows, Tensor to) {
    for (int i = 0; i < rows.length; i++) {
      side.engine().transfer().cast(side.of(from).rows(rows[i], 1), to.rows(i, 1));
    }
  }
}
