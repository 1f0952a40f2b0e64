package io.adapterworks.curate.review;

import com.univocity.parsers.common.TextParsingException;
import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import com.univocity.parsers.csv.CsvWriter;
import com.univocity.parsers.csv.CsvWriterSettings;
import io.adapterworks.curate.schema.LabelReviewTable;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A review as a CSV file for a spreadsheet, in UTF-8. The person fills the column decided_label;
 * rows where it stays empty are not decided.
 */
public final class ReviewFile {
  private static final List<String> HEADER =
      List.of(
          LabelReviewTable.ID,
          LabelReviewTable.TEXT,
          LabelReviewTable.LABEL,
          LabelReviewTable.SUGGESTED,
          LabelReviewTable.SUSPICION,
          LabelReviewTable.REASON,
          LabelReviewTable.DECIDED_LABEL);

  private ReviewFile() {}

  /** Writes the rows in the order given. */
  public static void write(Path file, List<ReviewItem> items) {
    try (Writer out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      CsvWriter csv = new CsvWriter(out, new CsvWriterSettings());
      csv.writeHeaders(HEADER);
      for (ReviewItem item : items) {
        csv.writeRow(
            item.id(),
            item.text(),
            item.label(),
            item.suggested(),
            item.suspicion(),
            item.reason(),
            item.decidedLabel());
      }
      csv.flush();
    } catch (IOException failure) {
      throw new AdapterworksException(
          ErrorCode.STORAGE, file + " cannot be written: " + failure.getMessage(), failure);
    }
  }

  /** The decisions of a file: its rows with an id and a decided_label. */
  public static List<LabelReview.Wish> read(Path file) {
    Check.that(
        Files.isRegularFile(file),
        ErrorCode.INPUT,
        "%s is not a file; expected a CSV file with the columns id and decided_label",
        file);
    CsvParserSettings settings = new CsvParserSettings();
    settings.setLineSeparatorDetectionEnabled(true);
    settings.setDelimiterDetectionEnabled(true, ',', ';', '\t');
    settings.setMaxCharsPerColumn(-1);
    try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      return wishes(file, new CsvParser(settings).parseAll(in));
    } catch (IOException | TextParsingException | IllegalStateException failure) {
      // The parser wraps what reading throws.
      throw new AdapterworksException(
          ErrorCode.INPUT,
          file + " cannot be read as a CSV file in UTF-8; save it as such and import it again",
          failure);
    }
  }

  private static List<LabelReview.Wish> wishes(Path file, List<String[]> lines) {
    List<String> header =
        lines.isEmpty()
            ? List.of()
            : Arrays.stream(lines.get(0))
                .map(name -> name == null ? "" : name.replace("\ufeff", "").strip())
                .toList();
    int id = header.indexOf(LabelReviewTable.ID);
    int label = header.indexOf(LabelReviewTable.DECIDED_LABEL);
    Check.that(
        id >= 0 && label >= 0,
        ErrorCode.INPUT,
        "%s has the columns %s; expected id and decided_label among them; export the review, fill"
            + " decided_label and import the same file",
        file,
        header);
    List<LabelReview.Wish> wishes = new ArrayList<>();
    for (int row = 1; row < lines.size(); row++) {
      String[] line = lines.get(row);
      String decided = label < line.length ? line[label] : null;
      if (decided != null && !decided.isBlank()) {
        String of = id < line.length ? line[id] : null;
        Check.that(
            of != null && !of.isBlank(),
            ErrorCode.INPUT,
            "%s: row %d has the decided_label %s, but no id; give it one, or empty the row",
            file,
            row + 1,
            decided.strip());
        wishes.add(new LabelReview.Wish(of, decided.strip()));
      }
    }
    return wishes;
  }
}
