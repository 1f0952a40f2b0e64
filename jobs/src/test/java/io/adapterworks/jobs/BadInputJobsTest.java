package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.TestSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What people get wrong: each ends with one message that says how to mend it, and its exit code.
 */
class BadInputJobsTest {
  /** Spark takes it over when a job opens a session; unset, none was opened. */
  private static final String OPENED = "spark.sql.adapterworks.opened";

  @TempDir Path folder;
  private Path conf;
  private Path useCase;

  @BeforeEach
  void write() throws IOException {
    conf = JobRun.installation(folder, warehouse().toString());
    Files.writeString(
        conf,
        Files.readString(conf) + "spark.settings { \"" + OPENED + "\" = \"" + folder + "\" }\n");
    useCase = DeskUseCase.write(folder);
  }

  private Path warehouse() {
    return folder.resolve("warehouse");
  }

  private JobRun job(String... arguments) {
    return JobRun.of(conf, arguments);
  }

  private JobRun run(String... settings) {
    return JobRun.ofChain(conf, useCase, settings);
  }

  /** The job ended with this one message, before Spark was opened and anything was written. */
  private void assertRefusedEarly(int exitCode, String message, JobRun ran) {
    assertEquals(exitCode, ran.exitCode(), ran::toString);
    assertEquals(List.of(message), ran.messages());
    assertFalse(
        TestSpark.session().conf().get(OPENED, "").equals(folder.toString()), "Spark was opened");
    assertFalse(Files.exists(warehouse()), "the warehouse was made");
  }

  /** The job ended with 1 and one message that matches. */
  private static void assertFailed(String pattern, JobRun ran) {
    assertEquals(1, ran.exitCode(), ran::toString);
    assertEquals(1, ran.messages().size(), ran::toString);
    assertTrue(ran.messages().get(0).matches(pattern), ran::toString);
  }

  @Test
  void aMissingUseCaseFileAndAFolderInItsPlace() {
    assertRefusedEarly(
        2,
        "run: " + folder + "/none.conf is not a file; expected a HOCON configuration file there",
        job("run", "--use-case", folder + "/none.conf"));
    assertRefusedEarly(
        2,
        "run: " + folder + " is not a file; expected a HOCON configuration file there",
        job("run", "--use-case", folder.toString()));
  }

  @Test
  void curationWithoutAUseCase() {
    for (String name : List.of("curate", "nightly")) {
      assertRefusedEarly(
          2,
          name
              + ": name is missing; name a use case with --use-case FILE, for example"
              + " conf/usecases/fernway/usecase.conf",
          job(name));
    }
  }

  @Test
  void aSectionWhereAPathIsExpected() {
    assertRefusedEarly(
        2,
        "run: --set warehouse.path=here: warehouse={\"path\":\"here\"}; expected a value of type"
            + " string",
        run("warehouse.path=here"));
  }

  @Test
  void aUseCaseThatIsNoHocon() throws IOException {
    Files.writeString(useCase, "name = desk\ninputs = [ { path = ");
    JobRun ran = run();
    assertEquals(2, ran.exitCode(), ran::toString);
    assertEquals(1, ran.messages().size(), ran::toString);
    assertTrue(
        ran.messages().get(0).startsWith("run: not a HOCON file: " + useCase + ": 2: "),
        ran::toString);
  }

  @Test
  void anUnknownKeyNamesTheNearest() throws IOException {
    Files.writeString(useCase, Files.readString(useCase) + "lora.rnk = 4\n");
    JobRun ran = run();
    assertRefusedEarly(
        2,
        "run: "
            + useCase
            + ":10: unknown key lora.rnk; did you mean lora.rank? Known here: alpha, alphaPattern,"
            + " dropout, layersToTransform, rank, rankPattern, targetModules, targetPattern,"
            + " useDora, useRslora",
        ran);
  }

