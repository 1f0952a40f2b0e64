package io.adapterworks.registry;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Gives a finished folder its version number by one rename that fails where the number is taken.
 *
 * <p>Hadoop's local filesystem copies where its rename fails, and its {@code FileSystem.rename}
 * moves into a folder that exists; either would break the promise, so local folders are renamed by
 * Java itself and others through {@link FileContext}. Object stores that copy on rename keep the
 * promise only as far as the store does.
 */
final class VersionClaim {
  private VersionClaim() {}

  /** Whether {@code finished} became {@code version}; if not, it stays where it is. */
  static boolean rename(FileSystem files, Path finished, Path version) throws IOException {
    if (files.getUri().getScheme().equals("file")) {
      return renameLocal(
          java.nio.file.Path.of(finished.toUri().getPath()),
          java.nio.file.Path.of(version.toUri().getPath()));
    }
    try {
      FileContext.getFileContext(files.getUri(), files.getConf()).rename(finished, version);
      return true;
    } catch (FileAlreadyExistsException taken) {
      return false;
    }
  }

  private static boolean renameLocal(java.nio.file.Path finished, java.nio.file.Path version)
      throws IOException {
    try {
      Files.move(finished, version, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (FileSystemException failure) {
      if (Files.exists(version)) {
        return false;
      }
      throw failure;
    }
  }
}
