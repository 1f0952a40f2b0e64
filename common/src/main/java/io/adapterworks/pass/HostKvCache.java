package io.adapterworks.pass;

import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Engine;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.Arrays;
import java.util.List;

/**
 * The keys and values of every token so far, for each layer and sequence, in host memory, and the
 * attention of one new token over them. Its arithmetic is small beside that of the linear layers,
 * which stay on the engine.
 */
final class HostKvCache implements KvCache {
  private final Engine engine;
  private final AttentionShape shape;
  private final int capacity;
  private final float[][][] keys;
  private final float[][][] values;
  private final float[] scores;
  private int[][] places = {};

  /**
   * @param capacity the most tokens of a sequence
   */
  HostKvCache(Engine engine, AttentionShape shape, int layers, int sequences, int capacity) {
    this.engine = engine;
    this.shape = shape;
    this.capacity = capacity;
    int elements = Math.multiplyExact(shape.kvWidth(), capacity);
    // A head's keys lie dimension by dimension, its values token by token: both loops of attention
    // then run over neighbours, which the compiler vectorises.
    this.keys = new float[layers][sequences][elements];
    this.values = new float[layers][sequences][elements];
    this.scores = new float[capacity];
  }

  @Override
  public void begin(List<Place> tokens, TensorScope scope) {
    places =
        tokens.stream()
            .map(place -> new int[] {place.sequence(), place.position()})
            .toArray(int[][]::new);
  }

  @Override
  public void store(int layer, Tensor queryKeyValue) {
    float[] rows = Downloads.floats(engine, queryKeyValue);
    int width = rows.length / places.length;
    for (int n = 0; n < places.length; n++) {
      store(new Slot(layer, places[n][0]), places[n][1], rows, n * width);
    }
  }

  @Override
  public void attend(int layer, Tensor queryKeyValue, Tensor context) {
    float[] rows = Downloads.floats(engine, queryKeyValue);
    int width = rows.length / places.length;
    float[] attended = new float[places.length * shape.queryWidth()];
    for (int n = 0; n < places.length; n++) {
      Slot slot = new Slot(layer, places[n][0]);
      store(slot, places[n][1], rows, n * width);
      attend(slot, places[n][1], rows, n * width, attended);
    }
    for (int n = 0; n < places.length; n++) {
      int from = n * shape.queryWidth();
      float[] row = Arrays.copyOfRange(attended, from, from + shape.queryWidth());
      engine.transfer().upload(row, context.rows(n, 1));
    }
  }

  /**
   * Stores the key and value of one token.
   *
   * @param position the token's place in its sequence
   * @param rows (…, H·D + 2·kvHeads·D): queries, keys and values side by side
   * @param offset of the token's row
   */
  private void store(Slot slot, int position, float[] rows, int offset) {
    int headDim = shape.headDim();
    float[] layerKeys = keys[slot.layer][slot.sequence];
    float[] layerValues = values[slot.layer][slot.sequence];
    int key = offset + shape.queryWidth();
    int value = key + shape.kvWidth();
    for (int i = 0; i < shape.kvWidth(); i++) {
      layerKeys[i * capacity + position] = rows[key + i];
    }
    for (int head = 0; head < shape.kvHeads(); head++) {
      System.arraycopy(
          rows,
          value + head * headDim,
          layerValues,
          (head * capacity + position) * headDim,
          headDim);
    }
  }

  /** A layer and a sequence. */
  private record Slot(int layer, int sequence) {}

  /** Sets out[at, at + H·D) to the attention of the token at {@code position} over all before. */
  private void attend(Slot slot, int position, float[] rows, int offset, float[] out) {
    int at = offset / (shape.queryWidth() + 2 * shape.kvWidth()) * shape.queryWidth();
    int sharing = shape.heads() / shape.kvHeads();
    for (int head = 0; head < shape.heads(); head++) {
      int query = offset + head * shape.headDim();
      score(slot, head / sharing, position + 1, rows, query);
      softmax(position + 1);
      mix(slot, head / sharing, position + 1, out, at + head * shape.headDim());
    }
  }

  private void score(Slot slot, int kvHead, int tokens, float[] rows, int query) {
    float[] layerKeys = keys[slot.layer][slot.sequence];
    Arrays.fill(scores, 0, tokens, 0);
    for (int d = 0; d < shape.headDim(); d++) {
      float q = rows[query + d] * shape.scale();
      int from = (kvHead * shape.headDim() + d) * capacity;
      for (int t = 0; t < tokens; t++) {
        scores[t] += q * layerKeys[from + t];
      }
    }
  }

  private void softmax(int tokens) {
    float highest = Float.NEGATIVE_INFINITY;
    for (int t = 0; t < tokens; t++) {
      highest = Math.max(highest, scores[t]);
    }
    double sum = 0;
    for (int t = 0; t < tokens; t++) {
      scores[t] = (float) Math.exp(scores[t] - highest);
      sum += scores[t];
    }
    float inverse = (float) (1 / sum);
    for (int t = 0; t < tokens; t++) {
      scores[t] *= inverse;
    }
  }

  private void mix(Slot slot, int kvHead, int tokens, float[] out, int at) {
    float[] layerValues = values[slot.layer][slot.sequence];
    int headDim = shape.headDim();
    Arrays.fill(out, at, at + headDim, 0);
    for (int t = 0; t < tokens; t++) {
      float weight = scores[t];
      int from = (kvHead * capacity + t) * headDim;
      for (int d = 0; d < headDim; d++) {
        out[at + d] += weight * layerValues[from + d];
      }
    }
  }

  @Override
  public void close() {}
}
