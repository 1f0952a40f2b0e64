package io.adapterworks.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class AdapterTextTest {
  private static AdapterManifest manifest(int version) {
    return AdapterManifest.of(
        TestAdapters.draft("c0ffee"),
        version,
        TestAdapters.NOW,
        Map.of("adapter_config.json", "ab12"));
  }

  @Test
  void theListNamesTheAliasOfTheVersionItPointsAt() {
    String row = "support-intents                    %d  2026-03-01 08:00:00    0.9100   0.9000  ";
    assertEquals(
        List.of(
            "ADAPTER                      VERSION  CREATED (UTC)        ACCURACY MACRO-F1  DATASET"
                + "                  ALIASES",
            row.formatted(1) + "curated_examples@4",
            row.formatted(2) + "curated_examples@4       champion"),
        AdapterText.list(
            List.of(manifest(1), manifest(2)), Map.of("support-intents", Map.of("champion", 2))));
  }

  @Test
  void showTellsEverythingAndTheHistoryOfAliases() {
    AliasMove move =
        new AliasMove(
            "support-intents",
            "champion",
            1,
            2,
            OptionalInt.of(1),
            TestAdapters.NOW,
            "accuracy 0.9100, expected at least 0.8800",
            "nightly run");
    assertEquals(
        List.of(
            "support-intents@2",
            "  task                       classification",
            "  labels                     2: card_lost, other",
            "  pooling                    mean",
            "  longest text               128 tokens",
            "  dataset                    curated_examples version 4",
            "  base                       builtin:all-minilm-l6-v2",
            "  fingerprint                sha256:00ff",
            "  number type                float32",
            "  seed                       42",
            "  configuration              c0ffee",
            "  code                       0.1.0",
            "  run                        run-7",
            "  created                    2026-03-01T08:00:00Z",
            "  accuracy                   0.9100",
            "  macroF1                    0.9000",
            "  adapter_config.json        sha256 ab12",
            "2026-03-01T08:00:00Z  champion: 1 -> 2 by nightly run; accuracy 0.9100, expected at"
                + " least 0.8800"),
        AdapterText.show(manifest(2), List.of(move)));
  }

  @Test
  void jsonIsTheManifestWithItsAliases() {
    var json = AdapterText.json(manifest(2), Map.of("champion", 2, "previous", 1));
    assertEquals("[\"champion\"]", json.remove("aliases").toString());
    assertEquals(manifest(2), ManifestFile.read("json", json.toString()));
  }
}
