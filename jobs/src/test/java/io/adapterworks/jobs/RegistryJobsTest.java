package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jobs that ask the registry and the tables, run as a person runs them. */
class RegistryJobsTest {
  private static final String BASE = "builtin:all-minilm-l6-v2";

  @TempDir static Path folder;

  private static Path warehouse() {
    return folder.resolve("warehouse");
  }

  @BeforeAll
  static void publishAnAdapter() throws IOException {
    UntrainedAdapter.publish(warehouse(), "support-intents", BASE);
  }

  private static JobRun run(String... arguments) throws IOException {
    return JobRun.of(JobRun.installation(folder, warehouse().toString()), arguments);
  }

  @Test
  void adaptersListShowsEveryVersion() throws IOException {
    JobRun ran = run("adapters", "list");
    assertEquals(0, ran.exitCode(), ran.err());
    assertEquals(
        List.of(
            "ADAPTER                      VERSION  CREATED (UTC)        ACCURACY MACRO-F1  DATASET"
                + "                  ALIASES",
            "support-intents                    1  2026-03-01 08:00:00    0.5000        -"
                + "  curated_examples@3"),
        ran.out().lines().toList());
  }

  @Test
  void adaptersShowGivesTheManifestAsJson() throws IOException {
    JobRun ran = run("adapters", "show", "support-intents@1", "--json");
    assertEquals(0, ran.exitCode(), ran.err());
    JsonNode json = new ObjectMapper().readTree(ran.out());
    assertEquals("support-intents", json.path("name").asText());
    assertEquals(3, json.at("/dataset/version").asInt());
    assertEquals("[]", json.path("aliases").toString());
  }

  @Test
  void aReferenceThatIsNoneIsBadUsageAndAMissingVersionAFailure() throws IOException {
    JobRun usage = run("adapters", "show", "support-intents");
    assertEquals(2, usage.exitCode());
    assertTrue(
        usage.err().contains("'support-intents' names no adapter version; expected NAME@VERSION"),
        usage.err());
    JobRun missing = run("adapters", "show", "support-intents@9");
    assertEquals(1, missing.exitCode());
    assertTrue(
        missing
            .err()
            .contains("show: adapter support-intents has no version 9; expected one of [1]"),
        missing.err());
  }

  @Test
  void queryAnswersInCsvAndNamesTheNearestTable() throws IOException {
    JobRun ran = run("query", "SELECT adapter, version FROM adapter_versions", "--format", "csv");
    assertEquals(0, ran.exitCode(), ran.err());
    assertEquals("adapter,version\nsupport-intents,1\n", ran.out());
    JobRun missing = run("query", "SELECT * FROM adapter_version");
    assertEquals(1, missing.exitCode());
    assertTrue(
        missing
            .err()
            .contains(
                "query: there is no table adapter_version; did you mean adapter_versions?"
                    + " Tables: adapter_versions"),
        missing.err());
  }

  @Test
  void evaluateCountsRowsItCannotUseAndLabelsItDoesNotKnow() throws IOException {
    Path data = folder.resolve("rows.csv");
    Files.writeString(
        data,
        """
        text,category
        I lost my card,card_lost
        Where is my refund?,refund
        ,other
        Good morning,other
        """);
    JobRun ran =
        run("evaluate", "--adapter", "support-intents@1", "--data", data.toString(), "--json");
    assertEquals(0, ran.exitCode(), ran.err());
    JsonNode json = new ObjectMapper().readTree(ran.out());
    assertEquals(2, json.path("rows").asInt());
    assertEquals("{\"refund\":1}", json.path("unknownLabels").toString());
    assertEquals(1, json.path("skippedRows").asInt());
    assertTrue(ran.err().contains(data + ":4: skipped, text is empty"), ran.err());
    assertTrue(json.at("/metrics/accuracy").has("low"), ran.out());
  }

  @Test
  void evaluateWithoutTheMappedColumnSaysWhichAreThere() throws IOException {
    Path data = folder.resolve("other.csv");
    Files.writeString(data, "message,intent\nhello,other\n");
    JobRun ran = run("evaluate", "--adapter", "support-intents@1", "--data", data.toString());
    assertEquals(1, ran.exitCode());
    assertTrue(
        ran.err()
            .contains(
                "evaluate: "
                    + data
                    + " has no column text; its columns are message, intent; name the right one"
                    + " with --text COLUMN"),
        ran.err());
  }

  @Test
  void withoutAUseCaseNothingCanBePromoted() throws IOException {
    JobRun ran = run("evaluate", "--adapter", "support-intents@1");
    assertEquals(2, ran.exitCode());
    assertTrue(
        ran.err().contains("evaluate: name is missing; name a use case with --use-case FILE"),
        ran.err());
    JobRun other = run("evaluate", "--adapter", "support-intents@1", "--set", "name=card-intents");
    assertEquals(2, other.exitCode());
    assertTrue(
        other
            .err()
            .contains(
                "--adapter support-intents@1 is not of the use case card-intents, whose criteria"
                    + " would judge it; name its use case"),
        other.err());
  }

  @Test
  void evaluateOnAFileNeedsAnAdapter() throws IOException {
    JobRun ran = run("evaluate", "--data", "rows.csv");
    assertEquals(2, ran.exitCode());
    assertTrue(
        ran.err().contains("--data needs --adapter; expected NAME@VERSION or NAME@ALIAS"),
        ran.err());
  }
}
