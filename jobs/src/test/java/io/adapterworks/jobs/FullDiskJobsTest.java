package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full while a job writes: one message with its cure, and nothing is lost. */
class FullDiskJobsTest {
  @TempDir Path folder;
  private Path conf;
  private Path useCase;

  @BeforeEach
  void write() throws IOException {
    conf = JobRun.installation(folder, folder.resolve("warehouse").toString());
    useCase = DeskUseCase.write(folder);
  }

  private JobRun job(String... arguments) {
    return JobRun.of(conf, arguments);
  }

  private JobRun run(String... settings) {
    return JobRun.ofChain(conf, useCase, settings);
  }

  @Test
  void aFullDiskWhileTablesAreWritten() {
    String full = "full://" + folder + "/warehouse";
    JobRun ran =
        job("ingest", "--use-case", useCase.toString(), "--set", "warehouse=\"" + full + '"');
    assertEquals(1, ran.exitCode(), ran::toString);
    assertEquals(
        List.of(
            "ingest: could not write table bronze_examples in full:"
                + folder
                + "/warehouse/bronze_examples: the disk is full; the table keeps its last version"
                + " and nothing is lost; free some space, or set warehouse to a larger disk, and"
                + " run the job again"),
        ran.messages());
    assertEquals(0, job("ingest", "--use-case", useCase.toString()).exitCode());
  }

  @Test
  void aFullDiskWhileTheAdapterIsPublished() {
    String directory = folder + "/room-but-for-adapters";
    JobRun ran = run("training.epochs=1", "warehouse=\"full://" + directory + '"');
    assertEquals(1, ran.exitCode(), ran::toString);
    assertEquals(
        "run: could not publish adapter desk-intents in full:"
            + directory
            + "/adapters/desk-intents: the disk is full; no version was made and the versions"
            + " before stay as they are; free some space, or set warehouse to a larger disk, and"
            + " run the job again",
        ran.messages().get(ran.messages().size() - 1));
    JobRun list = job("adapters", "list", "--set", "warehouse=" + directory);
    assertEquals(
        "No adapters in " + directory + " yet; the job run makes one.\n",
        list.out(),
        list::toString);
    JobRun afterwards =
        job(
            "train",
            "--use-case",
            useCase.toString(),
            "--set",
            "training.epochs=1",
            "--set",
            "warehouse=" + directory);
    assertEquals(0, afterwards.exitCode(), afterwards::toString);
    assertTrue(afterwards.out().startsWith("Registered desk-intents@1;"), afterwards::toString);
  }
}
