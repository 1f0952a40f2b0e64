package io.adapterworks.pass.export;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that is there whole and verified or not at all: filled under another name, renamed at
 * the end. What a killed run left under that other name is removed first.
 */
final class ExportFolder {
  /** Fills a folder and checks what it wrote. */
  @FunctionalInterface
  interface Filling<R> {
    R fill(Path folder) throws IOException;
  }

  private ExportFolder() {}

  /** Makes {@code folder}, which must not exist yet. */
  static <R> R write(Path folder, Filling<R> filling) {
    Path target = folder.toAbsolutePath().normalize();
    Check.that(
        !Files.exists(target),
        ErrorCode.STORAGE,
        "%s exists; expected a new folder; choose another name or remove it",
        folder);
    Path temporary = target.resolveSibling("." + target.getFileName() + ".tmp");
    try {
      remove(temporary);
      Files.createDirectories(temporary);
      try {
        R result = filling.fill(temporary);
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        return result;
      } finally {
        remove(temporary);
      }
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.STORAGE, "cannot write " + folder + ": " + e.getMessage(), e);
    }
  }

  private static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
