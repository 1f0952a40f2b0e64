package io.adapterworks.evaluate;

import com.univocity.parsers.common.TextParsingException;
import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The rows of a labelled CSV file with a header, in UTF-8.
 *
 * @param rows the rows that have a text and a label
 * @param skipped the rows that lack one of them
 */
public record LabelledFile(List<LabelledText> rows, List<Skipped> skipped) {
  private static final List<String> TEXT_NAMES = List.of("text");
  private static final List<String> LABEL_NAMES = List.of("label", "category");

  public LabelledFile {
    rows = List.copyOf(rows);
    skipped = List.copyOf(skipped);
  }

  /** Which columns to read; where empty, {@code text}, and {@code label} or {@code category}. */
  public record Columns(Optional<String> text, Optional<String> label) {
    public static final Columns DEFAULT = new Columns(Optional.empty(), Optional.empty());
  }

  /**
   * A row that cannot be used.
   *
   * @param line where it ends in the file, from 1
   */
  public record Skipped(long line, String reason) {}

  /**
   * Reads the whole file.
   *
   * @throws AdapterworksException INPUT if it cannot be read, lacks a column or holds no usable row
   */
  public static LabelledFile read(Path file, Columns columns) {
    Check.that(
        Files.isRegularFile(file),
        ErrorCode.INPUT,
        "%s is not a file; expected a CSV file with the columns text and label",
        file);
    try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      CsvParser parser = new CsvParser(format());
      parser.beginParsing(in);
      LabelledFile read = read(file, columns, parser);
      Check.that(
          !read.rows().isEmpty(),
          ErrorCode.INPUT,
          "%s has no row with a text and a label; expected at least one",
          file);
      return read;
    } catch (CharacterCodingException e) {
      throw unreadable(file, "is not UTF-8; convert it, for example with iconv", e);
    } catch (IOException e) {
      throw unreadable(file, "cannot be read: " + e.getMessage(), e);
    } catch (TextParsingException e) {
      boolean encoding = e.getCause() instanceof CharacterCodingException;
      throw unreadable(
          file,
          encoding
              ? "is not UTF-8; convert it, for example with iconv"
              : "is no CSV near line " + e.getLineIndex() + "; check its quotes",
          e);
    }
  }

  private static AdapterworksException unreadable(Path file, String why, Exception cause) {
    return new AdapterworksException(ErrorCode.INPUT, file + " " + why, cause);
  }

  private static CsvParserSettings format() {
    CsvParserSettings settings = new CsvParserSettings();
    settings.setLineSeparatorDetectionEnabled(true);
    settings.setMaxCharsPerColumn(-1);
    settings.setMaxColumns(4096);
    return settings;
  }

  private static LabelledFile read(Path file, Columns columns, CsvParser parser) {
    String[] first = parser.parseNext();
    Check.that(first != null, ErrorCode.INPUT, "%s is empty; expected a header and rows", file);
    List<String> header =
        Arrays.stream(first)
            .map(name -> name == null ? "" : name.replace("\ufeff", "").strip())
            .toList();
    int text = column(file, header, columns.text(), TEXT_NAMES);
    int label = column(file, header, columns.label(), LABEL_NAMES);
    List<LabelledText> rows = new ArrayList<>();
    List<Skipped> skipped = new ArrayList<>();
    for (String[] row = parser.parseNext(); row != null; row = parser.parseNext()) {
      String textValue = field(row, text);
      String labelValue = field(row, label);
      if (textValue.isEmpty() || labelValue.isEmpty()) {
        String missing = textValue.isEmpty() ? header.get(text) : header.get(label);
        skipped.add(new Skipped(parser.getContext().currentLine(), missing + " is empty"));
      } else {
        rows.add(new LabelledText(textValue, labelValue));
      }
    }
    return new LabelledFile(rows, skipped);
  }

  private static String field(String[] row, int column) {
    return column >= row.length || row[column] == null ? "" : row[column].strip();
  }

  private static int column(
      Path file, List<String> header, Optional<String> named, List<String> usual) {
    List<String> wanted = named.map(List::of).orElse(usual);
    for (String name : wanted) {
      for (int i = 0; i < header.size(); i++) {
        if (header.get(i).toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
          return i;
        }
      }
    }
    throw Check.failure(
        ErrorCode.INPUT,
        "%s has no column %s; its columns are %s; name the right one with --%s COLUMN",
        file,
        String.join(" or ", wanted),
        String.join(", ", header),
        usual.get(0));
  }
}
