package io.adapterworks.tokenize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.SharedFolder;
import io.adapterworks.error.AdapterworksException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class JsonTokenizerTest {
  private static final int CLS = 101;
  private static final int SEP = 102;

  @Test
  void idsOfBertAreTheReferences() throws IOException {
    Path vectors = SharedFolder.require("data/tokenizer-vectors/bert_uncased_and_llama3.json");
    List<String> wrong = new ArrayList<>();
    try (Tokenizer tokenizer = miniLm()) {
      for (JsonNode vector : new ObjectMapper().readTree(vectors.toFile())) {
        if (!vector.hasNonNull("bert_base_uncased_ids_no_cls_sep")) {
          continue;
        }
        String text = vector.get("text").asText();
        int[] expected =
            StreamSupport.stream(
                    vector.get("bert_base_uncased_ids_no_cls_sep").spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
        if (!Arrays.equals(expected, tokenizer.encodePlain(text))) {
          wrong.add(text);
        }
      }
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void aTextThatIsTooLongIsCutBeforeItsClosingToken() throws IOException {
    try (Tokenizer tokenizer = miniLm()) {
      assertArrayEquals(new int[] {CLS, 7592, 2088, SEP}, tokenizer.encode("Hello World", 4));
      assertArrayEquals(new int[] {CLS, 7592, SEP}, tokenizer.encode("Hello World", 3));
      assertArrayEquals(new int[] {CLS, SEP}, tokenizer.encode("Hello World", 2));
      assertArrayEquals(new int[] {CLS, SEP}, tokenizer.encode("", 512));
      AdapterworksException e =
          assertThrows(AdapterworksException.class, () -> tokenizer.encode("Hello", 1));
      assertEquals(
          "maxTokens=1 leaves no room for the 2 special tokens of the model; expected 3 or more",
          e.getMessage());
    }
  }

  @Test
  void aTextLongerThanTheFilesOwnLimitIsNotCut() throws IOException {
    try (Tokenizer tokenizer = miniLm()) {
      assertEquals(1002, tokenizer.encode("hello ".repeat(1000), 2000).length);
    }
  }

  @Test
  void idsBecomeTextAgain() throws IOException {
    try (Tokenizer tokenizer = miniLm()) {
      int[] ids = {CLS, 7592, 2088, SEP};
      assertEquals("hello world", tokenizer.decode(ids));
      assertEquals("[CLS] hello world [SEP]", tokenizer.decodeWithSpecialTokens(ids));
      assertEquals(OptionalInt.of(SEP), tokenizer.idOf("[SEP]"));
      assertEquals(OptionalInt.empty(), tokenizer.idOf("[NONE]"));
    }
  }

  @Test
  void severalThreadsGetTheSameIds() throws IOException {
    try (Tokenizer tokenizer = miniLm()) {
      String[] texts =
          IntStream.range(0, 200).mapToObj(i -> "card number " + i).toArray(String[]::new);
      int[][] alone = Arrays.stream(texts).map(t -> tokenizer.encode(t, 64)).toArray(int[][]::new);
      int[][] together =
          Arrays.stream(texts).parallel().map(t -> tokenizer.encode(t, 64)).toArray(int[][]::new);
      assertArrayEquals(alone, together);
    }
  }

  @Test
  void aFileThatIsNoTokenizerIsNamed() {
    InputStream json = new ByteArrayInputStream("{}".getBytes(StandardCharsets.UTF_8));
    AdapterworksException e =
        assertThrows(
            AdapterworksException.class, () -> JsonTokenizer.read(json, "model/tokenizer.json"));
    assertEquals(
        "model/tokenizer.json cannot be read as a tokenizer",
        e.getMessage().substring(0, e.getMessage().indexOf(':')));
  }

  private static Tokenizer miniLm() throws IOException {
    try (InputStream json =
        JsonTokenizerTest.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json")) {
      return JsonTokenizer.read(json, "all-minilm-l6-v2");
    }
  }
}
