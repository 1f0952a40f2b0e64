package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A use case from raw files to an adapter that answers, through the jobs alone. Before the tests:
 * the run; the run again; and a run whose adapter hardly learns.
 */
class UseCaseJobsTest {
  private static final String[] HARDLY_LEARNS = {"training.learningRate=1e-9", "training.epochs=1"};

  @TempDir static Path folder;

  private static Path conf;
  private static String useCase;
  private static JobRun first;
  private static JobRun again;
  private static JobRun worse;
  private static List<String> rowsAfterFirst;
  private static List<String> rowsAfterAgain;
  private static List<String> temporaryBefore;

  @BeforeAll
  static void run() throws IOException {
    conf = JobRun.installation(folder, folder.resolve("warehouse").toString());
    useCase = DeskUseCase.write(folder).toString();
    temporaryBefore = temporaryFolders();
    first = job("run", "--use-case", useCase);
    rowsAfterFirst = tableVersions();
    again = job("run", "--use-case", useCase);
    rowsAfterAgain = tableVersions();
    worse = JobRun.ofChain(conf, Path.of(useCase), HARDLY_LEARNS);
  }

  private static JobRun job(String... arguments) {
    return JobRun.of(conf, arguments);
  }

  private static JsonNode json(JobRun ran) throws IOException {
    return new ObjectMapper().readTree(ran.out());
  }

