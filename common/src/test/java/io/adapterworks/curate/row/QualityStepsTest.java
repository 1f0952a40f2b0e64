package io.adapterworks.curate.row;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.curate.TestCuration;
import io.adapterworks.curate.row.RowPipeline.Outcome;
import io.adapterworks.curate.source.ColumnMapping;
import io.adapterworks.curate.source.MappedFields;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What quality rules drop, and what looks alike and stays. */
class QualityStepsTest {
  private final RowPipeline pipeline = new RowPipeline(TestCuration.defaults().rows(List.of()));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "you are a bunch of useless idiots and you can all go to hell",
        "I will kill you if my money is not back tomorrow",
        "just kill yourself already please",
        "all immigrants should be deported from this country right now"
      })
  void hateThreatsAndInsultsAreToxic(String text) {
    assertEquals("toxicity", rule(message(text)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "where the fuck is my new card, this is bullshit",
        "your app is crap and it keeps killing my battery",
        "the machine killed my transaction halfway through, what now",
        "my card died in the washing machine, can I get a new one"
      })
  void anAngryCustomerStays(String text) {
    assertEquals("kept", rule(message(text)));
  }

  @Test
  void aMessageThatAMachineWroteIsBoilerplate() {
    assertEquals(
        "boilerplate",
        rule(
            message(
                "This is an automated message. Please do not reply to this. If you have received"
                    + " this email in error delete it.")));
    assertEquals(
        "kept", rule(message("where is my new card please, it is late. Sent from my iPhone")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Name a city.|?!|empty-answer",
        "Name a city.|As an AI language model, I cannot assist with that request.|refusal",
        "Tell me about cities.|Cities are places where many people live together"
            + " and|truncated-answer",
        "Write a loop.|Here it is: ```for (;;) {|truncated-answer",
        "Name a city of France.|name a city of France|echo",
        "Tell me about it.|I like it very much I like it very much I like it very much I like it"
            + " very much I like it very much|answer-repetition",
        "Name a city of France.|Paris|kept",
        "Tell me about cities.|Cities are places where many people live and work together.|kept",
      })
  void answersAreJudged(String instruction, String answer, String expected) {
    String line = "{\"text\":\"" + instruction + "\",\"response\":\"" + answer + "\"}";
    assertEquals(expected, rule(pipeline.run(line, columns(Optional.of("response")))));
  }

  @Test
  void aMessageHasNoScoresOfAnAnswer() {
    Outcome outcome = message("where is my new card please, it is late");

    assertTrue(outcome.draft().scores().containsKey("toxicity"));
    assertTrue(outcome.draft().scores().keySet().stream().noneMatch("echo"::equals));
  }

  private Outcome message(String text) {
    String line = "{\"text\":\"" + text + "\",\"label\":\"card\"}";
    return pipeline.run(line, columns(Optional.empty()));
  }

  private static String columns(Optional<String> response) {
    Optional<String> label = response.isEmpty() ? Optional.of("label") : Optional.empty();
    return MappedFields.write(new ColumnMapping("text", label, response, Optional.empty()));
  }

  private static String rule(Outcome outcome) {
    return outcome.rejection() == null ? "kept" : outcome.rejection().rule();
  }
}