  @Test
  void aValueOfTheWrongType() {
    assertRefusedEarly(
        2,
        "run: --set lora.rank=many: lora.rank=\"many\"; expected a value of type int",
        run("lora.rank=many"));
    assertRefusedEarly(
        2,
        "run: --set training; expected KEY=VALUE, for example --set lora.rank=16",
        run("training"));
  }

  @Test
  void aRankLargerThanTheLayer() {
    assertRefusedEarly(
        2,
        "run: lora.rank=512 exceeds the layer width 384; expected 1..384; lower lora.rank in"
            + " conf/adapterworks.conf (layer encoder.layer.0.attention.self.query)",
        run("lora.rank=512"));
  }

  @Test
  void aLayerThatTheModelDoesNotHave() {
    JobRun ran = run("lora.targetModules=[qery]");
    assertEquals(2, ran.exitCode(), ran::toString);
    assertTrue(
        ran.messages()
            .get(0)
            .startsWith(
                "run: lora.targetModules: qery is no linear layer of this model; expected"
                    + " all-linear or some of "),
        ran::toString);
  }

  @Test
  void aBaseModelThatIsNotThere() {
    JobRun ran = run("base.model=models/none");
    assertRefusedEarly(
        2,
        "run: base.model: base model %1$s/models/none: there is no %1$s/models/none/config.json;"
                .formatted(folder)
            + " expected a directory in Hugging Face layout (config.json, model.safetensors or"
            + " model.safetensors.index.json, tokenizer.json), or builtin:all-minilm-l6-v2",
        ran);
  }

  @Test
  void aSequenceLongerThanTheBaseModelTakes() {
    assertRefusedEarly(
        2,
        "run: base.maxTokens=600 exceeds the longest sequence of builtin:all-minilm-l6-v2, 512;"
            + " expected 3 to 512",
        run("base.maxTokens=600"));
  }

  @Test
  void anAdapterNameThatIsNoFolderName() {
    JobRun ran = run("name=\"../Desk intents\"");
    assertEquals(2, ran.exitCode(), ran::toString);
    assertTrue(
        ran.messages()
            .get(0)
            .endsWith(
                "name '../Desk intents' cannot be used; expected 2 to 64 of a-z, 0-9, dot, dash"
                    + " and underscore, starting with a letter and ending with a letter or digit"),
        ran::toString);
    assertRefusedEarly(
        2,
        "predict: adapter name '../../etc' cannot be used; expected 2 to 64 of a-z, 0-9, dot, dash"
            + " and underscore, starting with a letter and ending with a letter or digit",
        job("predict", "--adapter", "../../etc@1", "hello"));
  }

  @Test
  void aMetricThatIsNone() {
    JobRun ran = run("success.kpis.acuracy.atLeast=0.9");
    assertEquals(2, ran.exitCode(), ran::toString);
    assertTrue(
        ran.messages()
            .get(0)
            .contains("success.kpis.acuracy is no metric; did you mean accuracy? Known: "),
        ran::toString);
  }

  @Test
  void aUseCaseWithoutInputs() {
    assertRefusedEarly(
        2,
        "run: inputs is empty; expected where the raw examples are, for example inputs = [ { path"
            + " = \"messages/*.jsonl\", columns { text = message, label = intent } } ] in the use"
            + " case",
        run("inputs=[]"));
  }

  @Test
  void anInputThatMatchesNoFile() throws IOException {
    useCase = DeskUseCase.withInput(folder, "mesages/*.jsonl");
    assertRefusedEarly(
        2,
        "run: inputs.path="
            + folder
            + "/mesages/*.jsonl matches no file; expected a file, a folder or a pattern; correct"
            + " the path; a relative one starts at the use case's folder",
        run());
  }

  @Test
  void anEmptyInputFolderIsNothingToDo() throws IOException {
    Files.createDirectory(folder.resolve("inbox"));
    useCase = DeskUseCase.withInput(folder, "inbox");
    JobRun ran = run();
    assertEquals(3, ran.exitCode(), ran::toString);
    assertTrue(
        ran.out().contains("Nothing to ingest: the inputs hold no file that can be read yet\n"),
        ran::toString);
    assertEquals(List.of(), ran.messages());
  }