  /** The newest commit of each table: nothing was written where these stay. */
  private static List<String> tableVersions() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("warehouse"))) {
      return files
          .filter(file -> file.getFileName().toString().matches("\\d{20}\\.json"))
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  private static List<String> temporaryFolders() throws IOException {
    try (Stream<Path> entries = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.matches("adapterworks-(adapter|prepared)-.*"))
          .sorted()
          .toList();
    }
  }

  @Test
  void theRunTellsEachStageItsTimeAndWhatToDoNext() {
    assertEquals(0, first.exitCode(), first::toString);
    List<String> stages =
        first
            .out()
            .lines()
            .filter(line -> line.startsWith("== "))
            .map(l -> l.substring(3))
            .toList();
    assertEquals(
        List.of("start", "ingest", "curate", "dataset", "card", "train", "evaluate", "report"),
        stages);
    assertTrue(first.out().contains("Registered desk-intents@1\n"), first.out());
    assertTrue(
        first
            .out()
            .contains("Ask it: scripts/adapterworks predict --adapter desk-intents@1 \"TEXT\"\n"),
        first.out());
    for (String stage : stages) {
      assertTrue(
          first.out().lines().anyMatch(line -> line.matches("  " + stage + " +\\d+\\.\\d s")),
          () -> "no time for " + stage + "\n" + first.out());
    }
  }

  @Test
  void everyRawLineIsKeptOrRejectedWithItsPlaceAndRule() {
    assertEquals(
        List.of("broken-line,october.jsonl,44", "exact-duplicate,october.jsonl,43"),
        JobRun.rows(conf, "SELECT rule, source, line FROM curated_rejects ORDER BY rule"));
    assertEquals(
        List.of("45,14,14,15,0,3"),
        JobRun.rows(
            conf,
            "SELECT (SELECT count(*) FROM bronze_examples), count_if(label = 'late_fee'),"
                + " count_if(label = 'renew_loan'), count_if(label = 'study_room'),"
                + " count_if(text LIKE '%ann.lee%'), count(DISTINCT split) FROM"
                + " curated_examples"));
  }

  @Test
  void theVersionIsAPeftFolderWithEverythingThatMadeIt() throws IOException {
    Path version = folder.resolve("warehouse/adapters/desk-intents/1");
    try (Stream<Path> files = Files.list(version)) {
      assertEquals(
          List.of(
              "adapter_config.json",
              "adapter_model.safetensors",
              "head.safetensors",
              "manifest.json"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
    JsonNode manifest = json(job("adapters", "show", "desk-intents@1", "--json"));
    assertEquals("builtin:all-minilm-l6-v2", manifest.at("/base/location").asText());
    assertEquals("dataset_examples", manifest.at("/dataset/table").asText());
    assertEquals(0, manifest.at("/dataset/version").asInt());
    assertEquals(64, manifest.at("/training/configHash").asText().length());
    assertTrue(manifest.at("/metrics/accuracy").asDouble() >= 0.6, manifest::toString);
  }

  @Test
  void trainingAndEvaluationAreInTheTables() {
    assertEquals(
        List.of("2,0,true,adapter base"),
        JobRun.rows(
            conf,
            "SELECT count(DISTINCT r.run_id), max(r.dataset_version), count_if(m.metric = 'loss') >"
                + " 0, (SELECT concat_ws(' ', sort_array(collect_set(model))) FROM evaluations"
                + " WHERE adapter_version = 1) FROM training_runs r JOIN training_metrics m USING"
                + " (run_id)"));
  }

  @Test
  void theReportIsOneFileThatLoadsNothing() throws IOException {
    Path report = folder.resolve("warehouse/reports/desk-intents-1.html");
    assertTrue(first.out().contains("Report: " + report + "\n"), first.out());
    String html = Files.readString(report);
    assertTrue(html.contains("<h1>desk-intents@1</h1>"), html);
    assertFalse(html.matches("(?s).*(src|href)\\s*=\\s*[\"'](?!#).*"), "loads something");
  }

  @Test
  void aSecondRunWritesNothingAndSaysSo() {
    assertEquals(3, again.exitCode(), again::toString);
    assertEquals(rowsAfterFirst, rowsAfterAgain);
    assertTrue(
        again
            .out()
            .contains(
                "Nothing new: desk-intents@1 was trained with these settings on dataset version 0."
                    + " No row and no version was written."),
        again.out());
  }

  @Test
  void aWorseVersionIsRegisteredButTheChampionStays() {
    assertEquals(4, worse.exitCode(), worse::toString);
    assertTrue(worse.out().contains("desk-intents@2 stays a candidate: "), worse.out());
    assertTrue(worse.out().contains("accuracy against champion desk-intents@1"), worse.out());
    JobRun list = job("adapters", "list");
    assertEquals(0, list.exitCode(), list::toString);
    assertTrue(
        list.out().lines().anyMatch(l -> l.matches("desk-intents +1 .* champion")), list::out);
    assertTrue(
        list.out().lines().anyMatch(l -> l.matches("desk-intents +2 .*dataset_examples@0")),
        list::out);
  }

  @Test
  void eachCriterionAloneRefuses() {
    JobRun kpi =
        job(
            "evaluate",
            "--use-case",
            useCase,
            "--adapter",
            "desk-intents@2",
            "--set",
            "success.championMargin=1",
            "--set",
            "success.kpis.accuracy.atLeast=0.99");
    assertEquals(4, kpi.exitCode(), kpi::toString);
    assertTrue(kpi.out().contains("stays a candidate: accuracy 0."), kpi.out());
    JobRun champion =
        job(
            "evaluate",
            "--use-case",
            useCase,
            "--adapter",
            "desk-intents@2",
            "--set",
            "success.kpis.accuracy.atLeast=0");
    assertEquals(4, champion.exitCode(), champion::toString);
    assertTrue(
        champion.out().contains("stays a candidate: accuracy against champion"), champion.out());
  }

  @Test
  void theChampionAnswers() {
    JobRun ran =
        job("predict", "--adapter", "desk-intents@champion", "please renew my loan, one more week");
    assertEquals(0, ran.exitCode(), ran::toString);
    List<String> lines = ran.out().lines().toList();
    assertEquals("please renew my loan, one more week", lines.get(0));
    assertTrue(lines.get(1).matches(" +\\d+\\.\\d %  renew_loan"), ran.out());
    assertEquals(
        new TreeSet<>(List.of("late_fee", "renew_loan", "study_room")),
        new TreeSet<>(lines.subList(1, 4).stream().map(l -> l.replaceAll(".* ", "")).toList()));
  }

  @Test
  void aLabelledFileOfOnesOwnIsEvaluated() throws IOException {
    Path data = folder.resolve("own.csv");
    Files.writeString(
        data,
        """
        text,label
        may I renew this book,renew_loan
        "the fine, again, is wrong",late_fee
        is a room free tonight,study_room
        """);
    JobRun ran =
        job("evaluate", "--adapter", "desk-intents@1", "--data", data.toString(), "--json");
    assertEquals(0, ran.exitCode(), ran::toString);
    JsonNode result = json(ran);
    assertEquals(3, result.path("rows").asInt());
    assertEquals(0, result.path("skippedRows").asInt());
    double accuracy = result.at("/metrics/accuracy/value").asDouble();
    assertTrue(accuracy > 0.3 && accuracy <= 1, ran.out());
  }

  @Test
  void nothingTemporaryStaysBehind() throws IOException {
    assertEquals(temporaryBefore, temporaryFolders());
    try (Stream<Path> entries = Files.list(folder.resolve("warehouse/adapters/desk-intents"))) {
      assertEquals(
          List.of("1", "2"),
          entries
              .map(entry -> entry.getFileName().toString())
              .filter(name -> !name.equals("checkpoints"))
              .sorted()
              .toList());
    }
  }
}
