package io.adapterworks.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.SharedFolder;
import org.junit.jupiter.api.Test;

class EightBitBenchmarkTest {
  @Test
  void eightBitWeightsTakeHalfTheBytesAndForeseeTextAsWell() {
    EightBitBenchmark.Result result =
        new EightBitBenchmark(
                SharedFolder.require("fixtures/stories260K"),
                SharedFolder.require("data/tinystories/tinystories_1000.json"),
                100)
            .run();
    System.out.println(result + " share " + result.share() + " loss " + result.loss());
    assertTrue(result.share() <= 0.53, result::toString);
    assertEquals(0, result.loss(), 0.01);
  }
}
