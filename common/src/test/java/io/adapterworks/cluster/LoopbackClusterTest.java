package io.adapterworks.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.model.BaseModel;
import io.adapterworks.model.TinyBert;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training on Spark's own master and two workers, executors of a core each: what two executors lead
 * to, and what is left of it when processes die. The tests share the cluster, and those that cost
 * it an executor or a worker come last.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class LoopbackClusterTest {
  private static final String MINILM = "builtin:all-minilm-l6-v2";
  private static final Path MESSAGES =
      Path.of(
          System.getProperty("adapterworks.root", ".."),
          "conf/usecases/fernway/messages/messages-2026-w38.jsonl");

  private Path folder;
  private Path tiny;
  private LoopbackCluster cluster;
  private DriverProcess driver;
  private float[] undisturbed;

  @BeforeAll
  void start(@TempDir Path temporary) throws IOException {
    folder = temporary;
    tiny = Files.createDirectory(folder.resolve("tiny"));
    try (BaseModel written = TinyBert.write(tiny)) {
      assertEquals(tiny.toString(), written.location());
    }
    cluster = new LoopbackCluster(folder.resolve("cluster"), "--workers", "2");
  }

  @AfterAll
  void stop() {
    if (driver != null) {
      driver.close();
    }
    cluster.close();
  }

  /** The driver that most tests share; starts one where none lives. */
  private DriverProcess driver() {
    if (driver == null) {
      driver = new DriverProcess(folder, Map.of("spark.master", cluster.url()));
      driver.await("ready");
    }
    return driver;
  }

  private void killDriver() {
    driver.handle().destroyForcibly();
    driver.awaitEnd();
    driver = null;
  }

  private float[] trained(String name, String options) throws IOException {
    begin(driver(), name, options);
    return result(name);
  }

  private void begin(DriverProcess process, String name, String options) {
    String base = options.contains("texts=") ? MINILM : tiny.toString();
    process.send("train base=" + base + " out=" + folder.resolve(name) + " " + options);
  }

  private float[] result(String name) throws IOException {
    driver.await("done ");
    byte[] bytes = Files.readAllBytes(folder.resolve(name));
    float[] values = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
    return values;
  }

  private static final String SHORT = "steps=20 devices=2 ";

  /** Slow enough for something to happen in the middle of it. */
  private static final String SLOW = SHORT + "rest=40 ";

  /** What the short training comes to where nothing goes wrong. */
  private float[] undisturbed() throws IOException {
    if (undisturbed == null) {
      undisturbed = trained("undisturbed", SHORT);
    }
    return undisturbed;
  }

  @Test
  @Order(1)
  void whatCannotRunHereIsRefusedWithTheReason() {
    Map<String, String> broken =
        Map.of(
            "spark.master",
            cluster.url(),
            "spark.dynamicAllocation.enabled",
            "true",
            "spark.dynamicAllocation.shuffleTracking.enabled",
            "true",
            "spark.plugins",
            BrokenPlugin.class.getName());
    try (DriverProcess other = new DriverProcess(folder, broken)) {
      other.await("ready");
      // No worker has a card: said apart from one that is busy.
      begin(other, "no-card", "gpu=yes steps=6 devices=2");
      String refused = other.await("refused ");
      String worker = "worker 127.0.0.\\d:\\d+ has 1 of 1 cores, 1024 of 1024 MB and no GPU free";
      assertTrue(
          refused.matches(
              "refused DEVICE training cannot run here: an executor needs 1 core, 700 MB and 1 GPU,"
                  + " but no worker of spark://127.0.0.1:\\d+ is that large \\("
                  + worker
                  + "; "
                  + worker
                  + "\\); start workers with spark.worker.resource.gpu.amount and"
                  + " spark.worker.resource.gpu.discoveryScript=scripts/gpu-discovery, or set"
                  + " engine.device=cpu"),
          refused);
      // Executors that all die as they start.
      begin(other, "broken", "steps=6 devices=2");
      refused = other.await("refused ");
      assertTrue(
          refused.matches(
              "refused DEVICE \\d+ executors were lost that had not finished one task: .*no library"
                  + " for this card.*; look at their logs on the workers, and run the job again"),
          refused);
    }
  }

  /** The newest checkpoint is corrupt then, and the disk full when the last one is due. */
  @Test
  @Order(2)
  void aKilledDriverGoesOnFromTheNewestWholeCheckpointToTheSameBytes() throws IOException {
    Path checkpoints = Files.createDirectory(folder.resolve("checkpoints"));
    String options = SLOW + "every=5 checkpoints=" + checkpoints;
    begin(driver(), "killed-driver", options);
    driver.await("step 17 ");
    killDriver();
    Path newest = checkpoints.resolve("checkpoint-000000015.safetensors");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length - 1] ^= 1;
    Files.write(newest, bytes);
    // What is written here fails in the kernel as it does on a full disk.
    Path last = checkpoints.resolve("checkpoint-000000020.safetensors");
    Files.createSymbolicLink(
        checkpoints.resolve("." + last.getFileName() + ".tmp"), Path.of("/dev/full"));
    begin(driver(), "resumed", options);
    assertEquals(
        "log checkpoint checkpoint-000000015.safetensors is passed over: its bytes do not match its"
            + " checksum",
        driver.await("log checkpoint"));
    driver.await("begins after step 10");
    assertEquals(
        "log no checkpoint after step 20, training goes on: cannot write "
            + last
            + ": No space left on device; nothing was changed; free space or choose another folder,"
            + " then run again",
        driver.await("log no checkpoint"));
    float[] resumed = result("resumed");
    try (Stream<Path> left = Files.list(checkpoints)) {
      assertEquals(
          Set.of("checkpoint-000000010.safetensors", "checkpoint-000000015.safetensors"),
          left.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
    }
    assertArrayEquals(undisturbed(), resumed);
  }

  private static final String SAMPLE = "texts=" + MESSAGES + " steps=50 batch=4 ";

  @Test
  @Order(3)
  void twoExecutorsTrainMiniLmToWhatOneWouldAndTheSameJobTwiceToTheSameBytes() throws IOException {
    float[] one = trained("minilm-1", SAMPLE + "devices=1");
    assertArrayEquals(one, trained("minilm-2", SAMPLE + "devices=2"), 1e-5f);
    Set<String> places = new HashSet<>();
    driver.seen().stream()
        .filter(line -> line.startsWith("round "))
        .forEach(line -> places.add(line.substring(line.indexOf(", on "))));
    assertTrue(
        places.stream()
            .anyMatch(place -> place.contains("executor 0 on") && place.contains("executor 1 on")),
        places::toString);
    assertArrayEquals(undisturbed(), trained("undisturbed-again", SHORT));
  }

  @Test
  @Order(4)
  void averagingTrainsMiniLmToo() throws IOException {
    int before = driver().seen().size();
    trained("minilm-averaging", SAMPLE + "devices=2 average=10");
    List<Double> losses =
        driver.seen().subList(before, driver.seen().size()).stream()
            .filter(line -> line.startsWith("step "))
            .map(line -> Double.parseDouble(line.split(" ", -1)[3]))
            .toList();
    assertEquals(50, losses.size());
    double first = mean(losses.subList(0, 10));
    double last = mean(losses.subList(40, 50));
    assertTrue(last < first, "mean loss of ten steps " + first + ", at the end " + last);
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(value -> value).average().orElseThrow();
  }

  /** One executor stands still for five steps; later the other one is killed. */
  @Test
  @Order(5)
  void whatAStandingAndAKilledExecutorLeaveIsComputedElsewhereToTheSameBytes() throws IOException {
    float[] expected = undisturbed();
    ProcessHandle standing = cluster.executorOf(1);
    begin(driver(), "executors", SLOW);
    driver.await("step 3 ");
    LoopbackCluster.signal(standing, "-STOP");
    try {
      driver.await("step 8 ");
    } finally {
      LoopbackCluster.signal(standing, "-CONT");
    }
    driver.await("step 11 ");
    cluster.executorOf(2).destroyForcibly();
    driver.await("log executor \\d+ is lost \\(.*\\); its share is computed again elsewhere");
    assertArrayEquals(expected, result("executors"));
  }

  @Test
  @Order(6)
  void aWorkerKilledForGoodLeavesItsShareToTheOther() throws IOException {
    float[] expected = undisturbed();
    begin(driver(), "worker", SLOW);
    driver.await("step 5 ");
    cluster.worker(1).orElseThrow().destroyForcibly();
    assertArrayEquals(expected, result("worker"));
  }

  @Test
  @Order(7)
  void withNoWorkerLeftTrainingEndsAndSaysSo() {
    begin(driver(), "nobody", SLOW);
    driver.await("step 5 ");
    List.of(1, 2).forEach(n -> cluster.worker(n).ifPresent(ProcessHandle::destroyForcibly));
    String refused = driver.await("refused ");
    assertEquals(
        "refused DEVICE training cannot run here: "
            + cluster.url()
            + " has no live worker; start one, for example with scripts/cluster up",
        refused);
  }
}
