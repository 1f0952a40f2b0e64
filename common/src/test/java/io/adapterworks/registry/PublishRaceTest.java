package io.adapterworks.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two jobs, each a process of its own, that publish the same adapter's next version at once. */
class PublishRaceTest {
  private static final int EACH = 10;

  @TempDir private Path folder;

  /** The other end: publishes versions of its own contents as soon as it may. */
  static final class Publisher {
    private Publisher() {}

    public static void main(String[] arguments) throws Exception {
      Path folder = Path.of(arguments[0]);
      AdapterStore store =
          new AdapterStore(
              new Configuration(), folder.resolve("warehouse").toString(), TestAdapters.CLOCK);
      List<Path> prepared = new ArrayList<>();
      for (int i = 0; i < EACH; i++) {
        prepared.add(TestAdapters.prepared(folder, arguments[1] + i));
      }
      Files.createFile(folder.resolve("ready-" + arguments[1]));
      while (!Files.exists(folder.resolve("go"))) {
        Thread.sleep(5);
      }
      for (int i = 0; i < EACH; i++) {
        store.publish(TestAdapters.draft(arguments[1] + i), prepared.get(i));
      }
    }
  }

  private Process publisher(String name) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Publisher.class.getName(),
            folder.toString(),
            name)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name + ".log").toFile())
        .start();
  }

  @Test
  void twoProcessesGetAVersionEachForEverythingTheyPublishAndNoneIsTorn() throws Exception {
    List<Process> processes = List.of(publisher("one"), publisher("two"));
    for (String name : List.of("one", "two")) {
      for (int i = 0; i < 1200 && !Files.exists(folder.resolve("ready-" + name)); i++) {
        Thread.sleep(50);
      }
    }
    Files.createFile(folder.resolve("go"));
    for (Process process : processes) {
      assertEquals(true, process.waitFor(60, TimeUnit.SECONDS), "ended");
      assertEquals(0, process.exitValue(), () -> logs());
    }
    AdapterStore store =
        new AdapterStore(
            new Configuration(), folder.resolve("warehouse").toString(), TestAdapters.CLOCK);
    List<AdapterManifest> manifests = store.manifests("support-intents");
    TreeSet<String> published = new TreeSet<>();
    for (AdapterManifest manifest : manifests) {
      Path files = store.localFolder(manifest, folder);
      String weights = Files.readString(files.resolve("adapter_model.safetensors"));
      assertEquals(weights, manifest.training().configHash(), "weights and manifest are of one");
      published.add(weights);
    }
    TreeSet<String> expected = new TreeSet<>();
    for (int i = 0; i < EACH; i++) {
      expected.add("one" + i);
      expected.add("two" + i);
    }
    assertEquals(expected, published);
    assertEquals(2 * EACH, manifests.size());
    try (var entries = Files.list(folder.resolve("warehouse/adapters/support-intents"))) {
      assertEquals(2 * EACH, entries.count(), "nothing half there is left");
    }
  }

  private String logs() {
    try {
      return Files.readString(folder.resolve("one.log"))
          + Files.readString(folder.resolve("two.log"));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
