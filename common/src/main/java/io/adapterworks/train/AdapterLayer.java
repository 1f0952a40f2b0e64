package io.adapterworks.train;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pass.SequenceClassifier;
import io.adapterworks.pass.TrainablePass;
import io.adapterworks.tokenize.LabelScope;
import io.adapterworks.tokenize.TokenBatch;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The adapter while DL4J trains it: takes token ids, gives class probabilities, and fills DL4J's
 * gradient view from the pass. Only the flat parameter and gradient vectors cross.
 */
final class AdapterLayer extends BaseLayer<AdapterOutputLayer> implements IOutputLayer {
  private static final long serialVersionUID = 1L;

  private final transient TrainablePass pass;
  private final transient float[] parameters;
  private final transient float[] gradients;
  private transient INDArray labels;
  private transient TokenBatch placed;
  private long dropoutSeed;

  AdapterLayer(NeuralNetConfiguration conf, DataType dataType, TrainablePass pass) {
    super(conf, dataType);
    this.pass = pass;
    this.parameters = new float[pass.layout().size()];
    this.gradients = new float[pass.layout().size()];
  }

  /**
   * Decides the dropout masks of the next step; a trainer calls it before every step.
   *
   * @param batch what the step is over: its place in the batch that it is a part of
   */
  void setDropout(long seed, TokenBatch batch) {
    this.dropoutSeed = seed;
    this.placed = batch;
  }

  private void uploadParameters() {
    floats(paramsFlattened).get(parameters);
    pass.setParameters(parameters);
  }

  private static FloatPointer floats(INDArray flat) {
    return new FloatPointer(flat.data().addressPointer());
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr manager) {
    uploadParameters();
    TokenBatch batch =
        TokenArrays.toBatch(input, labels, labelScope())
            .at(placed.firstToken(), placed.firstSequence());
    score = pass.lossAndGradient(batch, dropoutSeed, gradients);
    Check.that(
        Double.isFinite(score),
        ErrorCode.NUMERIC,
        "the loss became %s at iteration %d; lower training.learningRate or check the data",
        score,
        getIterationCount());
    floats(gradientsFlattened).put(gradients);
    Gradient gradient = new DefaultGradient(gradientsFlattened);
    for (Map.Entry<String, INDArray> view : gradientViews.entrySet()) {
      gradient.setGradientFor(view.getKey(), view.getValue());
    }
    return new Pair<>(gradient, null);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr manager) {
    SequenceClassifier classifier = classifier();
    uploadParameters();
    TokenBatch batch = TokenArrays.toBatch(input, null, LabelScope.NONE);
    int[] shape = {batch.sequences(), pass.outputs()};
    return Transforms.softmax(Nd4j.create(classifier.logits(batch), shape, 'c'), false);
  }

  private LabelScope labelScope() {
    return pass instanceof SequenceClassifier ? LabelScope.SEQUENCE : LabelScope.TOKEN;
  }

  private SequenceClassifier classifier() {
    if (pass instanceof SequenceClassifier classifier) {
      return classifier;
    }
    throw new AdapterworksException(
        ErrorCode.MODEL, "this adapter generates text; it has no class probabilities to give");
  }

  @Override
  public double computeScore(double regularization, boolean training, LayerWorkspaceMgr manager) {
    if (!training) {
      uploadParameters();
      score = pass.loss(TokenArrays.toBatch(input, labels, labelScope()));
    }
    return score;
  }

  @Override
  public INDArray computeScoreForExamples(double regularization, LayerWorkspaceMgr manager) {
    INDArray probabilities = activate(false, manager);
    return Transforms.log(probabilities, false).mul(labels).sum(true, 1).neg();
  }

  /** Weight decay is decoupled from the loss (AdamW), so it adds nothing to the score. */
  @Override
  public double calcRegularizationScore(boolean backpropOnly) {
    return 0;
  }

  @Override
  public boolean needsLabels() {
    return true;
  }

  @Override
  public void setLabels(INDArray labels) {
    this.labels = labels;
  }

  @Override
  public INDArray getLabels() {
    return labels;
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
  }

  @Override
  public double f1Score(DataSet data) {
    return f1Score(data.getFeatures(), data.getLabels());
  }

  @Override
  public double f1Score(INDArray examples, INDArray truth) {
    Evaluation evaluation = new Evaluation(pass.outputs());
    evaluation.eval(truth, probabilities(examples));
    return evaluation.f1();
  }

  @Override
  @SuppressWarnings("deprecation") // DL4J still asks implementations for it
  public int numLabels() {
    return pass.outputs();
  }

  @Override
  public int[] predict(INDArray examples) {
    return probabilities(examples).argMax(1).toIntVector();
  }

  @Override
  public List<String> predict(DataSet data) {
    return java.util.Arrays.stream(predict(data.getFeatures()))
        .mapToObj(data::getLabelName)
        .toList();
  }

  private INDArray probabilities(INDArray examples) {
    setInput(examples, LayerWorkspaceMgr.noWorkspacesImmutable());
    return activate(false, LayerWorkspaceMgr.noWorkspacesImmutable());
  }

  @Override
  public void fit(DataSetIterator iterator) {
    throw fitsThroughTheNetwork();
  }

  @Override
  public void fit(INDArray examples, INDArray truth) {
    throw fitsThroughTheNetwork();
  }

  @Override
  public void fit(DataSet data) {
    throw fitsThroughTheNetwork();
  }

  @Override
  public void fit(INDArray examples, int[] truth) {
    throw fitsThroughTheNetwork();
  }

  private static AdapterworksException fitsThroughTheNetwork() {
    return new AdapterworksException(
        ErrorCode.USAGE,
        "a layer has no updater of its own; call fit of the network that holds it");
  }
}
