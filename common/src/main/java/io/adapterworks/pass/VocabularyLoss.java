package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.LossOps;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import java.util.Optional;

/**
 * A decoder's loss. Only tokens that are scored are multiplied with the vocabulary, where leaving
 * the others out is worth it and there is room to put the scored ones side by side.
 */
final class VocabularyLoss {
  /** Rows of logits that must fit beside the scored tokens: as many as products work well with. */
  private static final long FEWEST_ROWS = 128;

  /** Elements: tensors within a room begin at multiples of it. */
  private static final long ALIGNMENT = 128;

  private final Engine engine;
  private final FrozenLinear head;

  VocabularyLoss(Engine engine, FrozenLinear head) {
    this.engine = engine;
    this.head = head;
  }

  /** Elements of memory for so many rows of logits at a time. */
  long room(long rows) {
    return engine.loss().vocabularyRoom(head, rows);
  }

  /**
   * Sets loss(2) to the mean and the number of right tokens.
   *
   * @param scored tokens with a label
   * @param states (N, C): the last hidden states, normalised; they become their gradient
   * @param room compute type: memory that nobody needs meanwhile
   */
  void run(DeviceBatch batch, int scored, Tensor states, Tensor room, Tensor loss) {
    engine.transfer().fill(loss, 0);
    float scale = 1f / scored;
    Optional<ScoredTokens> picks = batch.scored().filter(tokens -> fits(tokens, states, room));
    if (picks.isEmpty()) {
      LossOps.Scored all = new LossOps.Scored(states, batch.labels(), scale, states, loss);
      engine.loss().vocabularyCrossEntropy(head, all, room);
      return;
    }
    ScoredTokens tokens = picks.get();
    long place = place(tokens, states, room);
    long spare = states.spareColumns();
    Tensor whole = states.withSpare(spare);
    Tensor picked = room.view(place, Shape.of(tokens.count(), whole.columns()));
    engine.sequence().gather(whole, tokens.rows(), Write.SET, picked);
    Tensor x = picked.sparing(spare);
    engine
        .loss()
        .vocabularyCrossEntropy(
            head,
            new LossOps.Scored(x, tokens.labels(), scale, x, loss),
            room.view(0, Shape.of(place)));
    engine.sequence().gather(picked, tokens.places(), Write.SET, whole);
  }

  /** Whether enough of the room is left for logits. */
  private boolean fits(ScoredTokens tokens, Tensor states, Tensor room) {
    return place(tokens, states, room) >= room(Math.min(tokens.count(), FEWEST_ROWS));
  }

  /** Where in the room the scored tokens go: at its end; negative where it is too small. */
  private static long place(ScoredTokens tokens, Tensor states, Tensor room) {
    long needed = tokens.count() * (states.columns() + states.spareColumns());
    return Math.floorDiv(room.shape().elements() - needed, ALIGNMENT) * ALIGNMENT;
  }
}
