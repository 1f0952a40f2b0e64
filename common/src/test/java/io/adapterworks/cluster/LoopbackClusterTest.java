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
 * to. The tests share the cluster.
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

  @BeforeAll
  void start(@TempDir Path temporary) throws IOException {
    folder = temporary;
    tiny = Files.createDirectory(folder.resolve("tiny"));
    try (BaseModel written = TinyBert.write(tiny)) {
      assertEquals(tiny.toString(), written.location());
    }
    cluster = new LoopbackCluster(folder.resolve("cluster"), "--workers", "2");
    driver = driver();
  }

  private DriverProcess driver() {
    DriverProcess process = new DriverProcess(folder, Map.of("spark.master", cluster.url()));
    process.await("ready");
    return process;
  }

  @AfterAll
  void stop() {
    driver.close();
    cluster.close();
  }

  private float[] trained(String name, String options) throws IOException {
    begin(driver, name, options);
    return result(driver, name);
  }

  private void begin(DriverProcess process, String name, String options) {
    String base = options.contains("texts=") ? MINILM : tiny.toString();
    process.send("train base=" + base + " out=" + folder.resolve(name) + " " + options);
  }

  private float[] result(DriverProcess process, String name) throws IOException {
    process.await("done ");
    byte[] bytes = Files.readAllBytes(folder.resolve(name));
    float[] values = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
    return values;
  }

  private static final String SAMPLE = "texts=" + MESSAGES + " steps=50 batch=4 ";

  @Test
  @Order(1)
  void twoExecutorsTrainMiniLmToWhatOneWouldAndTheSameJobTwiceToTheSameBytes() throws IOException {
    float[] one = trained("minilm-1", SAMPLE + "devices=1");
    float[] two = trained("minilm-2", SAMPLE + "devices=2");
    assertArrayEquals(one, two, 1e-5f);
    assertArrayEquals(two, trained("minilm-2-again", SAMPLE + "devices=2"));
    Set<String> places = new HashSet<>();
    driver.seen().stream()
        .filter(line -> line.startsWith("round "))
        .forEach(line -> places.add(line.substring(line.indexOf(", on "))));
    assertTrue(
        places.stream()
            .anyMatch(place -> place.contains("executor 0,") && place.contains("executor 1,")),
        places::toString);
  }

  @Test
  @Order(2)
  void averagingTrainsMiniLmToo() throws IOException {
    int before = driver.seen().size();
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
}
