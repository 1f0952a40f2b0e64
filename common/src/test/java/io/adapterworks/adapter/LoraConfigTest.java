package io.adapterworks.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.model.BertConfig;
import io.adapterworks.model.LinearModule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoraConfigTest {
  private static final List<LinearModule> MODULES =
      new BertConfig(384, 2, 12, 1536, 100, 64, 2, 1e-12f, Optional.empty()).linearModules("bert.");

  @Test
  void namesMatchTheEndsOfPaths() {
    assertEquals(
        List.of(
            "bert.encoder.layer.0.attention.self.query",
            "bert.encoder.layer.1.attention.self.query"),
        paths(LoraConfig.of(4, 8, List.of("query"))));
    assertEquals(
        List.of(
            "bert.encoder.layer.0.attention.output.dense",
            "bert.encoder.layer.1.attention.output.dense"),
        paths(LoraConfig.of(4, 8, List.of("attention.output.dense"))));
    assertEquals(4, paths(LoraConfig.of(4, 8, List.of("output.dense"))).size());
    assertEquals(12, paths(LoraConfig.of(4, 8, List.of("all-linear"))).size());
  }

  @Test
  void aPatternMatchesWholePathsAndLayersNarrowTheChoice() {
    LoraConfig pattern =
        new LoraConfig(
            4,
            8,
            0,
            List.of(),
            Optional.of(".*\\.(query|value)"),
            List.of(1),
            false,
            false,
            Map.of(),
            Map.of());
    assertEquals(
        List.of(
            "bert.encoder.layer.1.attention.self.query",
            "bert.encoder.layer.1.attention.self.value"),
        paths(pattern));
  }

  @Test
  void patternsChangeRankAndScale() {
    LoraConfig config =
        new LoraConfig(
            4,
            8,
            0,
            List.of("all-linear"),
            Optional.empty(),
            List.of(),
            true,
            false,
            Map.of("query", 16),
            Map.of("layer.1.output.dense", 2.0));
    assertEquals(16, config.rankOf(MODULES.get(0)));
    assertEquals(2.0, config.scaleOf(MODULES.get(0)));
    assertEquals(4.0, config.scaleOf(MODULES.get(1)));
    assertEquals(1.0, config.scaleOf(MODULES.get(11)));
  }

  @Test
  void ofSeveralPatternsThatMatchTheFirstCounts() {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    ranks.put("query", 16);
    ranks.put("layer.0.attention.self.query", 2);
    LoraConfig config =
        new LoraConfig(
            4,
            8,
            0,
            List.of("all-linear"),
            Optional.empty(),
            List.of(),
            false,
            false,
            ranks,
            Map.of());
    assertEquals(16, config.rankOf(MODULES.get(0)));
  }

  @Test
  void aRankLargerThanItsLayerSaysHowToMendIt() {
    LoraConfig config = LoraConfig.of(512, 8, List.of("query"));
    AdapterworksException e =
        assertThrows(AdapterworksException.class, () -> config.checkFits(config.select(MODULES)));
    assertEquals(
        "lora.rank=512 exceeds the layer width 384; expected 1..384; lower lora.rank in"
            + " conf/adapterworks.conf (layer bert.encoder.layer.0.attention.self.query)",
        e.getMessage());
  }

  @Test
  void anUnknownLayerNamesThoseThereAre() {
    LoraConfig config = LoraConfig.of(4, 8, List.of("q_proj"));
    AdapterworksException e =
        assertThrows(AdapterworksException.class, () -> config.select(MODULES));
    assertEquals(
        "lora.targetModules: q_proj is no linear layer of this model; expected all-linear or some"
            + " of [attention.self.query, attention.self.key, attention.self.value,"
            + " attention.output.dense, intermediate.dense, output.dense]",
        e.getMessage());
  }

  private static List<String> paths(LoraConfig config) {
    return config.select(MODULES).stream().map(LinearModule::path).toList();
  }
}
