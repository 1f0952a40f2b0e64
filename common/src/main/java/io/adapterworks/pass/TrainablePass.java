package io.adapterworks.pass;

import io.adapterworks.adapter.ParameterLayout;
import io.adapterworks.tokenize.TokenBatch;
import java.util.List;

/**
 * A frozen base model with an adapter on one engine: what a trainer needs of it. The adapter's
 * parameters and their gradient cross as one flat float32 vector, laid out by {@link #layout}.
 *
 * <p>Used by one thread at a time.
 */
public interface TrainablePass extends AutoCloseable {
  /** The trained parameters' names, shapes and places in the flat vector. */
  ParameterLayout layout();

  /** L: the number of classes, or the size of the vocabulary. */
  int outputs();

  /**
   * Refuses batches that the device's memory cannot hold, before any is run.
   *
   * @param tokens the most of any batch
   * @throws io.adapterworks.error.AdapterworksException DEVICE, with the numbers
   */
  default void prepare(long tokens) {}

  /** Copies the flat vector (P) to the device; every later call uses it. */
  void setParameters(float[] parameters);

  /**
   * The mean loss over the batch's scored labels, dropout on, and its gradient. Of the parts of a
   * batch, weighted by their scored labels, the mean is the whole batch's: they drop out what the
   * whole batch drops out.
   *
   * @param dropoutSeed decides the dropout masks of this step
   * @param gradient (P), set
   */
  double lossAndGradient(TokenBatch batch, long dropoutSeed, float[] gradient);

  /** The mean loss over the batch's scored labels, dropout off. */
  double loss(TokenBatch batch);

  /** {@link #loss} of each batch. */
  default double[] losses(List<TokenBatch> batches) {
    return batches.stream().mapToDouble(this::loss).toArray();
  }

  @Override
  void close();
}
