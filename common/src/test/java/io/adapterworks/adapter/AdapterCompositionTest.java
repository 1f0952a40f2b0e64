package io.adapterworks.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.SharedFolder;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.LinearModule;
import io.adapterworks.tensor.DType;
import java.nio.file.Path;
import java.util.Arrays;
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

  private static LoraConfig dora(int rank, List<String> targets, boolean stabilised) {
    return new LoraConfig(
        rank,
        8,
        0,
        targets,
        Optional.empty(),
        List.of(),
        stabilised,
        true,
        Map.of(),
        Map.of("v_proj", 3.0));
  }

  /** A DoRA adapter of random factors and magnitudes within a fifth of the rows' lengths. */
  private LoraAdapter randomDora(LoraConfig config, long seed) {
    LoraAdapter fresh = LoraAdapter.initialise(base, config, Optional.empty(), seed);
    float[] values = fresh.values();
    SplittableRandom random = new SplittableRandom(seed);
    for (Parameter parameter : fresh.layout().parameters()) {
      boolean magnitude = parameter.role() == Parameter.Role.MAGNITUDE;
      for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
        double noise = random.nextDouble(-0.2, 0.2);
        values[i] = (float) (magnitude ? values[i] * (1 + noise) : noise);
      }
    }
    return fresh.withValues(values);
  }

  private double[] update(LoraAdapter adapter, LinearModule module) {
    float[] weight = base.weight(module.weight()).toFloats();
    float[] merged =
        adapter
            .layout()
            .module(module.path())
            .map(adapted -> AdapterMerge.mergedWeight(weight, adapted, adapter))
            .orElse(weight);
    double[] update = new double[weight.length];
    for (int i = 0; i < update.length; i++) {
      update[i] = (double) merged[i] - weight[i];
    }
    return update;
  }

  /** With a plain adapter, on layers that only one of the parts adapts too. */
  @Test
  void theUpdateOfASumWithDoraIsTheSumOfTheUpdates() {
    List<AdapterComposition.Part> parts =
        List.of(
            new AdapterComposition.Part(
                randomDora(dora(4, List.of("q_proj", "v_proj"), false), 1), 0.7),
            new AdapterComposition.Part(randomDora(dora(3, List.of("all-linear"), true), 2), -0.4),
            new AdapterComposition.Part(
                random(config(2, List.of("v_proj", "up_proj"), false, Map.of()), 3), 0.5));
    LoraAdapter sum = AdapterComposition.compose(base, parts);
    assertTrue(sum.config().useDora());
    double largest = 0;
    for (LinearModule module : base.linearModules()) {
      double[] own = update(sum, module);
      double[] expected = new double[own.length];
      for (AdapterComposition.Part part : parts) {
        double[] theirs = update(part.adapter(), module);
        for (int i = 0; i < theirs.length; i++) {
          expected[i] += part.weight() * theirs[i];
        }
      }
      assertArrayEquals(expected, own, 1e-5, module.path());
      largest = Math.max(largest, Arrays.stream(expected).map(Math::abs).max().orElseThrow());
    }
    assertTrue(largest > 0.1, "updates of " + largest);
    PeftDirectory.write(folder, sum, base, DType.FLOAT32);
    LoraAdapter read = PeftDirectory.read(folder, base);
    assertEquals(sum.config(), read.config());
    assertArrayEquals(sum.values(), read.values());
  }

  /** A new DoRA adapter doubled in magnitude adds W to W; taken away once, nothing is left. */
  @Test
  void magnitudesThatTakeARowAwayAreRefusedWithItsPlace() {
    LoraAdapter fresh =
        LoraAdapter.initialise(base, dora(4, List.of("q_proj"), false), Optional.empty(), 1);
    float[] values = fresh.values();
    for (Parameter parameter : fresh.layout().parameters()) {
      if (parameter.role() == Parameter.Role.MAGNITUDE) {
        values[parameter.offset() + 5] *= 2;
      }
    }
    AdapterworksException e =
        assertThrows(
            AdapterworksException.class,
            () ->
                AdapterComposition.compose(
                    base, List.of(new AdapterComposition.Part(fresh.withValues(values), -1))));
    assertEquals(
        "the weighted magnitudes of the adapters take output 5 of model.layers.0.self_attn.q_proj"
            + " away from the base, and what is left is no DoRA adapter; expected other weights, or"
            + " a merge into the base",
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
