package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.model.gguf.GgufDecoder.Precision;
import io.adapterworks.pass.export.GgufExport;
import io.adapterworks.pass.export.MergedModelExport;
import io.adapterworks.pass.export.PeftExport;
import io.adapterworks.registry.AdapterManifest;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Saves a registered adapter for use elsewhere; each form is verified before it counts. */
public final class AdapterExport {
  /** What it is saved as. */
  public enum Format {
    /** PEFT's folder: the adapter alone. */
    PEFT,
    /** A model in Hugging Face layout, the adapter merged in. */
    MERGED,
    /** For llama.cpp: the base and the adapter, a file each. */
    GGUF,
    /** For llama.cpp: one file, the adapter merged in. */
    GGUF_MERGED
  }

  /**
   * What is asked for.
   *
   * @param precision of GGUF's matrices
   * @param folder where to; it must not exist yet
   */
  public record Request(Format format, Precision precision, Path folder) {}

  private AdapterExport() {}

  /**
   * Saves an adapter.
   *
   * @param files the version's files, on this machine
   * @param settings what computes the logits that are compared
   * @return what was done and what to do next, a line each
   */
  public static List<String> write(
      AdapterManifest manifest, Path files, EngineSettings settings, Request request) {
    try (BaseModel base = BaseModelReader.open(manifest.base().location())) {
      LoraAdapter adapter = PeftDirectory.read(files, base);
      if (request.format == Format.PEFT) {
        PeftExport.write(request.folder, base, adapter);
        return List.of(
            manifest.ref() + " is in " + request.folder + ", read back and equal bit for bit.",
            "Its base model: " + base.publishedName());
      }
      requireDecoder(base, request.format);
      try (Engine engine = EngineFactory.open(settings)) {
        return writeDecoder(manifest, base, adapter, engine, request);
      }
    }
  }

  private static void requireDecoder(BaseModel base, Format format) {
    Check.that(
        base.config() instanceof LlamaConfig,
        ErrorCode.USAGE,
        "%s is a %s model; only adapters of decoders can be exported as %s; expected --format peft",
        base.location(),
        base.config().modelType(),
        format.name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  private static List<String> writeDecoder(
      AdapterManifest manifest,
      BaseModel base,
      LoraAdapter adapter,
      Engine engine,
      Request request) {
    Path folder = request.folder;
    if (request.format == Format.MERGED) {
      double difference = MergedModelExport.write(folder, base, adapter, engine);
      return List.of(
          manifest.ref() + " merged into its base is in " + folder + "; " + apart(difference));
    }
    GgufExport export = new GgufExport(base, adapter, engine);
    if (request.format == Format.GGUF_MERGED) {
      GgufExport.Written written = export.writeMerged(folder, request.precision);
      return List.of(
          manifest.ref()
              + " merged into its base is in "
              + folder.resolve(written.model())
              + "; "
              + apart(written.modelDifference()),
          "Run it: llama-cli -m " + folder.resolve(written.model()));
    }
    GgufExport.Written written = export.write(folder, request.precision);
    return List.of(
        "The base is in "
            + folder.resolve(written.model())
            + "; "
            + apart(written.modelDifference()),
        manifest.ref()
            + " is in "
            + folder.resolve(GgufExport.ADAPTER)
            + "; "
            + apart(written.adapterDifference()),
        "Run them: llama-cli -m "
            + folder.resolve(written.model())
            + " --lora "
            + folder.resolve(GgufExport.ADAPTER));
  }

  private static String apart(double difference) {
    return String.format(
        Locale.ROOT,
        "read back, its logits differ by at most %.1e of the largest from base and adapter here.",
        difference);
  }
}
