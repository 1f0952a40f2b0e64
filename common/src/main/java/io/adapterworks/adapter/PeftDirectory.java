package io.adapterworks.adapter;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.AtomicFile;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BertConfig;
import io.adapterworks.model.JsonFields;
import io.adapterworks.model.SafetensorsFile;
import io.adapterworks.model.SafetensorsWriter;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * An adapter in a folder as PEFT lays it out: {@code adapter_config.json} and {@code
 * adapter_model.safetensors}. A head that PEFT has no place for is beside them in {@code
 * head.safetensors}.
 */
public final class PeftDirectory {
  /** PEFT's configuration. */
  public static final String CONFIG = "adapter_config.json";

  /** A and B, and the classifier of a sequence classification model. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  /** The classification head where the base model has none. */
  public static final String HEAD = "head.safetensors";

  /** What made the adapter; written by the registry, absent in adapters from elsewhere. */
  public static final String MANIFEST = "manifest.json";

  /** Where the manifest holds {@link BaseModel#fingerprint()}, as a JSON pointer. */
  private static final String BASE_FINGERPRINT = "/base/fingerprint";

  private static final String POOLING = "pooling";

  private PeftDirectory() {}

  /**
   * Reads the adapter of a folder and checks that it belongs to {@code base}: the fingerprint where
   * a manifest tells it, every name and shape always.
   */
  public static LoraAdapter read(Path folder, BaseModel base) {
    JsonFields fields = JsonFields.read(folder.resolve(CONFIG));
    checkFingerprint(folder, base);
    LoraConfig config = PeftConfigFile.parse(fields);
    PeftConfigFile.checkFits(fields, base);
    Path weights = folder.resolve(WEIGHTS);
    Check.that(Files.isRegularFile(weights), ErrorCode.MODEL, "%s is missing", weights);
    SafetensorsFile file = SafetensorsFile.open(weights);
    Optional<SafetensorsFile> headFile =
        Optional.of(folder.resolve(HEAD)).filter(Files::isRegularFile).map(SafetensorsFile::open);
    ParameterLayout layout = ParameterLayout.of(base, config, head(file, headFile, base));
    float[] values = new AdapterTensors(file, headFile, base).valuesOf(layout);
    return LoraAdapter.read(config, layout, values, fields.node().toString());
  }

  private static void checkFingerprint(Path folder, BaseModel base) {
    Path manifest = folder.resolve(MANIFEST);
    if (!Files.isRegularFile(manifest)) {
      return;
    }
    String expected = JsonFields.read(manifest).node().at(BASE_FINGERPRINT).asText("");
    Check.that(
        expected.isEmpty() || expected.equals(base.fingerprint()),
        ErrorCode.MODEL,
        "%s was trained on a base model with the fingerprint %s, but %s has %s; use the base model"
            + " it was trained on",
        folder,
        expected,
        base.location(),
        base.fingerprint());
  }

  private static Optional<Head> head(
      SafetensorsFile file, Optional<SafetensorsFile> headFile, BaseModel base) {
    if (headFile.isPresent()) {
      HostTensor weight = headFile.get().tensor("classifier.weight");
      String pooling = headFile.get().metadata().getOrDefault(POOLING, "mean");
      return Optional.of(
          new Head(
              Math.toIntExact(weight.shape().rows()),
              Head.Pooling.valueOf(pooling.toUpperCase(Locale.ROOT))));
    }
    HostTensor classifier = file.tensors().get(ParameterLayout.PEFT_PREFIX + "classifier.weight");
    if (classifier != null) {
      return Optional.of(new Head(Math.toIntExact(classifier.shape().rows()), Head.Pooling.POOLER));
    }
    return base.config() instanceof BertConfig bert
        ? bert.labels().map(labels -> new Head(labels, Head.Pooling.POOLER))
        : Optional.empty();
  }

