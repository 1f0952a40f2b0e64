package io.adapterworks.curate.review;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReviewFileTest {
  @TempDir Path folder;

  private String refusal(String text, Charset charset) throws IOException {
    Path file = folder.resolve("review.csv");
    Files.write(file, text.getBytes(charset));
    AdapterworksException refused =
        assertThrows(AdapterworksException.class, () -> ReviewFile.read(file));
    assertEquals(ErrorCode.INPUT, refused.code());
    return refused.getMessage().replace(file.toString(), "review.csv");
  }

  @Test
  void whatASpreadsheetMakesOfItIsSaid() throws IOException {
    assertEquals(
        "review.csv cannot be read as a CSV file in UTF-8; save it as such and import it again",
        refusal("id,decided_label\n1,r\u00fcckgabe\n", StandardCharsets.ISO_8859_1));
    assertEquals(
        "review.csv: row 3 has the decided_label refund, but no id; give it one, or empty the row",
        refusal("id,decided_label\n1,refund\n,refund\n", StandardCharsets.UTF_8));
  }
}
