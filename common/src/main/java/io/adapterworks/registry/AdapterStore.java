package io.adapterworks.registry;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.StorageFailures;
import io.adapterworks.table.WarehouseFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The adapter folders {@code <warehouse>/adapters/<name>/<version>/} on any Hadoop filesystem. A
 * version appears whole or not at all, and is never changed.
 */
public final class AdapterStore {
  private static final String FOLDER = "adapters";
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,8}");
  private static final List<String> REQUIRED =
      List.of("adapter_config.json", "adapter_model.safetensors");

  private final Configuration hadoop;
  private final Path root;
  private final Clock clock;

  /** The adapters of the warehouse in {@code directory}, which need not exist yet. */
  public AdapterStore(Configuration hadoop, String directory, Clock clock) {
    this.hadoop = hadoop;
    this.root = new Path(directory, FOLDER);
    this.clock = clock;
  }

  /** The names of all adapters, sorted. */
  public List<String> names() {
    return reading(root, files -> folders(files, root)).stream()
        .filter(name -> !versions(name).isEmpty())
        .sorted()
        .toList();
  }

  /** The versions of an adapter, oldest first; none where there is no such adapter. */
  public List<Integer> versions(String name) {
    Path folder = new Path(root, name);
    return reading(folder, files -> folders(files, folder)).stream()
        .filter(entry -> VERSION.matcher(entry).matches())
        .map(Integer::valueOf)
        .sorted()
        .toList();
  }

  /** The folder of a version. */
  public Path folder(String name, int version) {
    return new Path(new Path(root, name), String.valueOf(version));
  }

  /**
   * The manifest of a version.
   *
   * @throws AdapterworksException INPUT if there is no such version, MODEL if it cannot be read
   */
  public AdapterManifest manifest(String name, int version) {
    Path file = new Path(folder(name, version), AdapterManifest.FILE);
    String text =
        reading(
            file,
            files -> {
              requireVersion(name, version);
              try (InputStream in = files.open(file)) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
              }
            });
    AdapterManifest manifest = ManifestFile.read(file.toString(), text);
    Check.that(
        manifest.name().equals(name) && manifest.version() == version,
        ErrorCode.MODEL,
        "%s says it is %s; expected %s@%d; a version's folder must not be renamed or copied",
        file,
        manifest.ref(),
        name,
        version);
    return manifest;
  }

  /** The manifests of every version of an adapter, oldest first. */
  public List<AdapterManifest> manifests(String name) {
    return versions(name).stream().map(version -> manifest(name, version)).toList();
  }

  /**
   * Publishes the files of {@code prepared} as the next version: copied beside it under a hidden
   * name, then renamed once. Where a version with the same bytes, configuration, dataset version,
   * base and task exists, that one is returned. Publishers at the same time get different versions.
   *
   * @param prepared a local folder of plain files, without a manifest
   * @throws AdapterworksException INPUT for a folder that is no adapter; STORAGE if it cannot be
   *     copied, and then no version was made
   */
  public PublishOutcome publish(AdapterDraft draft, java.nio.file.Path prepared) {
    Map<String, String> digests = FileDigests.of(adapterFiles(prepared));
    Path parent = new Path(root, draft.name());
    Path hidden = new Path(parent, ".publishing-" + UUID.randomUUID());
    FileSystem files = null;
    try {
      files = filesystem(parent);
      while (true) {
        Optional<AdapterManifest> same =
            manifests(draft.name()).stream().filter(m -> m.isSameAs(draft, digests)).findFirst();
        if (same.isPresent()) {
          return new PublishOutcome.SameAsBefore(same.get());
        }
        AdapterManifest manifest =
            AdapterManifest.of(
                draft,
                nextVersion(draft.name()),
                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                digests);
        copy(files, prepared, hidden, manifest);
        if (VersionClaim.rename(files, hidden, folder(draft.name(), manifest.version()))) {
          return new PublishOutcome.NewVersion(manifest);
        }
      }
    } catch (IOException | RuntimeException failure) {
      throw StorageFailures.explain(
          "publish adapter " + draft.name() + " in " + parent,
          "no version was made and the versions before stay as they are",
          failure);
    } finally {
      discard(files, hidden);
    }
  }

  /**
   * A local folder that holds a version's files, each checked against the manifest's digest: the
   * version's own folder where that is local, else a copy in {@code scratch}.
   *
   * @throws AdapterworksException MODEL if a file is missing or not the one that was published
   */
  public java.nio.file.Path localFolder(AdapterManifest manifest, java.nio.file.Path scratch) {
    Path folder = folder(manifest.name(), manifest.version());
    java.nio.file.Path local =
        reading(
            folder,
            files -> {
              if (files.getUri().getScheme().equals("file")) {
                return java.nio.file.Path.of(files.makeQualified(folder).toUri().getPath());
              }
              for (FileStatus file : files.listStatus(folder)) {
                String name = file.getPath().getName();
                try (InputStream in = files.open(file.getPath())) {
                  Files.copy(in, scratch.resolve(name));
                }
              }
              return scratch;
            });
    FileDigests.verify(manifest, local);
    return local;
  }

  private static List<java.nio.file.Path> adapterFiles(java.nio.file.Path prepared) {
    List<java.nio.file.Path> entries;
    try (var listed = Files.list(prepared)) {
      entries = listed.sorted().toList();
    } catch (IOException failure) {
      throw StorageFailures.explain("read " + prepared, "nothing was changed", failure);
    }
    List<String> names = entries.stream().map(file -> file.getFileName().toString()).toList();
    Check.that(
        names.containsAll(REQUIRED)
            && entries.stream().allMatch(Files::isRegularFile)
            && !names.contains(AdapterManifest.FILE),
        ErrorCode.INPUT,
        "%s holds %s; expected a flat folder with %s and no %s; save the adapter there first",
        prepared,
        names,
        String.join(", ", REQUIRED),
        AdapterManifest.FILE);
    return entries;
  }

  private int nextVersion(String name) {
    List<Integer> taken = versions(name);
    return taken.isEmpty() ? 1 : taken.get(taken.size() - 1) + 1;
  }

  private static void copy(
      FileSystem files, java.nio.file.Path prepared, Path hidden, AdapterManifest manifest)
      throws IOException {
    if (!files.exists(hidden)) {
      files.mkdirs(hidden);
      for (String name : manifest.files().keySet()) {
        try (var out = files.create(new Path(hidden, name), true)) {
          Files.copy(prepared.resolve(name), out);
        }
      }
    }
    try (var out = files.create(new Path(hidden, AdapterManifest.FILE), true)) {
      out.write(ManifestFile.write(manifest).getBytes(StandardCharsets.UTF_8));
    }
  }

  /** A leftover is hidden from every reader, so failing to remove it must not hide the cause. */
  private static void discard(FileSystem files, Path hidden) {
    if (files == null) {
      return;
    }
    try {
      files.delete(hidden, true);
    } catch (IOException leftover) {
      System.getLogger(AdapterStore.class.getName())
          .log(System.Logger.Level.WARNING, "could not remove " + hidden, leftover);
    }
  }

  /**
   * Fails unless the adapter has a version.
   *
   * @throws AdapterworksException INPUT, naming the adapters that are there
   */
  public void requireAdapter(String name) {
    Check.that(
        !versions(name).isEmpty(),
        ErrorCode.INPUT,
        "there is no adapter %s in %s; expected one of %s; the job run makes one",
        name,
        root,
        names());
  }

  private void requireVersion(String name, int version) {
    requireAdapter(name);
    Check.that(
        versions(name).contains(version),
        ErrorCode.INPUT,
        "adapter %s has no version %d; expected one of %s",
        name,
        version,
        versions(name));
  }

  private List<String> folders(FileSystem files, Path parent) throws IOException {
    List<String> names = new ArrayList<>();
    try {
      for (FileStatus entry : files.listStatus(parent)) {
        String name = entry.getPath().getName();
        if (entry.isDirectory() && !name.startsWith(".")) {
          names.add(name);
        }
      }
    } catch (FileNotFoundException nothingPublishedYet) {
      return List.of();
    }
    return names;
  }

  private interface FileAction<T> {
    T on(FileSystem files) throws IOException;
  }

  private <T> T reading(Path path, FileAction<T> action) {
    try {
      return action.on(filesystem(path));
    } catch (IOException failure) {
      throw StorageFailures.explain("read " + path, "nothing was changed", failure);
    }
  }

  private FileSystem filesystem(Path path) throws IOException {
    return WarehouseFiles.of(path, hadoop);
  }
}
