package io.adapterworks.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.LabelledText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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
      return file.toString().endsWith(".json") ? json(file, part) : csv(file);
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

  private static List<LabelledText> csv(Path file) {
    CsvParserSettings settings = new CsvParserSettings();
    settings.setLineSeparatorDetectionEnabled(true);
    settings.setMaxCharsPerColumn(-1);
    List<String[]> rows = new CsvParser(settings).parseAll(file.toFile(), StandardCharsets.UTF_8);
    Check.that(!rows.isEmpty(), ErrorCode.INPUT, "%s is empty", file);
    List<String> header = Arrays.asList(rows.get(0));
    int text = header.indexOf("text");
    int label = header.contains("category") ? header.indexOf("category") : header.indexOf("label");
    Check.that(
        text >= 0 && label >= 0,
        ErrorCode.INPUT,
        "%s has the columns %s; expected text and category (or label)",
        file,
        header);
    return rows.stream()
        .skip(1)
        .map(row -> new LabelledText(String.valueOf(row[text]), String.valueOf(row[label])))
        .toList();
  }
}
