package io.adapterworks.pass.export;

import io.adapterworks.adapter.AdapterMerge;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.gguf.GgufAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.gguf.GgufDecoder;
import io.adapterworks.model.gguf.GgufDecoder.Precision;
import io.adapterworks.model.gguf.GgufDecoderFile;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * Saves a decoder and its adapter for llama.cpp. A file counts as written only when the model read
 * back from it gives the logits that it was made from, but for the rounding of its precision.
 */
public final class GgufExport {
  /** The adapter's file, beside the base's. */
  public static final String ADAPTER = "adapter.gguf";

  private final BaseModel base;
  private final LoraAdapter adapter;
  private final Engine engine;
  private final LogitProbe probe;

  /**
   * @param engine computes the logits that are compared
   */
  public GgufExport(BaseModel base, LoraAdapter adapter, Engine engine) {
    this.base = base;
    this.adapter = adapter;
    this.engine = engine;
    this.probe = new LogitProbe(engine, base);
  }

  /**
   * What was written.
   *
   * @param model the model's file name
   * @param modelDifference the largest difference of a logit that its precision brings, relative to
   *     the largest logit
   * @param adapterDifference the same of the adapter on the exact base; 0 where it is merged in
   */
  public record Written(String model, double modelDifference, double adapterDifference) {}

  /**
   * Writes {@code folder}, which must not exist yet: the base, and the adapter in a file of its
   * own.
   */
  public Written write(Path folder, Precision precision) {
    return ExportFolder.write(
        folder,
        temporary -> {
          Path adapterFile = temporary.resolve(ADAPTER);
          GgufAdapter.write(adapterFile, adapter, base);
          LoraAdapter read = GgufAdapter.read(adapterFile, adapter, base);
          double adapterDifference =
              LogitProbe.require(
                  ADAPTER, probe.logits(base, adapter), probe.logits(base, read), 1e-4);
          Path model = temporary.resolve(fileName("base", precision));
          GgufDecoder.write(model, base, base.weights(), precision);
          float[] expected = probe.logits(base, LoraAdapter.none(base));
          return new Written(
              model.getFileName().toString(),
              verify(model, expected, precision),
              adapterDifference);
        });
  }

  /** Writes {@code folder}, which must not exist yet: one model with the adapter merged in. */
  public Written writeMerged(Path folder, Precision precision) {
    return ExportFolder.write(
        folder,
        temporary -> {
          Map<String, HostTensor> merged = AdapterMerge.merge(base, adapter);
          Path model = temporary.resolve(fileName("merged", precision));
          GgufDecoder.write(model, base, merged, precision);
          float[] expected = probe.logits(base, adapter);
          return new Written(model.getFileName().toString(), verify(model, expected, precision), 0);
        });
  }

  private static String fileName(String kind, Precision precision) {
    return kind + "-" + precision.name().toLowerCase(Locale.ROOT) + ".gguf";
  }

  private double verify(Path model, float[] expected, Precision precision) {
    BaseModel read = GgufDecoderFile.read(model, base, model.toAbsolutePath().getParent());
    float[] actual = probe.logits(read, LoraAdapter.none(read));
    return LogitProbe.require(
        model.getFileName().toString(), expected, actual, tolerance(precision));
  }

  /**
   * What rounding to the stored and the computed type may change, relative to the largest logit.
   */
  private double tolerance(Precision precision) {
    double stored = precision == Precision.F16 ? 1e-2 : 0.1;
    return engine.computeType() == DType.BFLOAT16 ? Math.max(stored, 5e-2) : stored;
  }
}
