package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.engine.Engine;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.export.MergedModelExport;
import io.adapterworks.tensor.DType;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import io.adapterworks.train.AdapterNetwork;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Checks a decoder against a traced folder. */
final class DecoderParity {
  private static final int PROMPT = 10;

  private final ReferenceFixture fixture;
  private final Supplier<Engine> engines;

  DecoderParity(ReferenceFixture fixture, Supplier<Engine> engines) {
    this.fixture = fixture;
    this.engines = engines;
  }

  private interface Check {
    void run(BaseModel base, LlamaPass pass, LoraAdapter adapter);
  }

  private void with(String adapterFolder, PassOptions options, Check check) {
    try (BaseModel base = BaseModelReader.open(fixture.folder().toString());
        Engine engine = engines.get()) {
      LoraAdapter adapter = PeftDirectory.read(fixture.folder().resolve(adapterFolder), base);
      try (LlamaPass pass = new LlamaPass(engine, base, adapter, options)) {
        check.run(base, pass, adapter);
      }
    }
  }

  private void withBase(Consumer<LlamaPass> check) {
    try (BaseModel base = BaseModelReader.open(fixture.folder().toString());
        Engine engine = engines.get();
        LlamaPass pass = new LlamaPass(engine, base, LoraAdapter.none(base), PassOptions.DEFAULT)) {
      check.accept(pass);
    }
  }

  void baseLogits() {
    withBase(pass -> assertLogits(pass, "base_logits", 1e-4));
  }

  void logits(String adapterFolder, String reference, double tolerance) {
    with(
        adapterFolder,
        PassOptions.DEFAULT,
        (base, pass, adapter) -> assertLogits(pass, reference, tolerance));
  }

  private void assertLogits(LlamaPass pass, String reference, double tolerance) {
    Closeness.assertWithin(
        reference, fixture.unpadded(reference), pass.logits(fixture.nextTokenBatch()), tolerance);
  }

  void gradients(PassOptions options) {
    with(
        "adapter_start",
        options,
        (base, pass, adapter) -> {
          float[] gradient = new float[pass.layout().size()];
          pass.lossAndGradient(fixture.nextTokenBatch(), 1, gradient);
          fixture.assertGradient(pass.layout(), gradient);
          PromptParity.assertPartsAddUp(pass, fixture.nextTokenBatch(), 1e-4);
        });
  }

  /** Trains the trace's 20 steps and checks each loss, the end's logits and the saved files. */
  void trace(Path scratch) {
    with(
        "adapter_start",
        PassOptions.DEFAULT,
        (base, pass, adapter) -> {
          TokenBatch batch = fixture.nextTokenBatch();
          double[] losses = fixture.losses();
          AdapterNetwork network =
              new AdapterNetwork(pass, fixture.optimizer(), losses.length, adapter.values());
          for (int step = 0; step < losses.length; step++) {
            assertEquals(losses[step], network.step(batch, step), 1e-3, "loss of step " + step);
          }
          pass.setParameters(network.parameters());
          assertEquals(fixture.number("end_loss"), pass.loss(batch), 1e-3, "loss at the end");
          assertLogits(pass, "end_logits", 1e-2);
          PeftDirectory.write(
              scratch, adapter.withValues(network.parameters()), base, DType.FLOAT32);
          fixture.assertSavedAsReference(scratch);
        });
  }

  /** The tokens that the base model puts after the first ten of row 0, the likeliest each time. */
  void greedyTokens() {
    int[] expected = Arrays.stream(fixture.integers("greedy")).mapToInt(Math::toIntExact).toArray();
    withBase(
        pass -> {
          int[] ids = Arrays.copyOf(fixture.row(0), PROMPT);
          while (ids.length < expected.length) {
            TokenBatch batch = TokenBatch.of(List.of(TokenRow.unlabelled(ids)));
            float[] logits = pass.lastLogits(batch);
            ids = Arrays.copyOf(ids, ids.length + 1);
            ids[ids.length - 1] = Sampler.likeliest(logits);
          }
          assertArrayEquals(expected, ids);
        });
  }

  /** The folder saved with the adapter merged in gives the reference's logits. */
  void mergedLogits(Path scratch) {
    Path merged = scratch.resolve(fixture.folder().getFileName() + "-merged");
    with(
        "adapter_end",
        PassOptions.DEFAULT,
        (base, pass, adapter) -> {
          try (Engine engine = engines.get()) {
            double difference = MergedModelExport.write(merged, base, adapter, engine);
            assertEquals(0, difference, 1e-4);
          }
        });
    try (BaseModel base = BaseModelReader.open(merged.toString());
        Engine engine = engines.get();
        LlamaPass pass = new LlamaPass(engine, base, LoraAdapter.none(base), PassOptions.DEFAULT)) {
      assertLogits(pass, "merged_logits", 1e-4);
    }
  }
}
