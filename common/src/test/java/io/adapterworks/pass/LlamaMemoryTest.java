package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.engine.DeviceMemory;
import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.tensor.DType;
import org.junit.jupiter.api.Test;

/** What is foretold for Llama 3 8B, of which the number of parameters is published. */
class LlamaMemoryTest {
  private static final long PARAMETERS = 8_030_261_248L;
  private static final long NORMS = 65L * 4096;
  private static final long TABLE = 128_256L * 4096;
  private static final LlamaMemory.Load LOAD = new LlamaMemory.Load(4096, 6_815_744);

  private static LlamaMemory of(PassOptions options) {
    return LlamaMemory.of(LlamaShape.named("8b").config(), options, DType.BFLOAT16, LOAD);
  }

  @Test
  void weightsAreTheModelsAndTheAdaptersWithGradientsAndMoments() {
    long adapter = 6_815_744L * (4 + 2 + 4 + 4 + 4);
    assertEquals(2 * (PARAMETERS - NORMS) + adapter, of(PassOptions.DEFAULT).weights());
    PassOptions host = new PassOptions(WeightStorage.COMPUTE_TYPE, 0, PassOptions.Placement.HOST);
    assertEquals(2 * (PARAMETERS - NORMS - TABLE) + adapter, of(host).weights());
    PassOptions small = PassOptions.of(WeightStorage.INT8, 0);
    assertEquals(PARAMETERS - NORMS + TABLE + adapter, of(small).weights());
  }

  @Test
  void eachRecomputedLayerButTheLastSavesWhatItKept() {
    long token = 2 * (6144 + 4096 + 4096 + 2 * 14336) + 4 * (32 + 2);
    long kept = of(PassOptions.DEFAULT).activations();
    assertEquals(
        4 * 4096 * token, kept - of(PassOptions.of(WeightStorage.COMPUTE_TYPE, 4)).activations());
    assertEquals(31 * 4096 * token, kept - of(PassOptions.RECOMPUTE_ALL).activations());
  }

  @Test
  void scoresTakeMemoryOfTheirOwnOnceTheyNoLongerFitWhatIsUsedUp() {
    assertEquals(32L << 20, of(PassOptions.DEFAULT).working());
    // Llama 3.2 1B: four heads to a group, 8192 between up and down, any length.
    LlamaMemory.Load load = new LlamaMemory.Load(16_384, 0);
    LlamaMemory memory =
        LlamaMemory.of(
            reaching(131_072, LlamaShape.named("1b").config()),
            PassOptions.DEFAULT,
            DType.BFLOAT16,
            load);
    assertEquals((32L << 20) + 2 * 4 * 16_384L * (16_384 + 128) / 2, memory.working());
  }

  private static LlamaConfig reaching(int positions, LlamaConfig of) {
    return new LlamaConfig(
        of.modelType(),
        of.hidden(),
        of.layers(),
        of.heads(),
        of.kvHeads(),
        of.headDim(),
        of.intermediate(),
        of.vocabulary(),
        positions,
        of.rmsNormEpsilon(),
        of.rope(),
        of.biased(),
        of.features());
  }

  @Test
  void aRefusalGivesTheNumbersAndTheCures() {
    LlamaMemory memory = new LlamaMemory(15L << 30, 12L << 30, 1L << 29);
    assertEquals(
        "a step over 4096 tokens takes 27.50 GiB of the card's memory (weights 15.00, activations"
            + " 12.00, working memory 0.50), but 22.50 of its 24.00 GiB are to be had; lower the"
            + " batch size or the sequence length, recompute more layers, keep the embeddings on"
            + " the host, or the base in int8",
        memory.refusal(new DeviceMemory(45L << 29, 24L << 30), 4096));
    assertTrue(memory.total() > 45L << 29);
  }
}
