package io.adapterworks.cluster;

import io.adapterworks.tokenize.Tokenizer;
import java.util.Iterator;
import org.apache.spark.api.java.function.FlatMapFunction;

/**
 * Tokenises texts on an executor, with the tokenizer of the base model there.
 *
 * @param maxTokens longer texts are cut
 */
record EncodeTask(ModelSpec spec, int maxTokens)
    implements FlatMapFunction<Iterator<String>, int[]> {
  @Override
  public Iterator<int[]> call(Iterator<String> texts) {
    Tokenizer tokenizer = ExecutorDevices.tokenizer(spec);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return texts.hasNext();
      }

      @Override
      public int[] next() {
        return tokenizer.encode(texts.next(), maxTokens);
      }
    };
  }
}
