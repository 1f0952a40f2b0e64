package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pipeline.ClassifierTraining.Trained;
import io.adapterworks.registry.AdapterDraft;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingState;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What tells the training of one task from that of another. */
interface TaskTraining {
  /** The name of the table that is trained on. */
  String datasetTable();

  /** The version of that table: the dataset version. */
  long datasetVersion();

  /** Fails where the dataset has nothing to train on. */
  void requireExamples();

  /** Fails where the dataset has nothing to test a version on. */
  void requireTest();

  /** What the manifest says of the task. */
  AdapterDraft.Task task();

  /**
   * Trains to the end.
   *
   * @param from a checkpoint to go on from, or empty to begin
   */
  Trained train(
      BaseModel base, TrainingSite site, TrainingObserver observer, Optional<TrainingState> from);

  /** The test split's metrics, which need no other model. */
  Map<String, Double> metrics(BaseModel base, TrainingSite site, LoraAdapter adapter);

  /** Adds what the adapter needs beside PEFT's files. */
  void addFiles(Path prepared);
}
