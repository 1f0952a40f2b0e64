package io.adapterworks.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.TestSpark;
import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.engine.EngineSettings.Device;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.TinyBert;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.EncoderDropout;
import io.adapterworks.train.EpochMetrics;
import io.adapterworks.train.PassSteps;
import io.adapterworks.train.StepRunner;
import io.adapterworks.train.Trainer;
import io.adapterworks.train.TrainingConfig;
import io.adapterworks.train.TrainingConfig.Decay;
import io.adapterworks.train.TrainingConfig.EarlyStopping;
import io.adapterworks.train.TrainingData;
import io.adapterworks.train.TrainingNotes;
import io.adapterworks.train.TrainingResult;
import io.adapterworks.train.TrainingState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Rounds in this process, on a model of random weights: what they lead to, bit by bit. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterRoundsTest {
  private static final long SEED = 5;
  private static final EngineSettings ENGINE =
      new EngineSettings(Device.CPU, ComputeType.FLOAT32, 1);
  private static final LoraConfig LORA =
      new LoraConfig(
          4,
          8,
          0.3,
          List.of("all-linear"),
          Optional.empty(),
          List.of(),
          false,
          false,
          Map.of(),
          Map.of());

  private BaseModel base;
  private LoraAdapter initial;
  private TrainingData data;

  @BeforeAll
  void open(@TempDir Path folder) {
    base = TinyBert.write(folder);
    initial = LoraAdapter.initialise(base, LORA, Optional.of(new Head(3, Head.Pooling.MEAN)), SEED);
    data = new TrainingData(TinyBert.rows(100, 1), TinyBert.rows(40, 2));
  }

  @AfterAll
  void close() {
    base.close();
  }

  /** Five epochs of ten steps. */
  private static TrainingConfig config(int checkpointEverySteps) {
    return new TrainingConfig(
        5,
        10,
        1e-2,
        1,
        0.1,
        Decay.LINEAR,
        0.01,
        1,
        0.1,
        4,
        0.9,
        0.999,
        1e-8,
        new EarlyStopping(0, 0),
        checkpointEverySteps);
  }

  private TrainingExecutors executors(int devices) {
    return executors(devices, config(0));
  }

  private TrainingExecutors executors(int devices, TrainingConfig config) {
    ModelSpec spec =
        ModelSpec.of(
            base,
            new ModelSpec.Recipe(ENGINE, LORA, config, EncoderDropout.NONE),
            Optional.of(new Head(3, Head.Pooling.MEAN)),
            SEED);
    JavaSparkContext spark = new JavaSparkContext(TestSpark.session().sparkContext());
    return new TrainingExecutors(SparkDevices.embedded(spark, devices), spec, report -> {});
  }

  private TrainingState start() {
    return TrainingState.initial(initial.values());
  }

  private float[] oneWorker() {
    try (Engine engine = EngineFactory.open(ENGINE);
        BertPass pass = new BertPass(engine, base, initial, config(0).objective())) {
      return new Trainer(pass, config(0), SEED, new TrainingNotes())
          .train(data, start())
          .parameters();
    }
  }

  private ClusterPass pass(TrainingExecutors executors) {
    return new ClusterPass.Classifier(
        executors, initial.layout(), TinyBert.HIDDEN, initial.values());
  }

  private float[] synchronous(int devices) {
    ClusterPass pass = pass(executors(devices));
    return new Trainer(pass, new PassSteps(pass, config(0)), config(0), SEED, new TrainingNotes())
        .train(data, start())
        .parameters();
  }

  private TrainingResult averaging(
      int devices, int steps, TrainingNotes notes, TrainingState from) {
    TrainingExecutors executors = executors(devices);
    StepRunner runner = new AveragingSteps(executors, steps);
    return new Trainer(pass(executors), runner, config(15), SEED, notes).train(data, from);
  }

  @Test
  void synchronousRoundsLeadWhereOneWorkerGets() {
    float[] expected = oneWorker();
    assertArrayEquals(expected, synchronous(1), "one device");
    float[] two = synchronous(2);
    assertArrayEquals(expected, two, 1e-5f, "two devices");
    assertArrayEquals(two, synchronous(2), "two devices again");
    assertArrayEquals(expected, synchronous(3), 1e-5f, "three devices");
  }

  @Test
  void oneDeviceStepsAloneToTheBytesOfOneWorkerWhateverTheRoundsLength() {
    float[] expected = oneWorker();
    for (int length : List.of(1, 7, 1000)) {
      assertArrayEquals(
          expected,
          averaging(1, length, new TrainingNotes(), start()).parameters(),
          "rounds of " + length);
    }
  }

  @Test
  void anExecutorByItselfTrainsToTheBytesOfOneWorkerHoweverOftenItComesBack() {
    TrainingNotes here = new TrainingNotes();
    TrainingResult expected;
    try (Engine engine = EngineFactory.open(ENGINE);
        BertPass pass = new BertPass(engine, base, initial, config(15).objective())) {
      expected = new Trainer(pass, config(15), SEED, here).train(data, start());
    }
    TrainingNotes there = new TrainingNotes();
    TrainingResult whole = solo(Duration.ofHours(1), there, start());
    assertArrayEquals(expected.parameters(), whole.parameters());
    assertEquals(expected.tokens(), whole.tokens());
    assertEquals(expected.bestEpoch(), whole.bestEpoch());
    assertEquals(List.of(15, 30, 45), there.states().stream().map(TrainingState::step).toList());
    assertEquals(
        here.epochs().stream().map(EpochMetrics::validationLoss).toList(),
        there.epochs().stream().map(EpochMetrics::validationLoss).toList());
    TrainingNotes steps = new TrainingNotes();
    assertArrayEquals(
        expected.parameters(),
        solo(Duration.ZERO, steps, there.states().get(1)).parameters(),
        "a round for each step, from step 30 on");
    assertEquals(2, steps.epochs().size());
  }

  private TrainingResult solo(Duration longest, TrainingNotes notes, TrainingState from) {
    TrainingExecutors executors = executors(1, config(15));
    return new SoloTraining(executors, config(15), notes, longest).train(data, from);
  }

  @Test
  void averagedRoundsLearnAndGoOnFromACheckpointToTheSameBytes() {
    TrainingNotes notes = new TrainingNotes();
    TrainingResult whole = averaging(2, 4, notes, start());
    double first = notes.epochs().get(0).trainingLoss();
    double last = notes.epochs().get(4).trainingLoss();
    assertTrue(last < 0.8 * first, () -> "training loss " + first + " to " + last);
    // A third is chance.
    assertTrue(notes.epochs().get(4).validationAccuracy() > 0.6, () -> notes.epochs().toString());
    assertEquals(List.of(15, 30, 45), notes.states().stream().map(TrainingState::step).toList());
    TrainingState state = notes.states().get(0);
    assertArrayEquals(whole.parameters(), averaging(2, 4, new TrainingNotes(), state).parameters());
  }
}
