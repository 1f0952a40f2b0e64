package io.adapterworks.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReaderTest {
  enum Decay {
    LINEAR,
    HALF_COSINE
  }

  record Lora(int rank, List<String> targetModules, Optional<Double> alpha) {
    Lora {
      Check.positive("lora.rank", rank);
    }
  }

  record Run(Lora lora, Decay decay, Duration pause, Map<String, Double> kpis) {}

  private static final String WHOLE =
      """
      lora { rank = 8, targetModules = [query, value] }
      decay = half-cosine
      pause = 90 s
      kpis { accuracy = 0.9 }
      """;

  private static Run read(String text) {
    return ConfigReader.read(ConfigFactory.parseString(text), Run.class);
  }

  private static AdapterworksException failure(String text) {
    AdapterworksException thrown = assertThrows(AdapterworksException.class, () -> read(text));
    assertEquals(ErrorCode.CONFIGURATION, thrown.code());
    return thrown;
  }

  @Test
  void readsNestedRecordsListsEnumsDurationsAndMaps() {
    assertEquals(
        new Run(
            new Lora(8, List.of("query", "value"), Optional.empty()),
            Decay.HALF_COSINE,
            Duration.ofSeconds(90),
            Map.of("accuracy", 0.9)),
        read(WHOLE));
  }

  @Test
  void anUnknownKeyNamesTheNearestKnownOne() {
    assertEquals(
        "configuration:1: unknown key lora.rnak; did you mean lora.rank? Known here: alpha, rank,"
            + " targetModules",
        failure(WHOLE.replace("rank", "rnak")).getMessage());
  }

  @Test
  void aMissingKeyIsNamed() {
    assertEquals(
        "configuration:1: decay is missing; add it to this section",
        failure(WHOLE.replace("decay = half-cosine", "")).getMessage());
  }

  @Test
  void aValueOfTheWrongTypeSaysWhatWasExpected() {
    assertEquals(
        "configuration:1: lora.rank=\"many\"; expected a value of type int",
        failure(WHOLE.replace("rank = 8", "rank = many")).getMessage());
  }

  @Test
  void wholeNumbersHaveNoFractionAndDurationsAUnit() {
    assertEquals(
        "configuration:1: lora.rank=8.9; expected a value of type int",
        failure(WHOLE.replace("rank = 8", "rank = 8.9")).getMessage());
    assertEquals(
        "configuration:3: pause=90; expected a value of type duration, such as 5 minutes",
        failure(WHOLE.replace("90 s", "90")).getMessage());
  }

  @Test
  void whatBeginsACommentMayStandInAnOverride(@TempDir Path folder) throws IOException {
    Path installation = Files.writeString(folder.resolve("installation.conf"), "seed = 7\n");
    for (String path : List.of("/tmp//w", "/data/run#3")) {
      Config config =
          Settings.load(installation, Optional.empty(), List.of("warehouse=" + path, "seed=8"));
      assertEquals(path, config.getString("warehouse"));
      assertEquals(8, config.getInt("seed"));
    }
  }

  @Test
  void anUnknownEnumValueListsTheKnownOnes() {
    assertEquals(
        "configuration:2: decay=cosine; expected one of linear, half-cosine",
        failure(WHOLE.replace("half-cosine", "cosine")).getMessage());
  }

  @Test
  void aRecordsOwnCheckIsReportedWithItsPlace() {
    assertEquals(
        "configuration:1: lora.rank=0; expected 1 or more",
        failure(WHOLE.replace("rank = 8", "rank = 0")).getMessage());
  }
}
