package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.engine.Engine;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.tensor.DType;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.train.AdapterNetwork;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/** Checks an encoder with a classification head against a traced folder. */
final class EncoderParity {
  private final ReferenceFixture fixture;
  private final Supplier<Engine> engines;

  EncoderParity(ReferenceFixture fixture, Supplier<Engine> engines) {
    this.fixture = fixture;
    this.engines = engines;
  }

  private interface Check {
    void run(BaseModel base, BertPass pass, LoraAdapter adapter);
  }

  private void with(String adapterFolder, Check check) {
    try (BaseModel base = BaseModelReader.open(fixture.folder().toString());
        Engine engine = engines.get()) {
      LoraAdapter adapter = PeftDirectory.read(fixture.folder().resolve(adapterFolder), base);
      try (BertPass pass =
          new BertPass(engine, base, adapter, ClassificationObjective.CROSS_ENTROPY)) {
        check.run(base, pass, adapter);
      }
    }
  }

  void baseLogits() {
    try (BaseModel base = BaseModelReader.open(fixture.folder().toString());
        Engine engine = engines.get()) {
      LoraAdapter start = PeftDirectory.read(fixture.folder().resolve("adapter_start"), base);
      Optional<Head> head = start.layout().head().map(h -> h.head());
      LoraAdapter untrained = LoraAdapter.initialise(base, start.config(), head, 1);
      try (BertPass pass =
          new BertPass(engine, base, untrained, ClassificationObjective.CROSS_ENTROPY)) {
        Closeness.assertWithin(
            "base logits",
            fixture.floats("base_logits"),
            pass.logits(fixture.classificationBatch()),
            1e-4);
        assertHiddenStates(pass);
      }
    }
  }

  private void assertHiddenStates(BertPass pass) {
    float[] expected = fixture.floats("base_hidden");
    int hidden = pass.embeddingWidth();
    float[] actual = pass.hiddenStates(fixture.classificationBatch());
    int at = 0;
    for (int b = 0; b < fixture.rowCount(); b++) {
      int tokens = fixture.row(b).length * hidden;
      int from = b * fixture.width() * hidden;
      Closeness.assertWithin(
          "hidden states of row " + b,
          Arrays.copyOfRange(expected, from, from + tokens),
          Arrays.copyOfRange(actual, at, at + tokens),
          1e-4);
      at += tokens;
    }
  }

  void logits(String adapterFolder, String reference, double tolerance) {
    with(
        adapterFolder,
        (base, pass, adapter) ->
            Closeness.assertWithin(
                reference,
                fixture.floats(reference),
                pass.logits(fixture.classificationBatch()),
                tolerance));
  }

  void gradients() {
    with(
        "adapter_start",
        (base, pass, adapter) -> {
          float[] gradient = new float[pass.layout().size()];
          pass.lossAndGradient(fixture.classificationBatch(), 1, gradient);
          fixture.assertGradient(pass.layout(), gradient);
        });
  }

  /** Trains the trace's 20 steps and checks each loss, the end's logits and the saved files. */
  void trace(Path scratch) {
    with(
        "adapter_start",
        (base, pass, adapter) -> {
          TokenBatch batch = fixture.classificationBatch();
          double[] losses = fixture.losses();
          AdapterNetwork network =
              new AdapterNetwork(pass, fixture.optimizer(), losses.length, adapter.values());
          for (int step = 0; step < losses.length; step++) {
            assertEquals(losses[step], network.step(batch, step), 1e-3, "loss of step " + step);
          }
          pass.setParameters(network.parameters());
          assertEquals(fixture.number("end_loss"), pass.loss(batch), 1e-3, "loss at the end");
          Closeness.assertWithin(
              "end logits", fixture.floats("end_logits"), pass.logits(batch), 1e-2);
          PeftDirectory.write(
              scratch, adapter.withValues(network.parameters()), base, DType.FLOAT32);
          fixture.assertSavedAsReference(scratch);
        });
  }
}
