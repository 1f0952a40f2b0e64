package io.adapterworks.tokenize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.SharedFolder;
import io.adapterworks.curate.conversation.ChatMessage;
import io.adapterworks.curate.conversation.ChatMessage.Role;
import io.adapterworks.curate.conversation.ConversationReader;
import io.adapterworks.error.AdapterworksException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConversationEncoderTest {
  private static final ChatTemplate PLAIN =
      ChatTemplate.plain(Map.of("bos_token", "<s>", "eos_token", "</s>"));

  private Tokenizer tokenizer;

  @BeforeEach
  void open() {
    tokenizer =
        JsonTokenizer.open(SharedFolder.require("fixtures/stories260K").resolve("tokenizer.json"));
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private String scoredText(EncodedConversation encoded) {
    int[] scored =
        Arrays.stream(encoded.row().labels()).filter(l -> l != TokenBatch.IGNORED).toArray();
    assertEquals(scored.length, encoded.scored());
    return tokenizer.decodeWithSpecialTokens(scored);
  }

  @Test
  void onlyAnswersAreScoredWithTheirClosingToken() {
    EncodedConversation encoded =
        new ConversationEncoder(tokenizer, PLAIN, 512)
            .encode(
                List.of(
                    new ChatMessage(Role.USER, "Say hi \uD83D\uDE42 now"),
                    new ChatMessage(Role.ASSISTANT, "Hi there."),
                    new ChatMessage(Role.USER, "And bye?"),
                    new ChatMessage(Role.ASSISTANT, "Bye.")));
    assertEquals("Hi there.</s>Bye.</s>", scoredText(encoded));
    assertEquals(0, encoded.cutTokens());
    int[] ids = encoded.row().ids();
    int[] labels = encoded.row().labels();
    for (int t = 0; t < ids.length; t++) {
      assertTrue(labels[t] == TokenBatch.IGNORED || labels[t] == ids[t + 1], "label " + t);
    }
  }

  @Test
  void theTokenThatClosesAnAnswerIsTheTemplates() {
    assertEquals(OptionalInt.of(2), new ConversationEncoder(tokenizer, PLAIN, 512).closingToken());
    ChatTemplate open = ChatTemplate.plain(Map.of("bos_token", "<s>", "eos_token", ""));
    assertEquals(OptionalInt.empty(), new ConversationEncoder(tokenizer, open, 512).closingToken());
  }

  @Test
  void truncationSaysWhatItCut() {
    List<ChatMessage> messages =
        List.of(new ChatMessage(Role.USER, "Hi"), new ChatMessage(Role.ASSISTANT, "Hi there."));
    EncodedConversation whole = new ConversationEncoder(tokenizer, PLAIN, 512).encode(messages);
    int tokens = whole.row().length();
    EncodedConversation cut =
        new ConversationEncoder(tokenizer, PLAIN, tokens - 5).encode(messages);
    assertEquals(tokens - 5, cut.row().length());
    assertEquals(5, cut.cutTokens());
    assertEquals(whole.scored(), cut.scored() + cut.cutScored());
    assertTrue(cut.cutScored() > 0 && cut.isCut(), cut.toString());
  }

  @Test
  void everyFormOfRowIsRead() throws IOException {
    List<ChatMessage> expected =
        List.of(new ChatMessage(Role.USER, "Ask"), new ChatMessage(Role.ASSISTANT, "Answer"));
    for (String row :
        List.of(
            "{'instruction':'Ask','input':'','output':'Answer'}",
            "{'messages':[{'role':'user','content':'Ask'},"
                + "{'role':'assistant','content':'Answer'}]}",
            "{'conversations':[{'from':'human','value':'Ask'},{'from':'gpt','value':'Answer'}]}",
            "{'prompt':'Ask','completion':'Answer'}")) {
      assertEquals(expected, ConversationReader.read(json(row), "row 1"), row);
    }
    assertEquals(
        "Ask\n\nThis",
        ConversationReader.read(
                json("{'instruction':'Ask','input':'This','output':'Answer'}"), "row 1")
            .get(0)
            .content());
    assertEquals(
        "Summarise the following text.\n\nLong",
        ConversationReader.read(json("{'dialogue':'Long','summary':'Short'}"), "row 1")
            .get(0)
            .content());
    JsonNode empty = json("{'text':'x'}");
    assertEquals(
        "rows.jsonl:7 has no answer to learn; expected messages, conversations, instruction and"
            + " output, prompt and completion, or dialogue and summary",
        assertThrows(
                AdapterworksException.class, () -> ConversationReader.read(empty, "rows.jsonl:7"))
            .getMessage());
  }

  private static JsonNode json(String row) throws IOException {
    return new ObjectMapper().readTree(row.replace('\'', '"'));
  }

  @Test
  void realInstructionsArePackedWithLittleWaste() throws IOException {
    JsonNode rows =
        new ObjectMapper()
            .readTree(SharedFolder.require("data/instructions/alpaca_en_demo.json").toFile());
    ConversationEncoder encoder = new ConversationEncoder(tokenizer, PLAIN, 512);
    List<TokenRow> encoded = new ArrayList<>();
    for (JsonNode row : rows) {
      EncodedConversation conversation = encoder.encode(ConversationReader.read(row, "alpaca"));
      encoded.add(conversation.row());
    }
    assertEquals(999, encoded.size());
    SequencePacker packer = new SequencePacker(2048, 3);
    List<TokenBatch> batches = packer.epoch(encoded, 0);
    assertEquals(999, batches.stream().mapToInt(TokenBatch::sequences).sum());
    assertTrue(packer.waste(batches) < 0.05, "waste " + packer.waste(batches));
    assertEquals(
        Arrays.toString(batches.get(0).ids()),
        Arrays.toString(packer.epoch(encoded, 0).get(0).ids()));
  }
}
