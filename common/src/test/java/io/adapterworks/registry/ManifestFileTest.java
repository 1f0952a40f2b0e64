package io.adapterworks.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManifestFileTest {
  private static final AdapterManifest MANIFEST =
      AdapterManifest.of(
          TestAdapters.draft("c0ffee"),
          3,
          TestAdapters.NOW,
          Map.of("adapter_model.safetensors", "ab12"));

  private static final String TEXT =
      """
      {
        "format" : 1,
        "name" : "support-intents",
        "version" : 3,
        "createdAt" : "2026-03-01T08:00:00Z",
        "task" : {
          "kind" : "classification",
          "labels" : [ "card_lost", "other" ],
          "pooling" : "mean",
          "maxTokens" : 128
        },
        "dataset" : {
          "table" : "curated_examples",
          "version" : 4
        },
        "base" : {
          "location" : "builtin:all-minilm-l6-v2",
          "fingerprint" : "sha256:00ff"
        },
        "training" : {
          "dtype" : "float32",
          "seed" : 42,
          "configHash" : "c0ffee",
          "codeVersion" : "0.1.0",
          "runId" : "run-7"
        },
        "metrics" : {
          "accuracy" : 0.91,
          "macroF1" : 0.9
        },
        "files" : {
          "adapter_model.safetensors" : "ab12"
        }
      }
      """;

  @Test
  void writesEverythingAndReadsItBack() {
    assertEquals(TEXT, ManifestFile.write(MANIFEST));
    assertEquals(MANIFEST, ManifestFile.read("manifest.json", TEXT));
  }

  @Test
  void aMissingUnknownRepeatedOrMistypedFieldIsRefused() {
    assertRefused(TEXT.replace("    \"seed\" : 42,\n", ""), "seed");
    assertRefused(TEXT.replace("\"seed\"", "\"sed\" : 1, \"seed\""), "sed");
    assertRefused(TEXT.replace("\"seed\" : 42", "\"seed\" : 42, \"seed\" : 43"), "seed");
    assertRefused(TEXT.replace("\"seed\" : 42", "\"seed\" : \"42\""), "training.seed");
    assertRefused(TEXT.replace("\"seed\" : 42", "\"seed\" : 42.5"), "training.seed");
    assertRefused(TEXT.replace("\"runId\" : \"run-7\"", "\"runId\" : null"), "runId");
    assertRefused(TEXT + "{}", "Trailing token");
    assertRefused(TEXT.substring(0, 90), "end-of-input");
  }

  private static void assertRefused(String text, String why) {
    AdapterworksException error =
        assertThrows(AdapterworksException.class, () -> ManifestFile.read("m.json", text));
    assertEquals(ErrorCode.MODEL, error.code());
    String message = error.getMessage();
    assertTrue(message.startsWith("m.json:"), message);
    assertFalse(message.contains("Feature."), message);
    assertTrue(message.contains(" is no adapter manifest: "), message);
    assertTrue(message.contains(why), message);
    assertTrue(message.endsWith("; publish the adapter again rather than edit it"), message);
  }

  @Test
  void aNewerFormatSaysSo() {
    AdapterworksException error =
        assertThrows(
            AdapterworksException.class,
            () -> ManifestFile.read("m.json", TEXT.replace("\"format\" : 1", "\"format\" : 2")));
    assertEquals(
        "m.json has format 2; this version of Adapterworks reads 1; use the version that wrote it",
        error.getMessage());
  }
}
