package io.adapterworks.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.model.BaseModel;
import io.adapterworks.model.TinyBert;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A worker whose discovery script names two cards that are not there: who gets which. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GpuSchedulingTest {
  private static final Pattern CARD = Pattern.compile("executor \\d+ on [\\d.]+, gpu (\\d+)");

  private Path folder;
  private Path tiny;
  private LoopbackCluster cluster;

  @BeforeAll
  void start(@TempDir Path temporary) throws IOException {
    folder = temporary;
    tiny = Files.createDirectory(folder.resolve("tiny"));
    try (BaseModel written = TinyBert.write(tiny)) {
      assertEquals(tiny.toString(), written.location());
    }
    Path discovery = folder.resolve("two-cards");
    Files.writeString(
        discovery, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"0\", \"1\"]}'\n");
    Files.setPosixFilePermissions(discovery, PosixFilePermissions.fromString("rwxr-xr-x"));
    cluster =
        new LoopbackCluster(
            folder.resolve("cluster"),
            "--workers",
            "1",
            "--cores",
            "4",
            "--memory",
            "4g",
            "--gpus",
            "2",
            "--gpu-discovery",
            discovery.toString());
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private DriverProcess driver(Map<String, String> more) {
    Map<String, String> settings = new HashMap<>(more);
    settings.put("spark.master", cluster.url());
    settings.put("spark.executor.cores", "1");
    DriverProcess process = new DriverProcess(folder, settings);
    process.await("ready");
    return process;
  }

  private static Map<String, String> dynamic() {
    return Map.of(
        "spark.dynamicAllocation.enabled", "true",
        "spark.dynamicAllocation.shuffleTracking.enabled", "true",
        "spark.dynamicAllocation.maxExecutors", "2");
  }

  private String train(String options) {
    return "train gpu=yes base=" + tiny + " out=" + folder.resolve("adapter") + " " + options;
  }

  @Test
  void eachTrainingTaskHoldsItsOwnCardOtherTasksNoneAndWhoComesLaterIsToldWhoHoldsThem() {
    try (DriverProcess holder = driver(dynamic())) {
      holder.send("resources");
      assertEquals("resources [[], []]", holder.await("resources "));
      holder.send(train("steps=6 devices=2"));
      holder.await("done ");
      TreeSet<String> cards = new TreeSet<>();
      for (String line : holder.seen()) {
        if (line.startsWith("round ")) {
          TreeSet<String> ofRound = new TreeSet<>();
          Matcher matcher = CARD.matcher(line);
          while (matcher.find()) {
            ofRound.add(matcher.group(1));
          }
          cards.addAll(ofRound);
          assertTrue(line.contains("gpu "), line);
        }
      }
      assertEquals(new TreeSet<>(List.of("0", "1")), cards);
      holder.send("resources gpu=yes");
      String held = holder.await("resources ");
      assertTrue(
          Set.of("resources [[gpu 0], [gpu 1]]", "resources [[gpu 1], [gpu 0]]").contains(held),
          held);
      holder.send(train("steps=400 devices=2 rest=200"));
      holder.await("step 1 ");
      try (DriverProcess second = driver(dynamic())) {
        second.send(train("steps=6 devices=2 patience=8"));
        String refused = second.await("refused ");
        assertTrue(
            refused.matches(
                "refused DEVICE no executor came in \\d+ s: spark://.* is busy: an executor needs 1"
                    + " core, 700 MB and 1 GPU; worker .* has \\d of 4 cores, \\d+ of 4096 MB and 0"
                    + " of 2 GPUs free;"
                    + " other applications: adapterworks rounds \\(app-.*\\); run the job again"
                    + " later, or raise cluster.patience"),
            refused);
      }
    }
  }

  @Test
  void askingForACardWithoutSayingThatExecutorsHaveOneIsRefusedBeforeAnythingStarts() {
    try (DriverProcess driver = driver(Map.of())) {
      driver.send(train("steps=6"));
      assertEquals(
          "refused CONFIGURATION engine.device=cuda on "
              + cluster.url()
              + ", but no executor is to have a GPU; expected spark.dynamicAllocation.enabled=true"
              + " or spark.executor.resource.gpu.amount=1 in spark.settings (conf/clusters has"
              + " both), or engine.device=cpu",
          driver.await("refused "));
    }
  }
}
