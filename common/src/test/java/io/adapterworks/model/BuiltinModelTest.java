package io.adapterworks.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class BuiltinModelTest {
  @Test
  void everyTensorOfTheBuiltinModelHasItsHuggingFaceNameAndShape() {
    try (BaseModel model = BaseModelReader.open("builtin:all-minilm-l6-v2")) {
      model
          .config()
          .tensors("")
          .forEach((name, shape) -> assertEquals(shape, model.weight(name).shape(), name));
      assertEquals(
          new TreeSet<>(model.config().tensors("").keySet()),
          new TreeSet<>(model.weights().keySet()));
      assertEquals("", model.prefix());
      assertEquals(36, model.linearModules().size());
      assertEquals(
          new LinearModule("encoder.layer.0.attention.self.query", 384, 384),
          model.linearModules().get(0));
    }
  }

  @Test
  void aRowOfALinearWeightIsAColumnOfTheExport() {
    try (BaseModel model = BaseModelReader.open("builtin:all-minilm-l6-v2")) {
      HostTensor weight = model.weight("encoder.layer.5.intermediate.dense.weight");
      assertEquals(Shape.of(1536, 384), weight.shape());
      // Elements (0, 0), (1, 0), (0, 1) and the last of the export's matrix, read with NumPy.
      float[] values = weight.toFloats();
      assertEquals(-0.12872046f, values[0]);
      assertEquals(0.048867878f, values[1]);
      assertEquals(0.02142288f, values[384]);
      assertEquals(0.032631323f, values[values.length - 1]);
    }
  }

  @Test
  void anUnknownBuiltinNamesThoseThereAre() {
    AdapterworksException e =
        assertThrows(AdapterworksException.class, () -> BaseModelReader.open("builtin:gpt"));
    assertEquals(
        "builtin:gpt is not a built-in model; expected builtin:all-minilm-l6-v2, or a"
            + " directory in Hugging Face layout",
        e.getMessage());
  }

  @Test
  void tokensOfTheBuiltinModelAreTheReferences() {
    try (BaseModel model = BaseModelReader.open("builtin:all-minilm-l6-v2")) {
      assertArrayEquals(
          new int[] {101, 7592, 2088, 102}, model.tokenizer().encode("Hello World", 512));
      assertArrayEquals(new int[] {101, 7592, 102}, model.tokenizer().encode("Hello World", 3));
      assertEquals("hello world", model.tokenizer().decode(new int[] {101, 7592, 2088, 102}));
    }
  }
}
