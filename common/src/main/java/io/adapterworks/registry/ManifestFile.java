package io.adapterworks.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes and reads {@code manifest.json}; reading refuses what writing would not have written. */
public final class ManifestFile {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private ManifestFile() {}

  /** The manifest as the text of its file, with a line break at its end. */
  public static String write(AdapterManifest manifest) {
    try {
      return JSON.writeValueAsString(manifest) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write the manifest of " + manifest.ref(), e);
    }
  }

  /** The manifest as a JSON tree. */
  static ObjectNode tree(AdapterManifest manifest) {
    return JSON.valueToTree(manifest);
  }

  /**
   * The manifest in {@code text}.
   *
   * @param place the file, for messages
   * @throws AdapterworksException MODEL if it is no manifest of this format
   */
  public static AdapterManifest read(String place, String text) {
    AdapterManifest manifest;
    try {
      manifest = JSON.readValue(text, AdapterManifest.class);
    } catch (JsonProcessingException e) {
      String line = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
      throw new AdapterworksException(
          ErrorCode.MODEL,
          String.format(
              Locale.ROOT,
              "%s%s is no adapter manifest: %s; publish the adapter again rather than edit it",
              place,
              line,
              reason(e)),
          e);
    }
    Check.that(
        manifest.format() == AdapterManifest.FORMAT,
        ErrorCode.MODEL,
        "%s has format %d; this version of Adapterworks reads %d; use the version that wrote it",
        place,
        manifest.format(),
        AdapterManifest.FORMAT);
    return manifest;
  }

  /** Where in the file and what, without Jackson's advice to its programmers in brackets. */
  private static String reason(JsonProcessingException e) {
    String message = e.getOriginalMessage().lines().findFirst().orElse("");
    int advice = message.indexOf(" (");
    String what = advice < 0 ? message : message.substring(0, advice);
    return e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()
        ? "at "
            + mapping.getPath().stream()
                .map(step -> String.valueOf(step.getFieldName()))
                .collect(Collectors.joining("."))
            + ": "
            + what
        : what;
  }
}
