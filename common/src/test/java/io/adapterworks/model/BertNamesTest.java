package io.adapterworks.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.tensor.HostTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BertNamesTest {
  private static final String NORM = "embeddings.LayerNorm.";

  @TempDir Path folder;

  /** As in google-bert/bert-base-uncased. */
  @Test
  void gammaAndBetaAreANormsWeightAndBias() {
    TinyBert.write(folder).close();
    Path file = folder.resolve("model.safetensors");
    List<HostTensor> old = new ArrayList<>();
    for (HostTensor tensor : SafetensorsFile.open(file).tensors().values()) {
      old.add(
          tensor.named(
              tensor
                  .name()
                  .replace("LayerNorm.weight", "LayerNorm.gamma")
                  .replace("LayerNorm.bias", "LayerNorm.beta")));
    }
    float[] gamma =
        old.stream()
            .filter(tensor -> tensor.name().endsWith(NORM + "gamma"))
            .findFirst()
            .orElseThrow()
            .toFloats();
    SafetensorsWriter.write(folder.resolve("old.safetensors"), old, Map.of());
    assertTrue(folder.resolve("old.safetensors").toFile().renameTo(file.toFile()));

    try (BaseModel base = BaseModelReader.open(folder.toString())) {
      String name = base.prefix() + NORM + "weight";
      assertArrayEquals(gamma, base.weight(name).toFloats());
    }
  }
}
