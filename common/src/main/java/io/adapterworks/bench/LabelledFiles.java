package io.adapterworks.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.LabelledFile;
import io.adapterworks.evaluate.LabelledText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Labelled files that benchmarks measure on: CSV with a header {@code text,category} (or {@code
 * text,label}), or JSON in the form of clinc150, {@code {"train": [["text", "label"], …], "val":
 * …}}.
 */
final class LabelledFiles {
  /** Which part of a file that holds several. */
  enum Part {
    TRAIN("train"),
    TEST("val");

    private final String key;

    Part(String key) {
      this.key = key;
    }
  }

  private LabelledFiles() {}

  /** All rows of a CSV, or one part of a JSON file. */
  static List<LabelledText> read(Path file, Part part) {
    try {
      return file.toString().endsWith(".json")
          ? json(file, part)
          : LabelledFile.read(file, LabelledFile.Columns.DEFAULT).rows();
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.INPUT, file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<LabelledText> json(Path file, Part part) throws IOException {
    JsonNode rows = new ObjectMapper().readTree(file.toFile()).path(part.key);
    Check.that(
        rows.isArray(),
        ErrorCode.INPUT,
        "%s has no list %s; expected {\"train\": [[text, label], …], \"val\": […]}",
        file,
        part.key);
    List<LabelledText> texts = new ArrayList<>();
    rows.forEach(row -> texts.add(new LabelledText(row.get(0).asText(), row.get(1).asText())));
    return texts;
  }
}
