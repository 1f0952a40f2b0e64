package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pipeline.Warehouse;
import io.adapterworks.registry.AdapterDraft;
import io.adapterworks.table.SparkConfig;
import io.adapterworks.table.SparkSessions;
import io.adapterworks.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jobs that ask the registry and the tables, run as a person runs them. */
class RegistryJobsTest {
  private static final String BASE = "builtin:all-minilm-l6-v2";
  private static final List<String> LABELS = List.of("card_lost", "other");

  @TempDir static Path folder;

  private record Ran(int exitCode, String out, String err) {}

  private static Path warehouse() {
    return folder.resolve("warehouse");
  }

  /** An adapter that was never trained is enough to ask: its head answers at random. */
  @BeforeAll
  static void publishAnAdapter() throws IOException {
    Config defaults = ConfigFactory.parseResources("reference.conf").resolve();
    Path prepared = Files.createDirectory(folder.resolve("prepared"));
    AdapterDraft.Base base;
    try (BaseModel model = BaseModelReader.open(BASE)) {
      LoraConfig lora = ConfigReader.read(defaults, "lora", LoraConfig.class);
      Head head = new Head(LABELS.size(), Head.Pooling.MEAN);
      PeftDirectory.write(
          prepared,
          LoraAdapter.initialise(model, lora, Optional.of(head), 7),
          model,
          DType.FLOAT32);
      base = new AdapterDraft.Base(BASE, model.fingerprint());
    }
    AdapterDraft draft =
        new AdapterDraft(
            "support-intents",
            new AdapterDraft.Task("classification", LABELS, "mean", 64),
            new AdapterDraft.DatasetVersion("curated_examples", 3),
            base,
            new AdapterDraft.Training("float32", 7, "c0ffee", "0.1.0", "run-1"),
            Map.of("accuracy", 0.5));
    Clock clock = Clock.fixed(Instant.parse("2026-03-01T08:00:00Z"), ZoneOffset.UTC);
    SparkSession spark = SparkSessions.open("tests", SparkConfig.embedded());
    try {
      Warehouse.open(spark, warehouse().toString(), clock).registry().publish(draft, prepared);
    } finally {
      spark.stop();
    }
  }

  private static Ran run(String... arguments) throws IOException {
    Path conf = folder.resolve("test.conf");
    Files.writeString(
        conf,
        "warehouse = \"" + warehouse() + "\"\nspark.master = \"local[2]\"\nengine.device = cpu\n");
    String[] all = Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--conf";
    all[arguments.length + 1] = conf.toString();
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    try (PrintStream newOut = new PrintStream(outBytes, true, StandardCharsets.UTF_8);
        PrintStream newErr = new PrintStream(errBytes, true, StandardCharsets.UTF_8)) {
      System.setOut(newOut);
      System.setErr(newErr);
      int exitCode = Main.execute(all);
      return new Ran(
          exitCode,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  @Test
  void adaptersListShowsEveryVersion() throws IOException {
    Ran ran = run("adapters", "list");
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
    Ran ran = run("adapters", "show", "support-intents@1", "--json");
    assertEquals(0, ran.exitCode(), ran.err());
    JsonNode json = new ObjectMapper().readTree(ran.out());
    assertEquals("support-intents", json.path("name").asText());
    assertEquals(3, json.at("/dataset/version").asInt());
    assertEquals("[]", json.path("aliases").toString());
  }

  @Test
  void aReferenceThatIsNoneIsBadUsageAndAMissingVersionAFailure() throws IOException {
    Ran usage = run("adapters", "show", "support-intents");
    assertEquals(2, usage.exitCode());
    assertTrue(
        usage.err().contains("'support-intents' names no adapter version; expected NAME@VERSION"),
        usage.err());
    Ran missing = run("adapters", "show", "support-intents@9");
    assertEquals(1, missing.exitCode());
    assertTrue(
        missing
            .err()
            .contains("show: adapter support-intents has no version 9; expected one of [1]"),
        missing.err());
  }

  @Test
  void queryAnswersInCsvAndNamesTheNearestTable() throws IOException {
    Ran ran = run("query", "SELECT adapter, version FROM adapter_versions", "--format", "csv");
    assertEquals(0, ran.exitCode(), ran.err());
    assertEquals("adapter,version\nsupport-intents,1\n", ran.out());
    Ran missing = run("query", "SELECT * FROM adapter_version");
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
    Ran ran =
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
    Ran ran = run("evaluate", "--adapter", "support-intents@1", "--data", data.toString());
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
    Ran ran = run("evaluate", "--adapter", "support-intents@1");
    assertEquals(2, ran.exitCode());
    assertTrue(
        ran.err().contains("evaluate: name is missing; name a use case with --use-case FILE"),
        ran.err());
    Ran other = run("evaluate", "--adapter", "support-intents@1", "--set", "name=card-intents");
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
    Ran ran = run("evaluate", "--data", "rows.csv");
    assertEquals(2, ran.exitCode());
    assertTrue(
        ran.err().contains("--data needs --adapter; expected NAME@VERSION or NAME@ALIAS"),
        ran.err());
  }
}
