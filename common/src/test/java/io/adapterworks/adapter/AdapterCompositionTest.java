package io.adapterworks.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.SharedFolder;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.LinearModule;
import io.adapterworks.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterCompositionTest {
  @TempDir Path folder;

  private BaseModel base;

  @BeforeEach
  void open() {
    base = BaseModelReader.open(SharedFolder.require("fixtures/llama-tiny").toString());
  }

  @AfterEach
  void close() {
    base.close();
  }

  private LoraAdapter random(LoraConfig config, long seed) {
    LoraAdapter fresh = LoraAdapter.initialise(base, config, Optional.empty(), seed);
    float[] values = fresh.values();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-0.3, 0.3);
    }
    return fresh.withValues(values);
  }

  private static LoraConfig config(
      int rank, List<String> targets, boolean stabilised, Map<String, Integer> ranks) {
    return new LoraConfig(
        rank,
        8,
        0,
        targets,
        Optional.empty(),
        List.of(),
        stabilised,
        false,
        ranks,
        Map.of("v_proj", 3.0));
  }

  private float[] delta(LoraAdapter adapter, LinearModule module) {
    float[] zero = new float[module.in() * module.out()];
    return adapter
        .layout()
        .module(module.path())
        .map(adapted -> AdapterMerge.mergedWeight(zero, adapted, adapter))
        .orElse(zero);
  }

  @Test
  void oneAdapterOfWeightOneIsItself() {
    LoraAdapter one = random(LoraConfig.of(4, 8, List.of("q_proj")), 1);
    assertSame(one, AdapterComposition.compose(base, List.of(new AdapterComposition.Part(one, 1))));
  }

  @Test
  void theUpdateOfTheSumIsTheSumOfTheUpdates() {
    LoraAdapter plain = random(LoraConfig.of(4, 8, List.of("q_proj", "v_proj")), 1);
    LoraAdapter stabilised =
        random(config(3, List.of("all-linear"), true, Map.of("layers.1.mlp.up_proj", 5)), 2);
    LoraAdapter sum =
        AdapterComposition.compose(
            base,
            List.of(
                new AdapterComposition.Part(plain, 0.7),
                new AdapterComposition.Part(stabilised, -1.5)));
    for (LinearModule module : base.linearModules()) {
      float[] first = delta(plain, module);
      float[] second = delta(stabilised, module);
      float[] expected = new float[first.length];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = (float) (0.7 * first[i] - 1.5 * second[i]);
      }
      assertArrayEquals(expected, delta(sum, module), 1e-5f, module.path());
    }
    PeftDirectory.write(folder, sum, base, DType.FLOAT32);
    LoraAdapter read = PeftDirectory.read(folder, base);
    assertEquals(sum.config(), read.config());
    assertArrayEquals(sum.values(), read.values());
  }

  @Test
  void aDoraAdapterIsRefusedWithTheReason() {
    LoraConfig dora =
        new LoraConfig(
            4,
            8,
            0,
            List.of("q_proj"),
            Optional.empty(),
            List.of(),
            false,
            true,
            Map.of(),
            Map.of());
    LoraAdapter adapter = LoraAdapter.initialise(base, dora, Optional.empty(), 1);
    AdapterworksException e =
        assertThrows(
            AdapterworksException.class,
            () ->
                AdapterComposition.compose(
                    base, List.of(new AdapterComposition.Part(adapter, 0.5))));
    assertEquals(
        "a DoRA adapter rescales whole weight rows, so that its sum with another is no adapter of"
            + " low rank; merge it into the base instead",
        e.getMessage());
  }

  @Test
  void aNewDoraAdapterMergesToTheBaseItself() {
    LoraConfig dora =
        new LoraConfig(
            4,
            8,
            0,
            List.of("all-linear"),
            Optional.empty(),
            List.of(),
            false,
            true,
            Map.of(),
            Map.of());
    LoraAdapter adapter = LoraAdapter.initialise(base, dora, Optional.empty(), 1);
    AdapterMerge.merge(base, adapter)
        .forEach(
            (name, tensor) ->
                assertArrayEquals(base.weight(name).toFloats(), tensor.toFloats(), 1e-6f, name));
  }
}
