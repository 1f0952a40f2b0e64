package io.adapterworks.train;

import io.adapterworks.tokenize.LabelScope;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Token batches as DL4J sees them. Features (S, T) hold token ids, {@value #PADDING} after a
 * sequence's end; labels are one-hot (S, L) for classes, or (S, T) token ids for language models,
 * {@value TokenBatch#IGNORED} where nothing is scored.
 */
final class TokenArrays {
  /** Not a token: the place is past the end of its sequence. */
  static final int PADDING = -1;

  private TokenArrays() {}

  /** The batch as DL4J's features and labels; {@code outputs} is L. */
  static DataSet toDataSet(TokenBatch batch, int outputs) {
    int longest = batch.maxLength();
    int[] ids = batch.ids();
    int[] starts = batch.starts();
    int[] labels = batch.labels();
    float[] features = filled(batch.sequences() * longest, PADDING);
    boolean classes = batch.scope() == LabelScope.SEQUENCE;
    float[] targets =
        classes
            ? new float[batch.sequences() * outputs]
            : filled(batch.sequences() * longest, TokenBatch.IGNORED);
    for (int s = 0; s < batch.sequences(); s++) {
      for (int i = starts[s]; i < starts[s + 1]; i++) {
        int place = s * longest + i - starts[s];
        features[place] = ids[i];
        if (batch.scope() == LabelScope.TOKEN) {
          targets[place] = labels[i];
        }
      }
      if (classes) {
        targets[s * outputs + labels[s]] = 1;
      }
    }
    int width = classes ? outputs : longest;
    return new DataSet(
        Nd4j.create(features, new int[] {batch.sequences(), longest}, 'c'),
        Nd4j.create(targets, new int[] {batch.sequences(), width}, 'c'));
  }

  /** The way back. {@code labels} may be null, for prediction. */
  static TokenBatch toBatch(INDArray features, INDArray labels, LabelScope scope) {
    int sequences = (int) features.size(0);
    float[] ids = features.dup('c').data().asFloat();
    int longest = (int) features.size(1);
    float[] targets = labels == null ? new float[0] : labels.dup('c').data().asFloat();
    List<TokenRow> rows = new ArrayList<>(sequences);
    for (int s = 0; s < sequences; s++) {
      int length = 0;
      while (length < longest && ids[s * longest + length] != PADDING) {
        length++;
      }
      int[] row = integers(ids, s * longest, length);
      rows.add(
          labels == null || scope == LabelScope.NONE
              ? TokenRow.unlabelled(row)
              : scope == LabelScope.SEQUENCE
                  ? TokenRow.classified(row, hottest(targets, s, targets.length / sequences))
                  : TokenRow.scored(row, integers(targets, s * longest, length)));
    }
    return TokenBatch.of(rows);
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }

  private static int[] integers(float[] from, int start, int length) {
    int[] values = new int[length];
    for (int i = 0; i < length; i++) {
      values[i] = (int) from[start + i];
    }
    return values;
  }

  private static int hottest(float[] targets, int row, int width) {
    int best = 0;
    for (int i = 1; i < width; i++) {
      if (targets[row * width + i] > targets[row * width + best]) {
        best = i;
      }
    }
    return best;
  }
}
