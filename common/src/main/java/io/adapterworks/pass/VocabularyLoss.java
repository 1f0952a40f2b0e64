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
    Optional<Long> place = batch.scored().flatMap(tokens -> placeOf(tokens, states, room));
    if (place.isEmpty()) {
      LossOps.Scored all = new LossOps.Scored(states, batch.labels(), scale, states, loss);
      engine.loss().vocabularyCrossEntropy(head, all, room);
      return;
    }
    ScoredTokens tokens = batch.scored().orElseThrow();
    long spare = states.spareColumns();
    Tensor whole = states.withSpare(spare);
    Tensor picked = room.view(place.get(), Shape.of(tokens.count(), whole.columns()));
    engine.sequence().gather(whole, tokens.rows(), Write.SET, picked);
    Tensor x = picked.sparing(spare);
    engine
        .loss()
        .vocabularyCrossEntropy(
            head,
            new LossOps.Scored(x, tokens.labels(), scale, x, loss),
            room.view(0, Shape.of(place.get())));
    engine.sequence().gather(picked, tokens.places(), Write.SET, whole);
  }

  /** Where in the room the scored tokens go; empty where they leave too little of it. */
  private Optional<Long> placeOf(ScoredTokens tokens, Tensor states, Tensor room) {
    long needed = tokens.count() * (states.columns() + states.spareColumns());
    long left = room.shape().elements() - needed;
    return left >= ALIGNMENT + room(Math.min(tokens.count(), FEWEST_ROWS))
        ? Optional.of(left / ALIGNMENT * ALIGNMENT)
        : Optional.empty();
  }
}
