package io.adapterworks.model.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.SharedFolder;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.tensor.DType;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufDecoderFileTest {
  @TempDir Path folder;

  @Test
  void weightsThatOneMappingCannotHoldComeBackInFloat16() {
    Path file = folder.resolve("model.gguf");
    try (BaseModel base =
        BaseModelReader.open(SharedFolder.require("fixtures/stories260K").toString())) {
      GgufDecoder.write(file, base, base.weights(), GgufDecoder.Precision.F16);
      BaseModel single = GgufDecoderFile.read(file, base, folder);
      BaseModel half = GgufDecoderFile.read(file, base, folder, 0);
      for (String name : single.weights().keySet()) {
        assertEquals(DType.FLOAT32, single.weight(name).dtype(), name);
        assertEquals(DType.FLOAT16, half.weight(name).dtype(), name);
        if (single.weight(name).shape().rank() > 1) {
          assertArrayEquals(single.weight(name).toFloats(), half.weight(name).toFloats(), name);
        }
      }
    }
  }
}
