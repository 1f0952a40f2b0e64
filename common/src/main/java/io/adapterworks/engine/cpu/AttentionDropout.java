package io.adapterworks.engine.cpu;

import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.Segments;
import io.adapterworks.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/**
 * Drops attention weights. A mask is counted by query and key, whatever block a sequence lies in,
 * and is laid out as the scores of a tile are. It is made again for backward, which takes less time
 * than the multiplications that use it.
 */
final class AttentionDropout {
  private static final int LANES = 8;

  private final CpuContext context;
  private final Maker[] makers;

  AttentionDropout(CpuContext context) {
    this.context = context;
    this.makers = new Maker[context.team().size()];
    Arrays.setAll(makers, i -> new Maker());
  }

  /** A tile of a group, whose weights are to be dropped. */
  record Place(Segments segments, AttentionPlan.Group group, AttentionTile tile) {}

  /**
   * The address of the mask, a byte for each score, 1 where a weight is kept; undefined where a
   * query does not see the key. Valid until the next call.
   */
  long mask(Dropout dropout, Place place) {
    LongBuffer state = CpuStorage.of(dropout.seed()).block().longs();
    int at = CpuStorage.index(dropout.seed(), 0);
    long seed = state.get(at);
    long origin = state.get(at + 1);
    AttentionTile tile = place.tile;
    ByteBuffer mask =
        context.scratch().block(Scratch.Purpose.ATTENTION_DROPOUT, tile.scores()).view();
    int units = tile.blocks() * tile.shape().heads();
    int threads = makers.length;
    context
        .team()
        .run(
            part -> {
              Maker maker = makers[part];
              maker.begin(dropout, seed, origin, mask);
              for (int u = part * units / threads; u < (part + 1) * units / threads; u++) {
                maker.add(place, u / tile.shape().heads(), u % tile.shape().heads());
              }
              maker.finish();
            });
    return context.scratch().block(Scratch.Purpose.ATTENTION_DROPOUT, tile.scores()).address();
  }

  /**
   * Sets the float32 values at {@code to} to those at {@code from}, dropped out; both may be the
   * same. Float32 only: oneDNN 3.11 has no fast way from there to bfloat16 by way of bytes.
   */
  void multiply(AttentionTile tile, Dropout dropout, long mask, long from, long to) {
    Layout all = tile.allScores(DType.FLOAT32);
    KernelSpec spec =
        new KernelSpec.Binary(
            dnnl.dnnl_binary_mul,
            all,
            tile.allScores(DType.UINT8),
            all,
            List.of(new PostOp.Scale(1f / (1f - dropout.probability()))));
    context.dnnl().run(spec, from, mask, to);
  }

  /** One thread's part: collects counters until there are enough for the vectorised rounds. */
  private static final class Maker {
    private final Philox philox = new Philox();
    private final int[] places = new int[Philox.CHUNK];
    private final int[] widths = new int[Philox.CHUNK];
    private Dropout dropout;
    private long seed;
    private long origin;
    private int head;
    private ByteBuffer mask;
    private int count;

    private void begin(Dropout newDropout, long newSeed, long newOrigin, ByteBuffer newMask) {
      dropout = newDropout;
      seed = newSeed;
      origin = newOrigin;
      mask = newMask;
      count = 0;
    }

    /** All query rows of one head of one block. */
    private void add(Place place, int b, int newHead) {
      head = newHead;
      AttentionTile tile = place.tile;
      AttentionPlan.Block block = place.group.blocks().get(b);
      int at = Math.toIntExact(tile.scoreOffset(b, head));
      int segment = block.firstSegment();
      int last = Math.min(tile.from() + tile.queries(), block.tokens());
      for (int i = tile.from(); i < last; i++) {
        int query = block.start() + i;
        while (place.segments.start(segment + 1) <= query) {
          segment++;
        }
        int begin = place.segments.start(segment) - block.start();
        int end = Math.min(begin + place.segments.length(segment), tile.keys());
        addRow(origin + query, at + (i - tile.from()) * tile.keys() + begin, end - begin);
      }
    }

    private void addRow(long row, int at, int keys) {
      for (int j = 0; j < keys; j += LANES) {
        philox.setCounter(count, j / LANES, row, head);
        places[count] = at + j;
        widths[count] = Math.min(LANES, keys - j);
        if (++count == Philox.CHUNK) {
          finish();
        }
      }
    }

    private void finish() {
      if (count == 0) {
        return;
      }
      long[] bytes = philox.attentionMasks(seed, dropout);
      for (int i = 0; i < count; i++) {
        if (widths[i] == LANES) {
          mask.putLong(places[i], bytes[i]);
        } else {
          for (int lane = 0; lane < widths[i]; lane++) {
            mask.put(places[i] + lane, (byte) (bytes[i] >>> (8 * lane)));
          }
        }
      }
      count = 0;
    }
  }
}
