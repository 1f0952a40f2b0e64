package io.adapterworks.cluster;

import io.adapterworks.tokenize.TokenBatch;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;

/** Runs the model forward over a batch, dropout off, on the executor. */
record InferenceTask(ModelSpec spec, Broadcast<RoundState> state, Output output)
    implements Function<TokenBatch, float[]> {
  /** What is asked for. */
  enum Output {
    /** (1): the mean loss. */
    LOSS,
    /** (S, L). */
    LOGITS,
    /** (S, C): the pooled representation. */
    EMBEDDINGS
  }

  @Override
  public float[] call(TokenBatch batch) {
    return ExecutorDevices.run(
            spec,
            model -> {
              model.pass().setParameters(state.value().parameters());
              return switch (output) {
                case LOSS -> new float[] {(float) model.pass().loss(batch)};
                case LOGITS -> model.classifier().logits(batch);
                case EMBEDDINGS -> model.classifier().embeddings(batch);
              };
            })
        .result();
  }
}
