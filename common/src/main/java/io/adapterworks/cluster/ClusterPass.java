package io.adapterworks.cluster;

import io.adapterworks.adapter.ParameterLayout;
import io.adapterworks.cluster.InferenceTask.Output;
import io.adapterworks.pass.SequenceClassifier;
import io.adapterworks.pass.TrainablePass;
import io.adapterworks.tokenize.TokenBatch;
import java.util.List;

/**
 * A model whose devices are executors': every call is one Spark stage. A batch's gradient is the
 * sum over its parts, so that training on this pass is training on one device, whatever the number
 * of executors; only roundings differ.
 */
public class ClusterPass implements TrainablePass {
  private final TrainingExecutors executors;
  private final ParameterLayout layout;
  private final int outputs;
  private float[] parameters;

  /**
   * @param outputs the number of classes, or the size of the vocabulary
   * @param parameters (P) the values to start from
   */
  public ClusterPass(
      TrainingExecutors executors, ParameterLayout layout, int outputs, float[] parameters) {
    this.executors = executors;
    this.layout = layout;
    this.outputs = outputs;
    this.parameters = parameters.clone();
  }

  @Override
  public ParameterLayout layout() {
    return layout;
  }

  @Override
  public int outputs() {
    return outputs;
  }

  @Override
  public void setParameters(float[] values) {
    parameters = values.clone();
  }

  @Override
  public double lossAndGradient(TokenBatch batch, long dropoutSeed, float[] gradient) {
    ShareResult sum = executors.gradient(batch, dropoutSeed, parameters);
    System.arraycopy(sum.values(), 0, gradient, 0, gradient.length);
    return sum.steps().get(0).loss();
  }

  @Override
  public double loss(TokenBatch batch) {
    return losses(List.of(batch))[0];
  }

  @Override
  public double[] losses(List<TokenBatch> batches) {
    return infer(Output.LOSS, batches).stream().mapToDouble(loss -> loss[0]).toArray();
  }

  /** Runs the model forward over every batch. */
  final List<float[]> infer(Output output, List<TokenBatch> batches) {
    return executors.infer(output, batches, parameters);
  }

  /** Leaves the executors their model, which the next run may use. */
  @Override
  public void close() {}

  /** A classifier on executors. */
  public static final class Classifier extends ClusterPass implements SequenceClassifier {
    private final int embeddingWidth;

    /**
     * @param embeddingWidth C
     */
    public Classifier(
        TrainingExecutors executors,
        ParameterLayout layout,
        int embeddingWidth,
        float[] parameters) {
      super(executors, layout, layout.head().orElseThrow().head().labels(), parameters);
      this.embeddingWidth = embeddingWidth;
    }

    @Override
    public float[] logits(TokenBatch batch) {
      return logits(List.of(batch)).get(0);
    }

    @Override
    public List<float[]> logits(List<TokenBatch> batches) {
      return infer(Output.LOGITS, batches);
    }

    @Override
    public float[] embeddings(TokenBatch batch) {
      return embeddings(List.of(batch)).get(0);
    }

    @Override
    public List<float[]> embeddings(List<TokenBatch> batches) {
      return infer(Output.EMBEDDINGS, batches);
    }

    @Override
    public int embeddingWidth() {
      return embeddingWidth;
    }
  }
}
