package io.adapterworks.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be read is said and kept apart; the rest goes on. */
class UnreadableFileJobsTest {
  @TempDir Path folder;
  private Path conf;

  @BeforeEach
  void write() throws IOException {
    conf = JobRun.installation(folder, folder.resolve("warehouse").toString());
    DeskUseCase.write(folder);
  }

  private JobRun job(String... arguments) {
    return JobRun.of(conf, arguments);
  }

  /** A file that is no gzip, and two rows of a label that the use case does not list. */
  private static void writeFaults(Path messages) throws IOException {
    Files.write(messages.resolve("torn.jsonl.gz"), "this is no gzip".getBytes(UTF_8));
    Files.write(
        messages.resolve("november.jsonl"),
        List.of(
            DeskUseCase.row("the fee is wrong again", "late_fees"),
            DeskUseCase.row("why a fee now", "late_fees")));
  }

  @Test
  void aFileThatCannotBeReadAndAnUnknownLabelAreSaidAndTheRestIsCurated() throws IOException {
    writeFaults(folder.resolve("messages"));
    Path useCase = DeskUseCase.withInput(folder, "messages");
    JobRun ingest = job("ingest", "--use-case", useCase.toString());
    assertEquals(0, ingest.exitCode(), ingest::toString);
    assertEquals(
        List.of(
            "file:"
                + folder
                + "/messages/torn.jsonl.gz cannot be opened: Not in GZIP format; the other files"
                + " are read without it; mend it, and the next run reads it"),
        ingest.messages());
    JobRun curate = job("curate", "--use-case", useCase.toString());
    assertEquals(0, curate.exitCode(), curate::toString);
    assertEquals(
        List.of(
            "  2 rows: the label late_fees is none of the 3 of the use case; the nearest is"
                + " late_fee (first in november.jsonl:1)",
            "  1 row: the file cannot be opened: Not in GZIP format (first in torn.jsonl.gz:1)"),
        curate.out().lines().filter(line -> line.startsWith("  ")).toList());
    assertEquals(
        List.of(
            "unknown-label,november.jsonl,1,late_fees",
            "unknown-label,november.jsonl,2,late_fees",
            "unreadable-file,torn.jsonl.gz,1,"),
        JobRun.rows(
            conf,
            "SELECT rule, source, line, label FROM curated_rejects WHERE rule LIKE 'un%' ORDER BY"
                + " rule, line"));
    Files.delete(folder.resolve("messages/october.jsonl"));
    Files.delete(folder.resolve("messages/november.jsonl"));
    JobRun again = job("ingest", "--use-case", useCase.toString());
    assertEquals(3, again.exitCode(), again::toString);
    assertEquals(ingest.messages(), again.messages());
  }
}
