package io.adapterworks.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.engine.EngineSettings.Device;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;
import io.adapterworks.tokenize.TokenRow;
import io.adapterworks.train.TrainingConfig.Decay;
import io.adapterworks.train.TrainingConfig.EarlyStopping;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Training on the built-in model: two topics, a handful of sentences. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TrainerTest {
  private static final long SEED = 7;
  private static final List<String> CARD_SENTENCES =
      List.of(
          "my card has not arrived in the post",
          "where is the bank card that I ordered",
          "still waiting for the card you sent",
          "the new card never came",
          "card delivery is late again");
  private static final List<String> CLOSING_SENTENCES =
      List.of(
          "please close my account for good",
          "I want to leave the bank and delete my profile",
          "how do I shut my account down",
          "cancel everything and close the account",
          "end my contract with you today");

  private BaseModel base;
  private Engine engine;
  private LoraAdapter initial;
  private BertPass pass;
  private TrainingData data;

  @BeforeAll
  void open() {
    base = BaseModelReader.open("builtin:all-minilm-l6-v2");
    engine = EngineFactory.open(new EngineSettings(Device.CPU, ComputeType.FLOAT32, 0));
    LoraConfig config =
        new LoraConfig(
            4,
            8,
            0.1,
            List.of("query", "value"),
            Optional.empty(),
            List.of(),
            false,
            false,
            Map.of(),
            Map.of());
    Optional<Head> head = Optional.of(new Head(2, Head.Pooling.MEAN));
    initial = LoraAdapter.initialise(base, config, head, SEED);
    pass = new BertPass(engine, base, initial, new ClassificationObjective(0.1, 1));
    List<TokenRow> rows = new ArrayList<>(rows(CARD_SENTENCES, 0));
    rows.addAll(rows(CLOSING_SENTENCES, 1));
    data = new TrainingData(rows, rows);
  }

  private List<TokenRow> rows(List<String> sentences, int label) {
    return sentences.stream()
        .map(s -> TokenRow.classified(base.tokenizer().encode(s, 32), label))
        .toList();
  }

  @BeforeEach
  void startFromTheInitialAdapter() {
    pass.setParameters(initial.values());
  }

  @AfterAll
  void close() {
    pass.close();
    engine.close();
    base.close();
  }

  private static TrainingConfig config(int epochs, double learningRate, int checkpointEvery) {
    return new TrainingConfig(
        epochs,
        4,
        learningRate,
        1,
        0.1,
        Decay.LINEAR,
        0.01,
        1,
        0.1,
        1,
        0.9,
        0.999,
        1e-8,
        new EarlyStopping(2, 0),
        checkpointEvery);
  }

  private TrainingResult train(TrainingConfig config, TrainingNotes notes, TrainingState from) {
    return new Trainer(pass, config, SEED, notes).train(data, from);
  }

  private TrainingState start() {
    return TrainingState.initial(initial.values());
  }

  @Test
  void theLossFallsAndTheRowsAreLearnt() {
    TrainingNotes notes = new TrainingNotes();
    train(config(8, 2e-3, 0), notes, start());
    double first = notes.epochs().get(0).trainingLoss();
    double last = notes.epochs().get(notes.epochs().size() - 1).trainingLoss();
    assertTrue(last < first - 0.1, () -> "losses " + first + " to " + last);
    assertEquals(1.0, notes.epochs().get(notes.epochs().size() - 1).validationAccuracy());
  }

  @Test
  void theSameSeedGivesTheSameBytes() {
    float[] first = train(config(2, 2e-3, 0), new TrainingNotes(), start()).parameters();
    assertArrayEquals(first, train(config(2, 2e-3, 0), new TrainingNotes(), start()).parameters());
  }

  @Test
  void aResumedRunEndsAtTheBytesOfAnUninterruptedOne() {
    TrainingResult whole = train(config(4, 2e-3, 0), new TrainingNotes(), start());
    TrainingNotes notes = new TrainingNotes();
    train(config(4, 2e-3, 5), notes, start());
    assertEquals(List.of(5, 10), notes.states().stream().map(TrainingState::step).toList());
    for (TrainingState state : notes.states()) {
      TrainingResult resumed = train(config(4, 2e-3, 0), new TrainingNotes(), state);
      assertArrayEquals(whole.parameters(), resumed.parameters(), "from step " + state.step());
      assertEquals(whole.steps(), resumed.steps());
      assertEquals(whole.bestEpoch(), resumed.bestEpoch());
    }
  }

  @Test
  void aStopThatIsAskedForLeavesACheckpointToGoOnFrom() {
    TrainingResult whole = train(config(4, 2e-3, 0), new TrainingNotes(), start());
    TrainingNotes notes =
        new TrainingNotes() {
          private int steps;

          @Override
          public void step(StepMetrics metrics) {
            steps = metrics.step();
          }

          @Override
          public boolean isStopRequested() {
            return steps == 7;
          }
        };
    AdapterworksException stopped =
        assertThrows(AdapterworksException.class, () -> train(config(4, 2e-3, 0), notes, start()));
    assertEquals(ErrorCode.STOPPED, stopped.code());
    assertEquals(
        "training was stopped after step 7 of 12 and left a checkpoint; run the same job again to"
            + " go on from there",
        stopped.getMessage());
    TrainingState left = notes.states().get(0);
    assertEquals(7, left.step());
    assertArrayEquals(
        whole.parameters(), train(config(4, 2e-3, 0), new TrainingNotes(), left).parameters());
  }

  @Test
  void trainingStopsTwoEpochsAfterTheBestAndKeepsIt() {
    TrainingNotes notes = new TrainingNotes();
    // A rate at which the loss of validation soon rises again.
    TrainingResult result = train(config(40, 0.05, 0), notes, start());
    assertTrue(result.stoppedEarly(), () -> notes.epochs().toString());
    int best = result.bestEpoch().orElseThrow();
    assertEquals(best + 3, notes.epochs().size());
    assertTrue(notes.epochs().get(best).best());
    assertFalse(notes.epochs().get(best + 1).best());
    assertEquals(
        notes.epochs().get(best).validationLoss(),
        Validation.of(pass, List.of(io.adapterworks.tokenize.TokenBatch.of(data.validation())))
            .loss(),
        1e-4);
  }

  @Test
  void anEmptyTrainingSplitIsRefused() {
    AdapterworksException refused =
        assertThrows(AdapterworksException.class, () -> new TrainingData(List.of(), List.of()));
    assertEquals(ErrorCode.INPUT, refused.code());
    assertEquals(
        "the training split has no rows; check the curated table and its rejects",
        refused.getMessage());
  }
}