  @Test
  void aFileOfUnknownFormat() throws IOException {
    Files.writeString(folder.resolve("messages/letters.docx"), "…");
    useCase = DeskUseCase.withInput(folder, "messages");
    assertRefusedEarly(
        2,
        "run: the format of letters.docx is not clear from its name; expected .jsonl, .csv or"
            + " .parquet, plain or .gz; rename it or set inputs.format",
        run());
  }

  @Test
  void aWarehouseThatCannotBeAFolder() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    assertRefusedEarly(
        2,
        "run: warehouse=%1$s/warehouse cannot be a folder: %1$s is a file; set warehouse to another"
                .formatted(file)
            + " folder",
        run("warehouse=" + file + "/warehouse"));
  }

  @Test
  void aCsvWithoutTheMappedColumn() throws IOException {
    Files.writeString(folder.resolve("messages/old.csv"), "text,intent\nhello,late_fee\n");
    useCase = DeskUseCase.withInput(folder, "messages");
    JobRun ran = run();
    assertEquals(2, ran.exitCode(), ran::toString);
    assertEquals(
        List.of(
            "run: old.csv has no column message, which inputs.columns maps; it has [text, intent];"
                + " correct the mapping or the file's header"),
        ran.messages());
    assertFalse(Files.exists(warehouse().resolve("bronze_examples")), "something was written");
  }

  @Test
  void dataWithOneLabelOnlyCannotTrain() throws IOException {
    Files.write(
        folder.resolve("messages/october.jsonl"),
        DeskUseCase.lines().stream().filter(line -> line.contains("renew_loan")).toList());
    JobRun ran = run();
    assertFailed(
        "run: dataset version 0 has \\d+ training rows with 1 labels \\[renew_loan\\]; a"
            + " classifier needs two labels or more; look at the rejected rows: .*",
        ran);
  }

  @Test
  void nothingIsTrainedWithoutRowsToTestItOn() {
    JobRun ran = run("curation.split.test=0");
    assertFailed(
        "run: dataset version 0 has \\d+ rows to train on and none to test a version on;"
            + " .* or raise curation.split.test",
        ran);
    assertFalse(ran.toString().contains("Training:"), ran::toString);
    assertFalse(Files.exists(warehouse().resolve("training_runs")), "a run was written");
  }

  @Test
  void sqlThatIsNone() {
    JobRun ran = job("query", "SELEC 1");
    assertEquals(2, ran.exitCode(), ran::toString);
    assertEquals(1, ran.messages().size(), ran::toString);
    assertTrue(ran.messages().get(0).startsWith("query: the SQL cannot be run: "), ran::toString);
    JobRun empty = job("query", "SELECT * FROM curated_examples");
    assertEquals(1, empty.exitCode(), empty::toString);
    assertEquals(
        List.of(
            "query: there is no table curated_examples; the warehouse has no tables yet; run the"
                + " job ingest or run first"),
        empty.messages());
    JobRun writing = job("query", "DROP TABLE curated_examples");
    assertEquals(2, writing.exitCode(), writing::toString);
  }

  @Test
  void anAdapterThatIsNotThere() {
    JobRun ran = job("predict", "--adapter", "desk-intents@champion", "hello");
    assertEquals(1, ran.exitCode(), ran::toString);
    assertEquals(
        List.of(
            "predict: there is no adapter desk-intents in "
                + warehouse()
                + "/adapters; expected one of []; the job run makes one"),
        ran.messages());
  }

  @Test
  void aDataFileThatIsNotThere() {
    assertRefusedEarly(
        1,
        "evaluate: "
            + folder
            + "/none.csv is not a file; expected a CSV file with the columns text"
            + " and label",
        job("evaluate", "--adapter", "desk-intents@1", "--data", folder + "/none.csv"));
  }
}
