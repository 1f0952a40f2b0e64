package io.adapterworks.pass;

import io.adapterworks.engine.AttentionShape;
import java.util.Arrays;

/**
 * The keys and values of every token so far, for each layer and sequence, in host memory, and the
 * attention of one new token over them. Its arithmetic is small beside that of the linear layers,
 * which stay on the engine.
 */
final class KvCache {
  private final AttentionShape shape;
  private final int capacity;
  private final float[][][] keys;
  private final float[][][] values;
  private final int[] lengths;
  private final float[] scores;

  /**
   * @param capacity the most tokens of a sequence
   */
  KvCache(AttentionShape shape, int layers, int sequences, int capacity) {
    this.shape = shape;
    this.capacity = capacity;
    int elements = Math.multiplyExact(shape.kvWidth(), capacity);
    // A head's keys lie dimension by dimension, its values token by token: both loops of attention
    // then run over neighbours, which the compiler vectorises.
    this.keys = new float[layers][sequences][elements];
    this.values = new float[layers][sequences][elements];
    this.lengths = new int[sequences];
    this.scores = new float[capacity];
  }

  /** Tokens of a sequence that every layer has seen. */
  int length(int sequence) {
    return lengths[sequence];
  }

  int capacity() {
    return capacity;
  }

  /** Counts a sequence's new tokens, once every layer has stored them. */
  void advance(int sequence, int tokens) {
    lengths[sequence] += tokens;
  }

  /**
   * Stores the key and value of one token.
   *
   * @param position the token's place in its sequence
   * @param rows (…, H·D + 2·kvHeads·D): queries, keys and values side by side
   * @param offset of the token's row
   */
  void store(Slot slot, int position, float[] rows, int offset) {
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
  record Slot(int layer, int sequence) {}

  /** Sets out[at, at + H·D) to the attention of the token at {@code position} over all before. */
  void attend(Slot slot, int position, float[] rows, int offset, float[] out) {
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
}
