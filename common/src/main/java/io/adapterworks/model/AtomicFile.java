package io.adapterworks.model;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file so that it is there whole or not at all: into a temporary file beside it, synced to
 * the disk, then renamed.
 */
public final class AtomicFile {
  /** What writes the contents. */
  @FunctionalInterface
  public interface Contents {
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  private AtomicFile() {}

  /** Writes {@code path}, replacing what was there; its folder is made if need be. */
  public static void write(Path path, Contents contents) {
    Path target = path.toAbsolutePath();
    Path temporary = target.resolveSibling("." + target.getFileName() + ".tmp");
    try {
      Files.createDirectories(target.getParent());
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        contents.writeTo(channel);
        channel.force(true);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.STORAGE,
          "cannot write "
              + path
              + ": "
              + e.getMessage()
              + "; nothing was changed; free space or choose another folder, then run again",
          removed(temporary, e));
    }
  }

  private static IOException removed(Path temporary, IOException failure) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }
}
