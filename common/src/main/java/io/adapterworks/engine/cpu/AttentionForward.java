package io.adapterworks.engine.cpu;

import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.Segments;
import io.adapterworks.tensor.Tensor;

/** Attention of one group of blocks, some query rows at a time. */
final class AttentionForward {
  private final CpuContext context;
  private final AttentionScores scores;
  private final AttentionDropout dropout;

  AttentionForward(CpuContext context, AttentionScores scores, AttentionDropout dropout) {
    this.context = context;
    this.scores = scores;
    this.dropout = dropout;
  }

  /** Sets {@code attended} (packed rows, H·D) and the group's part of logSumExp. */
  void run(
      AttentionShape shape,
      Segments segments,
      AttentionPlan.Group group,
      Tensor packed,
      Tensor attended,
      Tensor logSumExp) {
    int width = context.computeType().bytes();
    long values = scores.address(packed, shape.rotatedWidth());
    for (int from = 0; from < group.length(); ) {
      AttentionTile tile = scores.tile(shape, group, from);
      long raw = scores.floats(Scratch.Purpose.SCORES, tile);
      long softmax = scores.floats(Scratch.Purpose.PROBABILITIES, tile);
      scores.compute(segments, group, tile, packed, raw);
      context.dnnl().run(tile.softmaxSpec(), raw, softmax);
      LogSumExp.store(context.scratch(), tile, group, logSumExp);
      shape
          .dropout()
          .ifPresent(
              drop -> drop(drop, new AttentionDropout.Place(segments, group, tile), softmax));
      long probabilities = scores.converted(Scratch.Purpose.PROBABILITIES_GRADIENT, tile, softmax);
      for (int j = 0; j < tile.sharing(); j++) {
        context
            .dnnl()
            .run(
                tile.outSpec(),
                probabilities + tile.scoreOffset(j) * width,
                values,
                scores.address(attended, tile.queryOffset(shape.queryWidth(), j)));
      }
      from += tile.queries();
    }
  }

  private void drop(Dropout drop, AttentionDropout.Place place, long softmax) {
    dropout.multiply(place.tile(), drop, dropout.mask(drop, place), softmax, softmax);
  }
}
