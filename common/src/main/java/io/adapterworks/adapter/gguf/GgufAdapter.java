package io.adapterworks.adapter.gguf;

import io.adapterworks.adapter.AdaptedModule;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.Parameter;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.gguf.DecoderNames;
import io.adapterworks.model.gguf.GgufFile;
import io.adapterworks.model.gguf.GgufMetadata;
import io.adapterworks.model.gguf.GgufTensorType;
import io.adapterworks.model.gguf.GgufWriter;
import io.adapterworks.model.gguf.TensorRows;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/**
 * A LoRA adapter as a GGUF file, as llama.cpp's convert_lora_to_gguf writes it: A and B of each
 * layer in float32, B's rows in the order of the layer's, and one alpha, by which llama.cpp scales
 * every layer's update: alpha / r. Where layers of the adapter are scaled otherwise, the rest of
 * their scale is in B.
 */
public final class GgufAdapter {
  private static final String TYPE = "adapter.type";
  private static final String ALPHA = "adapter.lora.alpha";

  private GgufAdapter() {}

  /** Writes {@code path} whole or not at all. */
  public static void write(Path path, LoraAdapter adapter, BaseModel base) {
    refuseWhatHasNoPlace(adapter);
    DecoderNames names = DecoderNames.of(base);
    double alpha = alpha(adapter);
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put(GgufMetadata.ARCHITECTURE, names.architecture());
    metadata.put(GgufMetadata.TYPE, "adapter");
    metadata.put(TYPE, "lora");
    metadata.put(ALPHA, (float) alpha);
    metadata.put(GgufMetadata.BASE_FINGERPRINT, base.fingerprint());
    List<TensorRows> tensors = new ArrayList<>();
    for (AdaptedModule adapted : adapter.layout().modules()) {
      String weight = names.weightOf(adapted.module());
      HostTensor b = scaled(adapter, adapted.b(), factor(adapted, (float) alpha));
      tensors.add(
          TensorRows.of(
              weight + ".lora_a",
              GgufTensorType.F32,
              adapter.tensor(adapted.a()),
              LongUnaryOperator.identity()));
      tensors.add(
          TensorRows.of(
              weight + ".lora_b",
              GgufTensorType.F32,
              b,
              names.rowOrder(adapted.module().weight())));
    }
    GgufWriter.write(path, metadata, tensors);
  }

  private static void refuseWhatHasNoPlace(LoraAdapter adapter) {
    Check.that(
        !adapter.config().useDora(),
        ErrorCode.INPUT,
        "a DoRA adapter has no form in GGUF; export it merged into its base instead");
    Check.that(
        adapter.layout().head().isEmpty(),
        ErrorCode.INPUT,
        "an adapter with a classification head has no form in GGUF; export it as peft");
  }

  /** The alpha of all layers where they agree, else the configured one. */
  private static double alpha(LoraAdapter adapter) {
    List<Double> alphas =
        adapter.layout().modules().stream()
            .map(adapted -> adapted.scale() * adapted.rank())
            .distinct()
            .toList();
    return alphas.size() == 1 ? alphas.get(0) : adapter.config().alpha();
  }

  /** What B is multiplied by, so that alpha / r times it is the layer's update. */
  private static double factor(AdaptedModule adapted, float alpha) {
    return adapted.scale() * adapted.rank() / alpha;
  }

  private static HostTensor scaled(LoraAdapter adapter, Parameter parameter, double factor) {
    float[] values = adapter.values(parameter);
    // The exact ratio of an alpha that float32 cannot hold differs from 1 by less than its
    // rounding.
    if (Math.abs(factor - 1) > Math.ulp(1f)) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (factor * values[i]);
      }
    }
    return HostTensor.of(parameter.key(), parameter.shape(), values);
  }

  /**
   * Reads an adapter back.
   *
   * @param like what it was written from: gives form and layout
   */
  public static LoraAdapter read(Path path, LoraAdapter like, BaseModel base) {
    DecoderNames names = DecoderNames.of(base);
    GgufFile file = GgufFile.open(path);
    GgufMetadata metadata = file.metadata();
    metadata.require(GgufMetadata.ARCHITECTURE, names.architecture());
    metadata.require(GgufMetadata.TYPE, "adapter");
    metadata.require(TYPE, "lora");
    float alpha = (float) metadata.real(ALPHA);
    float[] values = new float[like.layout().size()];
    for (AdaptedModule adapted : like.layout().modules()) {
      String weight = names.weightOf(adapted.module());
      put(file, weight + ".lora_a", adapted.a(), LongUnaryOperator.identity(), values);
      put(file, weight + ".lora_b", adapted.b(), names.rowOrder(adapted.module().weight()), values);
      double factor = factor(adapted, alpha);
      for (int i = 0; i < adapted.b().size(); i++) {
        values[adapted.b().offset() + i] /= (float) factor;
      }
    }
    Check.that(
        file.tensors().size() == 2 * like.layout().modules().size(),
        ErrorCode.MODEL,
        "%s has %d tensors; expected %d, A and B of %d layers",
        path,
        file.tensors().size(),
        2 * like.layout().modules().size(),
        like.layout().modules().size());
    return like.withValues(values);
  }

  private static void put(
      GgufFile file, String name, Parameter parameter, LongUnaryOperator order, float[] values) {
    Shape shape = parameter.shape();
    float[] elements = file.tensor(name, shape).toFloats();
    int columns = Math.toIntExact(shape.columns());
    for (int row = 0; row < shape.rows(); row++) {
      int at = parameter.offset() + Math.toIntExact(order.applyAsLong(row)) * columns;
      System.arraycopy(elements, row * columns, values, at, columns);
    }
  }
}
