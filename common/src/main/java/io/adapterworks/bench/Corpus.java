package io.adapterworks.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.LabelledFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Texts of files in the forms that public data sets have: CSV with a column {@code text}, JSON
 * arrays of texts or objects, clinc150's {@code {"train": [[text, label], …]}}, JSON lines. Of an
 * object the text is the first of its fields text, instruction, dialogue and full_text.
 */
public final class Corpus {
  private static final List<String> TEXT_FIELDS =
      List.of("text", "instruction", "dialogue", "full_text");

  private static final ObjectMapper JSON = new ObjectMapper();

  private Corpus() {}

  /** One text with its label, if the file gives one. */
  public record Example(String text, Optional<String> label) {}

  /** Every text of the files, in their order; fails where a file has none. */
  public static List<Example> read(List<Path> files) {
    List<Example> all = new ArrayList<>();
    for (Path file : files) {
      List<Example> examples = new ArrayList<>();
      try {
        read(file, examples);
      } catch (IOException failure) {
        throw new AdapterworksException(
            ErrorCode.INPUT, file + " cannot be read: " + failure.getMessage(), failure);
      }
      Check.that(
          !examples.isEmpty(),
          ErrorCode.INPUT,
          "%s holds no text; expected CSV with a column text, JSON or JSON lines",
          file);
      all.addAll(examples);
    }
    return all;
  }

  private static void read(Path file, List<Example> examples) throws IOException {
    String name = file.getFileName().toString();
    if (name.endsWith(".csv")) {
      LabelledFile.read(file, LabelledFile.Columns.DEFAULT)
          .rows()
          .forEach(row -> examples.add(new Example(row.text(), Optional.of(row.label()))));
    } else if (name.endsWith(".jsonl")) {
      for (String line : Files.readAllLines(file)) {
        add(JSON.readTree(line), examples);
      }
    } else {
      JsonNode root = JSON.readTree(file.toFile());
      Iterable<JsonNode> rows = root.isObject() ? root.path("train") : root;
      rows.forEach(row -> add(row, examples));
    }
  }

  private static void add(JsonNode row, List<Example> examples) {
    if (row.isTextual()) {
      examples.add(new Example(row.asText(), Optional.empty()));
    } else if (row.isArray() && row.size() == 2) {
      examples.add(new Example(row.get(0).asText(), Optional.of(row.get(1).asText())));
    } else {
      TEXT_FIELDS.stream()
          .filter(row::hasNonNull)
          .findFirst()
          .ifPresent(field -> examples.add(new Example(row.get(field).asText(), label(row))));
    }
  }

  private static Optional<String> label(JsonNode row) {
    return Optional.ofNullable(row.get("label")).map(JsonNode::asText);
  }
}
