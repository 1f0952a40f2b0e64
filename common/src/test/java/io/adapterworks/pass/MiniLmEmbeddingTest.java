package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.engine.EngineSettings.Device;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The built-in model's embeddings against ONNX Runtime on the ONNX file that its artifact carries.
 */
class MiniLmEmbeddingTest {
  private static final int SENTENCES = 200;
  private static final int MAX_TOKENS = 128;

  @Test
  void embeddingsEqualThoseOfOnnxRuntime() throws Exception {
    List<String> sentences = sentences();
    assertEquals(SENTENCES, sentences.size());
    try (BaseModel base = BaseModelReader.open("builtin:all-minilm-l6-v2");
        Engine engine = EngineFactory.open(new EngineSettings(Device.CPU, ComputeType.FLOAT32, 0));
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession session = environment.createSession(onnx())) {
      LoraAdapter untrained =
          LoraAdapter.initialise(
              base,
              LoraConfig.of(8, 16, List.of(LoraConfig.ALL_LINEAR)),
              Optional.of(new Head(2, Head.Pooling.MEAN)),
              1);
      try (BertPass pass =
          new BertPass(engine, base, untrained, ClassificationObjective.CROSS_ENTROPY)) {
        List<int[]> ids =
            sentences.stream().map(s -> base.tokenizer().encode(s, MAX_TOKENS)).toList();
        float[] ours =
            pass.embeddings(TokenBatch.of(ids.stream().map(TokenRow::unlabelled).toList()));
        int width = pass.embeddingWidth();
        for (int s = 0; s < SENTENCES; s++) {
          float[] own = Arrays.copyOfRange(ours, s * width, (s + 1) * width);
          double cosine = cosine(own, meanPooled(environment, session, ids.get(s)));
          assertTrue(cosine >= 0.9999, sentences.get(s) + ": cosine " + cosine);
        }
      }
    }
  }

  /** Real messages: the first of the sample use case that are whole. */
  private static List<String> sentences() throws IOException {
    Path messages =
        Path.of(System.getProperty("adapterworks.root"), "conf/usecases/fernway/messages");
    ObjectMapper mapper = new ObjectMapper();
    try (Stream<Path> files = Files.list(messages)) {
      Path first = files.sorted().findFirst().orElseThrow();
      // Some lines are not UTF-8 on purpose; decoding leniently keeps the others.
      return new String(Files.readAllBytes(first), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith("{\"id\"") && line.endsWith("}"))
          .map(line -> message(mapper, line))
          .filter(text -> text.length() > 10)
          .distinct()
          .limit(SENTENCES)
          .toList();
    }
  }

  private static String message(ObjectMapper mapper, String line) {
    try {
      return mapper.readTree(line).path("message").asText("");
    } catch (IOException broken) {
      return "";
    }
  }

  private static byte[] onnx() throws IOException {
    try (InputStream in = MiniLmEmbeddingTest.class.getResourceAsStream("/all-minilm-l6-v2.onnx")) {
      return in.readAllBytes();
    }
  }

  private static float[] meanPooled(OrtEnvironment environment, OrtSession session, int[] ids)
      throws OrtException {
    long[][] tokens = {Arrays.stream(ids).asLongStream().toArray()};
    long[][] ones = {new long[ids.length]};
    Arrays.fill(ones[0], 1);
    Map<String, long[][]> values =
        Map.of(
            "input_ids", tokens,
            "attention_mask", ones,
            "token_type_ids", new long[][] {new long[ids.length]});
    Map<String, OnnxTensor> inputs =
        session.getInputNames().stream()
            .collect(Collectors.toMap(n -> n, n -> tensor(environment, values.get(n))));
    try (OrtSession.Result result = session.run(inputs)) {
      float[][][] hidden = (float[][][]) result.get(0).getValue();
      float[] mean = new float[hidden[0][0].length];
      for (float[] row : hidden[0]) {
        for (int i = 0; i < mean.length; i++) {
          mean[i] += row[i] / hidden[0].length;
        }
      }
      return mean;
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor tensor(OrtEnvironment environment, long[][] values) {
    try {
      return OnnxTensor.createTensor(environment, values);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(squaresA * squaresB);
  }
}
