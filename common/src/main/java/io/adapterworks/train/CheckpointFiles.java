package io.adapterworks.train;

import io.adapterworks.table.StorageFailures;
import io.adapterworks.table.WarehouseFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;

/** The files of one folder on any Hadoop file system; each is there whole or not at all. */
final class CheckpointFiles {
  private static final String KEPT = "the checkpoints before stay as they are";

  private final Path folder;
  private final Configuration hadoop;

  /** The folder need not exist yet. */
  CheckpointFiles(Path folder, Configuration hadoop) {
    this.folder = folder;
    this.hadoop = hadoop;
  }

  /**
   * Puts a file in place.
   *
   * @param contents writes the file that it is given, whole or not at all
   */
  void write(String name, Consumer<java.nio.file.Path> contents) {
    doing(
        "write the checkpoint " + name + " in " + folder,
        files -> {
          if (isLocal(files)) {
            contents.accept(localPath(files, name));
            return name;
          }
          java.nio.file.Path prepared = Files.createTempFile("adapterworks-checkpoint", name);
          Path hidden = new Path(folder, "." + name + ".writing");
          try {
            contents.accept(prepared);
            files.mkdirs(folder);
            try (var out = files.create(hidden, true)) {
              Files.copy(prepared, out);
            }
            FileContext.getFileContext(files.getUri(), hadoop)
                .rename(hidden, new Path(folder, name), Options.Rename.OVERWRITE);
          } finally {
            Files.deleteIfExists(prepared);
            files.delete(hidden, false);
          }
          return name;
        });
  }

  /** What a file's reader makes of it; the file is local only as long as it reads. */
  <T> T read(String name, java.util.function.Function<java.nio.file.Path, T> reader) {
    return doing(
        "read the checkpoint " + name + " in " + folder,
        files -> {
          if (isLocal(files)) {
            return reader.apply(localPath(files, name));
          }
          java.nio.file.Path copy = Files.createTempFile("adapterworks-checkpoint", name);
          try {
            try (var in = files.open(new Path(folder, name))) {
              Files.copy(in, copy, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
            return reader.apply(copy);
          } finally {
            Files.deleteIfExists(copy);
          }
        });
  }

  /** The names of all files, those that sort last first. */
  List<String> lastFirst() {
    return doing(
        "list " + folder,
        files -> {
          List<String> names = new ArrayList<>();
          try {
            for (FileStatus file : files.listStatus(folder)) {
              names.add(file.getPath().getName());
            }
          } catch (FileNotFoundException noneYet) {
            return names;
          }
          names.sort(Comparator.reverseOrder());
          return names;
        });
  }

  void delete(String name) {
    doing(
        "delete the checkpoint " + name + " in " + folder,
        files -> files.delete(new Path(folder, name), false));
  }

  private interface Action<T> {
    T on(FileSystem files) throws IOException;
  }

  private <T> T doing(String attempt, Action<T> action) {
    try {
      return action.on(WarehouseFiles.of(folder, hadoop));
    } catch (IOException failure) {
      throw StorageFailures.explain(attempt, KEPT, failure);
    }
  }

  private static boolean isLocal(FileSystem files) {
    return files.getUri().getScheme().equals("file");
  }

  private java.nio.file.Path localPath(FileSystem files, String name) {
    return java.nio.file.Path.of(files.makeQualified(new Path(folder, name)).toUri().getPath());
  }
}
