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
import java.util.Arrays;
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
    ParameterLayout layout = layout(folder, base, config, head(file, headFile, base));
    float[] values = new AdapterTensors(file, headFile, base).valuesOf(layout);
    return LoraAdapter.read(config, layout, values, fields.node().toString());
  }

  private static ParameterLayout layout(
      Path folder, BaseModel base, LoraConfig config, Optional<Head> head) {
    try {
      return ParameterLayout.of(base, config, head);
    } catch (AdapterworksException e) {
      throw new AdapterworksException(
          ErrorCode.MODEL,
          folder.resolve(CONFIG)
              + " does not fit "
              + base.location()
              + ": "
              + e.getMessage()
              + "; is this the base model that the adapter was trained on?",
          e);
    }
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
      return Optional.of(new Head(labels(weight, headFile.get()), pooling(headFile.get())));
    }
    HostTensor classifier = file.tensors().get(ParameterLayout.PEFT_PREFIX + "classifier.weight");
    if (classifier != null) {
      return Optional.of(new Head(labels(classifier, file), Head.Pooling.POOLER));
    }
    return base.config() instanceof BertConfig bert
        ? bert.labels().map(labels -> new Head(labels, Head.Pooling.POOLER))
        : Optional.empty();
  }

  private static int labels(HostTensor weight, SafetensorsFile file) {
    Check.that(
        weight.shape().rank() == 2 && weight.shape().size(0) <= Integer.MAX_VALUE,
        ErrorCode.MODEL,
        "%s: tensor %s has the shape %s; expected (labels, width)",
        file.path(),
        weight.name(),
        weight.shape());
    return (int) weight.shape().size(0);
  }

  private static Head.Pooling pooling(SafetensorsFile file) {
    String name = file.metadata().getOrDefault(POOLING, "mean");
    return Arrays.stream(Head.Pooling.values())
        .filter(pooling -> pooling.name().equals(name.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                Check.failure(
                    ErrorCode.MODEL,
                    "%s: %s=%s; expected mean or pooler",
                    file.path(),
                    POOLING,
                    name));
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
      // Before there is room for the values: a configuration may claim more than the files hold.
      checkFit(layout);
      float[] values = new float[layout.size()];
      for (Parameter parameter : layout.parameters()) {
        float[] elements = find(parameter).toFloats();
        System.arraycopy(elements, 0, values, parameter.offset(), parameter.size());
      }
      return values;
    }

    private void checkFit(ParameterLayout layout) {
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
      }
      Check.that(
          unread.isEmpty(),
          ErrorCode.MODEL,
          "%s: tensor %s belongs to no layer of %s that adapter_config.json targets",
          file.path(),
          unread.stream().sorted().findFirst().orElse(""),
          base.location());
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
