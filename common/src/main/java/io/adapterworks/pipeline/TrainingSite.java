package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.pass.SequenceClassifier;
import io.adapterworks.train.TrainingData;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingResult;
import io.adapterworks.train.TrainingState;
import java.util.List;

/** Where an adapter is trained: in this process, or on Spark's executors. */
public interface TrainingSite extends AutoCloseable {
  /** What computes there. */
  EngineInfo engine();

  /** What decides the adapter's bytes here beyond the configuration; empty for one worker's. */
  String arithmetic();

  /** The token ids of each text, in the texts' order. */
  List<int[]> encode(List<String> texts);

  /** The model with an adapter on it; the caller closes it. */
  SequenceClassifier classifier(LoraAdapter adapter);

  /**
   * A decoder with an adapter on it; the caller closes it.
   *
   * @throws io.adapterworks.error.AdapterworksException CONFIGURATION, where decoders cannot be
   *     trained
   */
  LlamaPass decoder(LoraAdapter adapter, PassOptions memory);

  /**
   * Trains a classifier of this site to the end.
   *
   * @param from where to begin
   */
  TrainingResult train(
      SequenceClassifier classifier,
      TrainingData data,
      TrainingState from,
      TrainingObserver observer);

  @Override
  void close();
}
