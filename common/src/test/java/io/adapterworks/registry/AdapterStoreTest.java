package io.adapterworks.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterStoreTest {
  private static final String NAME = "support-intents";

  @TempDir Path folder;

  private Path warehouse() {
    return folder.resolve("warehouse");
  }

  private AdapterStore store() {
    return new AdapterStore(new Configuration(), warehouse().toString(), TestAdapters.CLOCK);
  }

  private PublishOutcome publish(String weights, String configHash) {
    return store().publish(TestAdapters.draft(configHash), TestAdapters.prepared(folder, weights));
  }

  private static List<String> entries(Path directory) throws IOException {
    try (var listed = Files.list(directory)) {
      return listed.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aVersionHoldsTheFilesAsTheyWereAndItsManifest() throws IOException {
    AdapterManifest manifest = publish("weights", "c0ffee").manifest();

    Path version = warehouse().resolve("adapters/support-intents/1");
    assertEquals(
        List.of("adapter_config.json", "adapter_model.safetensors", "manifest.json"),
        entries(version));
    assertEquals("weights", Files.readString(version.resolve("adapter_model.safetensors")));
    assertEquals(List.of("1"), entries(version.getParent()));
    assertEquals(manifest, store().manifest(NAME, 1));
    assertEquals(version, store().localFolder(manifest, folder));
    assertEquals(List.of(NAME), store().names());
  }

  @Test
  void theSameAgainIsTheSameVersionAndAnythingElseANewOne() {
    AdapterManifest first = publish("weights", "c0ffee").manifest();

    assertEquals(new PublishOutcome.SameAsBefore(first), publish("weights", "c0ffee"));
    assertInstanceOf(PublishOutcome.NewVersion.class, publish("other weights", "c0ffee"));
    assertInstanceOf(PublishOutcome.NewVersion.class, publish("weights", "other configuration"));
    assertEquals(List.of(1, 2, 3), store().versions(NAME));
    assertEquals(new PublishOutcome.SameAsBefore(first), publish("weights", "c0ffee"));
  }

  @Test
  void publishersAtOnceGetAVersionEach() throws Exception {
    int publishers = 8;
    List<Integer> versions =
        atOnce(
            IntStream.range(0, publishers)
                .mapToObj(i -> TestAdapters.prepared(folder, "weights-" + i))
                .toList());

    assertEquals(new TreeSet<>(List.of(1, 2, 3, 4, 5, 6, 7, 8)), new TreeSet<>(versions));
    assertEquals(
        List.of("1", "2", "3", "4", "5", "6", "7", "8"),
        entries(warehouse().resolve("adapters/support-intents")));
    assertEquals(publishers, store().manifests(NAME).size());
  }

  @Test
  void publishersOfTheSameAtOnceGetOneVersion() throws Exception {
    Path same = TestAdapters.prepared(folder, "weights");

    assertEquals(List.of(1, 1, 1, 1), atOnce(List.of(same, same, same, same)));
    assertEquals(List.of("1"), entries(warehouse().resolve("adapters/support-intents")));
  }

  private List<Integer> atOnce(List<Path> prepared) throws Exception {
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(prepared.size());
    try {
      List<Future<Integer>> published = new ArrayList<>();
      for (Path adapter : prepared) {
        Callable<Integer> publisher =
            () -> {
              start.await();
              return store().publish(TestAdapters.draft("c0ffee"), adapter).manifest().version();
            };
        published.add(threads.submit(publisher));
      }
      start.countDown();
      List<Integer> versions = new ArrayList<>();
      for (Future<Integer> version : published) {
        versions.add(version.get());
      }
      return versions;
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aFullDiskIsSaidAndLeavesNothingHalfThere() throws IOException {
    publish("weights", "c0ffee");
    Configuration hadoop = new Configuration();
    hadoop.set("fs.full.impl", "io.adapterworks.table.FullDisk");
    AdapterStore full = new AdapterStore(hadoop, "full://" + warehouse(), TestAdapters.CLOCK);

    AdapterworksException error =
        assertThrows(
            AdapterworksException.class,
            () ->
                full.publish(
                    TestAdapters.draft("other"), TestAdapters.prepared(folder, "weights")));

    assertEquals(ErrorCode.STORAGE, error.code());
    assertEquals(
        "could not publish adapter support-intents in full:"
            + warehouse()
            + "/adapters/support-intents: the disk is full; no version was made and the versions"
            + " before stay as they are; free some space, or set warehouse to a larger disk, and"
            + " run the job again",
        error.getMessage());
    assertEquals(List.of("1"), entries(warehouse().resolve("adapters/support-intents")));
  }

  @Test
  void aFolderThatIsNoAdapterIsRefused() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    AdapterworksException error =
        assertThrows(
            AdapterworksException.class,
            () -> store().publish(TestAdapters.draft("c0ffee"), empty));
    assertEquals(ErrorCode.INPUT, error.code());
    assertEquals(
        empty
            + " holds []; expected a flat folder with adapter_config.json,"
            + " adapter_model.safetensors and no manifest.json; save the adapter there first",
        error.getMessage());
  }

  @Test
  void anAdapterOrVersionThatIsNotThereNamesThoseThatAre() {
    assertEquals(
        "there is no adapter support-intents in "
            + warehouse()
            + "/adapters; expected one of []; the job run makes one",
        failure(() -> store().manifest(NAME, 1)).getMessage());
    publish("weights", "c0ffee");
    publish("other", "c0ffee");
    AdapterworksException version = failure(() -> store().manifest(NAME, 7));
    assertEquals(ErrorCode.INPUT, version.code());
    assertEquals(
        "adapter support-intents has no version 7; expected one of [1, 2]", version.getMessage());
  }

  @Test
  void aChangedOrMissingFileIsNotUsed() throws IOException {
    AdapterManifest manifest = publish("weights", "c0ffee").manifest();
    Path weights = warehouse().resolve("adapters/support-intents/1/adapter_model.safetensors");
    String cure =
        "; expected the file that was published as support-intents@1; restore it or use another"
            + " version";

    Files.writeString(weights, "WEIGHTS");
    AdapterworksException changed = failure(() -> store().localFolder(manifest, folder));
    assertEquals(ErrorCode.MODEL, changed.code());
    assertEquals(weights + " is changed" + cure, changed.getMessage());

    Files.delete(weights);
    assertEquals(
        weights + " is missing" + cure,
        failure(() -> store().localFolder(manifest, folder)).getMessage());
  }

  @Test
  void aCopiedVersionFolderIsNotTakenForAVersion() throws IOException {
    publish("weights", "c0ffee");
    Path parent = warehouse().resolve("adapters/support-intents");
    Files.createDirectory(parent.resolve("2"));
    Files.copy(parent.resolve("1/manifest.json"), parent.resolve("2/manifest.json"));

    assertEquals(
        parent.resolve("2/manifest.json")
            + " says it is support-intents@1; expected support-intents@2; a version's folder must"
            + " not be renamed or copied",
        failure(() -> store().manifest(NAME, 2)).getMessage());
  }

  private static AdapterworksException failure(org.junit.jupiter.api.function.Executable action) {
    return assertThrows(AdapterworksException.class, action);
  }
}
