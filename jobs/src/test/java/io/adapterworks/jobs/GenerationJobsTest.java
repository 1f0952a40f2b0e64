package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.adapterworks.SharedFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A decoder's whole chain, run as a person runs it: instructions, conversations and summaries in, a
 * registered adapter of stories260K out, and an answer.
 */
class GenerationJobsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path folder;

  private static JobRun run(String... arguments) {
    return JobRun.of(folder.resolve("test.conf"), arguments);
  }

  private static void writeArray(Path from, int rows, Path to) throws IOException {
    ArrayNode some = JSON.createArrayNode();
    JsonNode all = JSON.readTree(from.toFile());
    for (int i = 0; i < rows; i++) {
      some.add(all.get(i));
    }
    some.addObject().put("instruction", "Say nothing at all.").put("input", "").put("output", " ");
    Files.writeString(to, some.toPrettyString());
  }

  private static Path useCase() throws IOException {
    Path inbox = Files.createDirectories(folder.resolve("inbox"));
    Path instructions = SharedFolder.require("data/instructions/alpaca_en_demo.json");
    writeArray(instructions, 36, inbox.resolve("alpaca.json"));
    ArrayNode conversations = JSON.createArrayNode();
    Path dialogues = SharedFolder.require("data/instructions/dummy_conversation.json");
    JsonNode all = JSON.readTree(dialogues.toFile());
    for (int i = 0; i < 8; i++) {
      conversations.add(all.get(i));
    }
    Files.writeString(inbox.resolve("sharegpt.json"), conversations.toString());
    Path summaries = SharedFolder.require("data/dialogsum/dialogsum.dev.jsonl");
    try (Stream<String> lines = Files.lines(summaries)) {
      Files.write(inbox.resolve("summaries.jsonl"), lines.limit(8).toList());
    }
    Files.writeString(
        inbox.resolve("openai.jsonl"),
        """
        {"messages":[{"role":"system","content":"Be brief and kind."},\
        {"role":"user","content":"Which animal barks at the gate?"},\
        {"role":"assistant","content":"A dog barks at the gate."}]}
        {"messages":[{"role":"narrator","content":"Nobody answers in this one."}]}
        """);
    Path file = folder.resolve("usecase.conf");
    Files.writeString(
        file,
        """
        name = "story-answers"
        purpose = "Answers in the manner of the examples."
        task = generation
        inputs = [
          { path = "inbox/alpaca.json",
            columns { text = instruction, context = input, response = output } }
          { path = "inbox/sharegpt.json", columns { text = conversations, id = id } }
          { path = "inbox/summaries.jsonl", columns { text = dialogue, response = summary } }
          { path = "inbox/openai.jsonl", columns { text = messages } }
        ]
        base { model = "%s", maxTokens = 192 }
        lora { rank = 4, alpha = 8, dropout = 0 }
        training { epochs = 2, learningRate = 1e-2 }
        generation {
          tokensPerBatch = 1024
          answeredRows = 4
          sampling { maxNewTokens = 12 }
        }
        success.kpis { perplexityRatio { atMost = 0.9 } }
        """
            .formatted(SharedFolder.require("fixtures/stories260K")));
    return file;
  }

  @Test
  void instructionsConversationsAndSummariesBecomeAnAdapterThatAnswers() throws IOException {
    Path useCase = useCase();
    Files.writeString(
        folder.resolve("test.conf"),
        "warehouse = \"%s\"\nspark.master = \"local[2]\"\nspark.shufflePartitions = 2\n"
                .formatted(folder.resolve("warehouse"))
            + "engine { device = cpu, dtype = float32 }\n");
    JobRun ran = run("run", "--use-case", useCase.toString());
    assertEquals(0, ran.exitCode(), ran.out() + ran.err());
    assertTrue(ran.out().contains("story-answers@1 is champion now."), ran.out());
    assertTrue(ran.err().contains("training rows to base.maxTokens=192: "), ran.err());
    assertTrue(ran.err().contains(" % of positions hold no token"), ran.err());

    JobRun tables =
        run(
            "query",
            "SELECT rule AS what, count(*) AS rows FROM curated_rejects WHERE rule IN"
                + " ('missing-response', 'broken-conversation', 'wrong-type') GROUP BY rule"
                + " UNION ALL SELECT regexp_extract(source, '[a-z]+[.]jsonl?$', 0) AS what, 1 AS"
                + " rows FROM curated_examples GROUP BY what"
                + " UNION ALL SELECT concat_ws(' ', model, metric) AS what, 1 AS rows FROM"
                + " evaluations WHERE metric IN ('perplexity', 'rougeL', 'exactMatch',"
                + " 'tokenAccuracy') ORDER BY what",
            "--format",
            "csv");
    assertEquals(
        List.of(
            "what,rows",
            "adapter exactMatch,1",
            "adapter perplexity,1",
            "adapter rougeL,1",
            "adapter tokenAccuracy,1",
            "alpaca.json,1",
            "base exactMatch,1",
            "base perplexity,1",
            "base rougeL,1",
            "base tokenAccuracy,1",
            "broken-conversation,1",
            "missing-response,1",
            "openai.jsonl,1",
            "sharegpt.json,1",
            "summaries.jsonl,1"),
        tables.out().lines().toList(),
        tables.err());

    JobRun evaluated = run("evaluate", "--use-case", useCase.toString(), "--json");
    assertEquals(0, evaluated.exitCode(), evaluated.err());
    JsonNode json = JSON.readTree(evaluated.out());
    double base = json.at("/models/base/perplexity").asDouble();
    double adapter = json.at("/metrics/perplexity/value").asDouble();
    assertTrue(adapter < 0.9 * base, evaluated.out());
    String report = Files.readString(Path.of(json.get("report").asText().replace("file:", "")));
    assertTrue(report.contains("base without adapter"), "the report names the base");

    JobRun answer =
        run(
            "predict",
            "--use-case",
            useCase.toString(),
            "--adapter",
            "story-answers@champion",
            "Which animal barks?");
    assertEquals(0, answer.exitCode(), answer.err());
    List<String> lines = answer.out().lines().toList();
    assertEquals("Which animal barks?", lines.get(0));
    assertFalse(String.join("", lines.subList(1, lines.size())).isBlank(), answer.out());

    JobRun again = run("train", "--use-case", useCase.toString());
    assertEquals(3, again.exitCode(), again.err());
  }

  @Test
  void aCriterionOfAnotherTaskStopsBeforeSpark() throws IOException {
    Files.writeString(folder.resolve("test.conf"), "warehouse = \"unused\"\n");
    JobRun ran =
        run(
            "train",
            "--set",
            "name=story-answers",
            "--set",
            "task=generation",
            "--set",
            "success.kpis.accuracy.atLeast=0.9");
    assertEquals(2, ran.exitCode());
    assertTrue(
        ran.err()
            .contains(
                "success.kpis.accuracy is not measured for this task; expected some of perplexity,"
                    + " perplexityRatio, tokenAccuracy, rougeL, rougeLGain, exactMatch"),
        ran.err());
  }
}
