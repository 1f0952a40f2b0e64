package io.adapterworks.model.gguf;

import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.model.Rope;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a decoder as a GGUF file that llama.cpp runs. */
public final class GgufDecoder {
  static final String ROPE_FACTORS = "rope_freqs.weight";

  private static final int QUANTIZATION_VERSION = 2;

  private GgufDecoder() {}

  /** How the matrices of a model are stored; vectors are always float32. */
  public enum Precision {
    F16(GgufTensorType.F16, 1),
    /** Eight bits and a half; a matrix whose rows are no multiple of 32 wide stays F16. */
    Q8_0(GgufTensorType.Q8_0, 7);

    private final GgufTensorType type;
    private final int fileType;

    Precision(GgufTensorType type, int fileType) {
      this.type = type;
      this.fileType = fileType;
    }

    GgufTensorType typeOf(Shape shape) {
      if (shape.rank() == 1) {
        return GgufTensorType.F32;
      }
      return type.fits(shape.columns()) ? type : GgufTensorType.F16;
    }
  }

  /**
   * Writes {@code path} whole or not at all.
   *
   * @param base a decoder with its tokenizer, from a folder in Hugging Face layout
   * @param weights its tensors by Hugging Face's names: {@link BaseModel#weights()}, or those with
   *     an adapter merged in
   */
  public static void write(
      Path path, BaseModel base, Map<String, HostTensor> weights, Precision precision) {
    DecoderNames names = DecoderNames.of(base);
    GgufVocabulary vocabulary = VocabularyReader.read(base);
    Map<String, Object> metadata = metadata(names, base, precision);
    metadata.putAll(vocabulary.metadata());
    List<TensorRows> tensors = new ArrayList<>();
    names
        .all()
        .forEach(
            (name, inFile) -> {
              HostTensor tensor = weights.get(name);
              GgufTensorType type = precision.typeOf(tensor.shape());
              tensors.add(TensorRows.of(inFile, type, tensor, names.rowOrder(name)));
            });
    if (names.config().rope().scaling() instanceof Rope.Llama3) {
      tensors.add(ropeFactors(names.config()));
    }
    GgufWriter.write(path, metadata, tensors);
  }

  private static Map<String, Object> metadata(
      DecoderNames names, BaseModel base, Precision precision) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put(GgufMetadata.ARCHITECTURE, names.architecture());
    metadata.put(GgufMetadata.TYPE, "model");
    metadata.put("general.name", Path.of(base.location()).normalize().getFileName().toString());
    metadata.put("general.file_type", precision.fileType);
    metadata.put("general.quantization_version", QUANTIZATION_VERSION);
    metadata.put(GgufMetadata.BASE_FINGERPRINT, base.fingerprint());
    metadata.putAll(sizes(names));
    return metadata;
  }

  /** What llama.cpp must know of the architecture. */
  static Map<String, Object> sizes(DecoderNames names) {
    LlamaConfig config = names.config();
    String prefix = names.architecture() + ".";
    Map<String, Object> sizes = new LinkedHashMap<>();
    sizes.put(prefix + "block_count", config.layers());
    sizes.put(prefix + "context_length", config.maxPositions());
    sizes.put(prefix + "embedding_length", config.hidden());
    sizes.put(prefix + "feed_forward_length", config.intermediate());
    sizes.put(prefix + "attention.head_count", config.heads());
    sizes.put(prefix + "attention.head_count_kv", config.kvHeads());
    sizes.put(prefix + "attention.key_length", config.headDim());
    sizes.put(prefix + "attention.value_length", config.headDim());
    sizes.put(prefix + "attention.layer_norm_rms_epsilon", config.rmsNormEpsilon());
    sizes.put(prefix + "rope.freq_base", (float) config.rope().theta());
    sizes.put(prefix + "rope.dimension_count", config.headDim());
    sizes.put(prefix + "vocab_size", config.vocabulary());
    return sizes;
  }

  /** What llama.cpp divides each of the D/2 frequencies by. */
  static float[] factorsOf(LlamaConfig config) {
    double[] plain =
        new Rope(config.rope().theta(), new Rope.Unscaled()).frequencies(config.headDim());
    double[] scaled = config.rope().frequencies(config.headDim());
    float[] factors = new float[plain.length];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (float) (plain[i] / scaled[i]);
    }
    return factors;
  }

  private static TensorRows ropeFactors(LlamaConfig config) {
    float[] factors = factorsOf(config);
    return new TensorRows(
        ROPE_FACTORS,
        GgufTensorType.F32,
        Shape.of(factors.length),
        (row, values) -> System.arraycopy(factors, 0, values, 0, values.length));
  }
}