  /**
   * Writes an adapter; each file is there whole or not at all.
   *
   * @param dtype FLOAT32, FLOAT16 or BFLOAT16: what the tensors are stored as
   */
  public static void write(Path folder, LoraAdapter adapter, BaseModel base, DType dtype) {
    ObjectNode config = PeftConfigFile.write(adapter, base);
    boolean headApart = adapter.layout().headFile() == ParameterLayout.HeadFile.SEPARATE;
    Predicate<Parameter> isApart =
        parameter ->
            headApart
                && (parameter.role() == Parameter.Role.HEAD_WEIGHT
                    || parameter.role() == Parameter.Role.HEAD_BIAS);
    SafetensorsWriter.write(
        folder.resolve(WEIGHTS),
        tensors(adapter, dtype, isApart.negate()),
        SafetensorsWriter.PYTORCH);
    if (headApart && adapter.layout().head().isPresent()) {
      Head.Pooling pooling = adapter.layout().head().get().head().pooling();
      SafetensorsWriter.write(
          folder.resolve(HEAD),
          tensors(adapter, DType.FLOAT32, isApart),
          Map.of("format", "pt", POOLING, pooling.name().toLowerCase(Locale.ROOT)));
    }
    AtomicFile.write(
        folder.resolve(CONFIG), channel -> channel.write(ByteBuffer.wrap(pretty(config))));
  }

  private static List<HostTensor> tensors(
      LoraAdapter adapter, DType dtype, Predicate<Parameter> included) {
    return adapter.layout().parameters().stream()
        .filter(included)
        .map(p -> HostTensor.of(p.key(), dtype, p.shape(), adapter.values(p)))
        .toList();
  }

  private static byte[] pretty(ObjectNode config) throws IOException {
    return JsonFields.mapper()
        .rebuild()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValueAsBytes(config);
  }

  /** Finds a layout's values in an adapter's files, and refuses what does not fit. */
  private record AdapterTensors(
      SafetensorsFile file, Optional<SafetensorsFile> headFile, BaseModel base) {
    float[] valuesOf(ParameterLayout layout) {
      float[] values = new float[layout.size()];
      Set<String> unread = new HashSet<>(file.tensors().keySet());
      for (Parameter parameter : layout.parameters()) {
        HostTensor tensor = find(parameter);
        unread.remove(tensor.name());
        Check.that(
            tensor.shape().equals(parameter.shape()),
            ErrorCode.MODEL,
            "%s: tensor %s has the shape %s; expected %s for %s; is this the base model that the"
                + " adapter was trained on?",
            file.path(),
            tensor.name(),
            tensor.shape(),
            parameter.shape(),
            base.location());
        System.arraycopy(tensor.toFloats(), 0, values, parameter.offset(), parameter.size());
      }
      Check.that(
          unread.isEmpty(),
          ErrorCode.MODEL,
          "%s: tensor %s belongs to no layer of %s that adapter_config.json targets",
          file.path(),
          unread.stream().sorted().findFirst().orElse(""),
          base.location());
      return values;
    }

    private HostTensor find(Parameter parameter) {
      boolean inHead =
          headFile.isPresent()
              && (parameter.role() == Parameter.Role.HEAD_WEIGHT
                  || parameter.role() == Parameter.Role.HEAD_BIAS);
      Map<String, HostTensor> tensors = inHead ? headFile.get().tensors() : file.tensors();
      HostTensor tensor = tensors.get(parameter.key());
      if (tensor == null && parameter.role() == Parameter.Role.MAGNITUDE) {
        tensor = tensors.get(parameter.key() + ".weight");
      }
      if (tensor == null && !parameter.key().contains(".lora_")) {
        tensor = ownClassifier(parameter);
      }
      if (tensor == null) {
        throw missing(parameter);
      }
      return tensor;
    }

    /** The base model's classifier, which an adapter that does not replace it keeps. */
    private HostTensor ownClassifier(Parameter parameter) {
      String name = parameter.key().replace(ParameterLayout.PEFT_PREFIX, "");
      return base.weights().get(name);
    }

    private AdapterworksException missing(Parameter parameter) {
      return Check.failure(
          ErrorCode.MODEL,
          "%s has no tensor %s; expected one of shape %s for a layer that adapter_config.json"
              + " targets",
          file.path(),
          parameter.key(),
          parameter.shape());
    }
  }
}
