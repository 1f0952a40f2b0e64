package io.adapterworks.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.SharedFolder;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.JsonFields;
import io.adapterworks.model.SafetensorsFile;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class PeftDirectoryTest {
  @TempDir Path temporary;

  @TestFactory
  List<DynamicTest> everyAdapterOfTheFixturesIsSavedAsItWas() throws IOException {
    Path fixtures = SharedFolder.require("fixtures");
    try (Stream<Path> folders = Files.list(fixtures)) {
      return folders
          .filter(folder -> Files.isDirectory(folder.resolve("adapter_end")))
          .sorted()
          .map(
              folder ->
                  DynamicTest.dynamicTest(
                      folder.getFileName().toString(), () -> assertRoundTrip(folder)))
          .toList();
    }
  }

  private void assertRoundTrip(Path folder) throws IOException {
    Path source = folder.resolve("adapter_end");
    Path saved = temporary.resolve(folder.getFileName());
    try (BaseModel base = BaseModelReader.open(folder.toString())) {
      LoraAdapter adapter = PeftDirectory.read(source, base);
      PeftDirectory.write(saved, adapter, base, DType.FLOAT32);
    }
    SafetensorsFile before = SafetensorsFile.open(source.resolve(PeftDirectory.WEIGHTS));
    SafetensorsFile after = SafetensorsFile.open(saved.resolve(PeftDirectory.WEIGHTS));
    assertEquals(before.tensors().keySet(), after.tensors().keySet());
    for (HostTensor tensor : before.tensors().values()) {
      assertEquals(tensor, after.tensor(tensor.name()));
    }
    assertEquals(before.metadata(), after.metadata());
    JsonNode expected = JsonFields.read(source.resolve(PeftDirectory.CONFIG)).node();
    assertEquals(expected, JsonFields.read(saved.resolve(PeftDirectory.CONFIG)).node());
  }
}
