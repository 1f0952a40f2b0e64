package io.adapterworks.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.LabelledFile;
import io.adapterworks.evaluate.LabelledText;
import java.io.IOException;
import java.nio.file.Files;
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

  /** Writes a JSON file with both parts. */
  static void write(Path file, List<LabelledText> train, List<LabelledText> test) {
    ObjectNode parts = new ObjectMapper().createObjectNode();
    add(parts.putArray(Part.TRAIN.key), train);
    add(parts.putArray(Part.TEST.key), test);
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, parts + "\n");
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.STORAGE, file + " cannot be written: " + e.getMessage(), e);
    }
  }

  private static void add(ArrayNode part, List<LabelledText> rows) {
    rows.forEach(row -> part.addArray().add(row.text()).add(row.label()));
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
