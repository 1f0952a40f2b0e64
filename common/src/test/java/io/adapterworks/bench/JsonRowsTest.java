package io.adapterworks.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonRowsTest {
  @TempDir Path folder;

  private void assertRefused(Path file) {
    var refused = assertThrows(AdapterworksException.class, () -> JsonRows.read(file));
    assertEquals(ErrorCode.INPUT, refused.code());
    assertTrue(refused.getMessage().startsWith(file + " is no JSON array"), refused.getMessage());
  }

  @Test
  void aMissingFileBrokenJsonAndAnObjectAreRefusedByName() throws IOException {
    assertRefused(folder.resolve("none.json"));
    assertRefused(Files.writeString(folder.resolve("readme.json"), "# no JSON"));
    assertRefused(Files.writeString(folder.resolve("object.json"), "{\"text\": \"a\"}"));
    assertRefused(Files.writeString(folder.resolve("empty.json"), ""));
  }

  @Test
  void anArrayIsRead() throws IOException {
    Path file = Files.writeString(folder.resolve("rows.json"), "[\"a\", \"b\"]");
    assertEquals("b", JsonRows.read(file).get(1).asText());
  }
}
