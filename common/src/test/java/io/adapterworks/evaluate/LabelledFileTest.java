package io.adapterworks.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.LabelledFile.Columns;
import io.adapterworks.evaluate.LabelledFile.Skipped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelledFileTest {
  @TempDir Path folder;

  private Path file(String content) throws IOException {
    return Files.writeString(folder.resolve("rows.csv"), content);
  }

  private static AdapterworksException failure(Path file, Columns columns) {
    AdapterworksException error =
        assertThrows(AdapterworksException.class, () -> LabelledFile.read(file, columns));
    assertEquals(ErrorCode.INPUT, error.code());
    return error;
  }

  @Test
  void quotedTextsAndAByteOrderMarkAreRead() throws IOException {
    Path file =
        file(
            "\ufefftext,category\r\n\"lost, \"\"stolen\"\"\nor gone\",card_lost\r\nüñî 😀,other\r\n");
    assertEquals(
        new LabelledFile(
            List.of(
                new LabelledText("lost, \"stolen\"\nor gone", "card_lost"),
                new LabelledText("üñî 😀", "other")),
            List.of()),
        LabelledFile.read(file, Columns.DEFAULT));
  }

  @Test
  void rowsWithoutTextOrLabelAreToldWithTheirLine() throws IOException {
    Path file = file("id,text,label\n1,hello,greeting\n2,,greeting\n3,bye\n4,fine,other\n");
    assertEquals(
        new LabelledFile(
            List.of(new LabelledText("hello", "greeting"), new LabelledText("fine", "other")),
            List.of(new Skipped(3, "text is empty"), new Skipped(4, "label is empty"))),
        LabelledFile.read(file, Columns.DEFAULT));
  }

  @Test
  void columnsCanBeNamed() throws IOException {
    Path file = file("Message,intent,label\nhello,greeting,9\n");
    assertEquals(
        List.of(new LabelledText("hello", "greeting")),
        LabelledFile.read(file, new Columns(Optional.of("message"), Optional.of("intent"))).rows());
  }

  @Test
  void aMissingColumnNamesThoseThatAreThere() throws IOException {
    Path file = file("message,intent\nhello,greeting\n");
    assertEquals(
        file
            + " has no column text; its columns are message, intent; name the right one with"
            + " --text COLUMN",
        failure(file, Columns.DEFAULT).getMessage());
    assertEquals(
        file
            + " has no column label or category; its columns are message, intent; name the right"
            + " one with --label COLUMN",
        failure(file, new Columns(Optional.of("message"), Optional.empty())).getMessage());
  }

  @Test
  void filesThatCannotBeReadSayWhy() throws IOException {
    assertEquals(
        folder + " is not a file; expected a CSV file with the columns text and label",
        failure(folder, Columns.DEFAULT).getMessage());
    Path empty = file("");
    assertEquals(
        empty + " is empty; expected a header and rows",
        failure(empty, Columns.DEFAULT).getMessage());
    Path header = file("text,label\n,\n");
    assertEquals(
        header + " has no row with a text and a label; expected at least one",
        failure(header, Columns.DEFAULT).getMessage());
    Path latin = folder.resolve("latin.csv");
    Files.write(latin, "text,label\nf\u00fcr mich,other\n".getBytes(StandardCharsets.ISO_8859_1));
    assertEquals(
        latin + " is not UTF-8; convert it, for example with iconv",
        failure(latin, Columns.DEFAULT).getMessage());
  }
}
