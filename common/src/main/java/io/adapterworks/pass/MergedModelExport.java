package io.adapterworks.pass;

import io.adapterworks.adapter.AdapterMerge;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.SafetensorsWriter;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Saves a decoder with its adapter merged in as a folder in Hugging Face layout. The folder counts
 * as written only when the model read back from it gives the logits that base and adapter give.
 */
public final class MergedModelExport {
  /** Small files of a model folder that describe it and its tokenizer. */
  private static final List<String> COMPANIONS =
      List.of(
          "config.json",
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "chat_template.jinja");

  private static final int PROBE_ROWS = 4;
  private static final int PROBE_TOKENS = 24;
  private static final long PROBE_SEED = 20261123;

  private MergedModelExport() {}

  /**
   * Writes {@code folder}, which must not exist yet.
   *
   * @param engine computes the logits that are compared
   * @return the largest difference of a logit that was found
   */
  public static double write(Path folder, BaseModel base, LoraAdapter adapter, Engine engine) {
    Path target = folder.toAbsolutePath();
    Check.that(
        !Files.exists(target),
        ErrorCode.STORAGE,
        "%s exists; expected a new folder; choose another name or remove it",
        folder);
    Path temporary = target.resolveSibling("." + target.getFileName() + ".tmp");
    try {
      remove(temporary);
      Files.createDirectories(temporary);
      copyCompanions(base, temporary);
      Map<String, HostTensor> merged = AdapterMerge.merge(base, adapter);
      SafetensorsWriter.write(
          temporary.resolve("model.safetensors"), merged.values(), SafetensorsWriter.PYTORCH);
      double difference = verify(temporary, base, adapter, engine);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      return difference;
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.STORAGE, "cannot write " + folder + ": " + e.getMessage(), e);
    }
  }

  private static void copyCompanions(BaseModel base, Path folder) throws IOException {
    Path source = Path.of(base.location());
    Check.that(
        Files.isDirectory(source),
        ErrorCode.INPUT,
        "%s is no directory; a merged model is saved from a base model in Hugging Face layout",
        base.location());
    for (String name : COMPANIONS) {
      if (Files.isRegularFile(source.resolve(name))) {
        Files.copy(source.resolve(name), folder.resolve(name));
      }
    }
  }

  private static double verify(Path folder, BaseModel base, LoraAdapter adapter, Engine engine) {
    TokenBatch probe = probe(base.config().vocabulary(), base.config().maxPositions());
    float[] expected;
    try (LlamaPass pass = new LlamaPass(engine, base, adapter, PassOptions.DEFAULT)) {
      expected = pass.logits(probe);
    }
    float[] actual;
    try (BaseModel merged = BaseModelReader.open(folder.toString());
        LlamaPass pass =
            new LlamaPass(engine, merged, LoraAdapter.none(merged), PassOptions.DEFAULT)) {
      actual = pass.logits(probe);
    }
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs((double) expected[i] - actual[i]));
    }
    double allowed = tolerance(base, engine) * Math.max(1, largest);
    Check.that(
        difference <= allowed,
        ErrorCode.NUMERIC,
        "the merged model's logits differ by %s from base and adapter's, more than %s; it was not"
            + " saved",
        difference,
        allowed);
    return difference;
  }

  /** What rounding to the stored and the computed type may change, relative to the logits. */
  private static double tolerance(BaseModel base, Engine engine) {
    DType stored = base.weight(base.prefix() + "embed_tokens.weight").dtype();
    if (stored == DType.BFLOAT16 || engine.computeType() == DType.BFLOAT16) {
      return 5e-2;
    }
    return stored == DType.FLOAT16 ? 1e-2 : 1e-4;
  }

  private static TokenBatch probe(int vocabulary, int maxPositions) {
    SplittableRandom random = new SplittableRandom(PROBE_SEED);
    int length = Math.min(PROBE_TOKENS, maxPositions);
    return TokenBatch.of(
        Stream.generate(() -> random.ints(length, 0, vocabulary).toArray())
            .limit(PROBE_ROWS)
            .map(TokenRow::unlabelled)
            .toList());
  }

  private static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
