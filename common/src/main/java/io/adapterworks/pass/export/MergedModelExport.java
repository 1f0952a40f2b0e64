package io.adapterworks.pass.export;

import io.adapterworks.adapter.AdapterMerge;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.SafetensorsWriter;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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

  private MergedModelExport() {}

  /**
   * Writes {@code folder}, which must not exist yet.
   *
   * @param engine computes the logits that are compared
   * @return the largest difference of a logit that was found, relative to the largest logit
   */
  public static double write(Path folder, BaseModel base, LoraAdapter adapter, Engine engine) {
    return ExportFolder.write(
        folder,
        temporary -> {
          copyCompanions(base, temporary);
          Map<String, HostTensor> merged = AdapterMerge.merge(base, adapter);
          SafetensorsWriter.write(
              temporary.resolve("model.safetensors"), merged.values(), SafetensorsWriter.PYTORCH);
          return verify(temporary, base, adapter, engine);
        });
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
    LogitProbe probe = new LogitProbe(engine, base);
    float[] expected = probe.logits(base, adapter);
    try (BaseModel merged = BaseModelReader.open(folder.toString())) {
      float[] actual = probe.logits(merged, LoraAdapter.none(merged));
      return LogitProbe.require("the merged model", expected, actual, tolerance(base, engine));
    }
  }

  /** What rounding to the stored and the computed type may change, relative to the logits. */
  private static double tolerance(BaseModel base, Engine engine) {
    DType stored = base.weight(base.prefix() + "embed_tokens.weight").dtype();
    if (stored == DType.BFLOAT16 || engine.computeType() == DType.BFLOAT16) {
      return 5e-2;
    }
    return stored == DType.FLOAT16 ? 1e-2 : 1e-4;
  }
}
