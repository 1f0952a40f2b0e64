package io.adapterworks.pipeline;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** A temporary folder of this machine that goes with everything in it when it is closed. */
public final class ScratchFolder implements AutoCloseable {
  private final Path path;

  private ScratchFolder(Path path) {
    this.path = path;
  }

  /** Makes an empty one whose name starts with {@code adapterworks-} and {@code purpose}. */
  public static ScratchFolder make(String purpose) {
    try {
      return new ScratchFolder(Files.createTempDirectory("adapterworks-" + purpose + "-"));
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.STORAGE,
          "no temporary folder can be made in "
              + System.getProperty("java.io.tmpdir")
              + ": "
              + e.getMessage()
              + "; free some space there, or name another folder with"
              + " ADAPTERWORKS_JAVA_OPTIONS=-Djava.io.tmpdir=FOLDER",
          e);
    }
  }

  public Path path() {
    return path;
  }

  /** What is left behind must not hide why the work itself failed, so it is logged only. */
  @Override
  public void close() {
    try {
      Files.walkFileTree(path, new Deletion());
    } catch (IOException leftover) {
      System.getLogger(ScratchFolder.class.getName())
          .log(System.Logger.Level.WARNING, "could not remove " + path, leftover);
    }
  }

  private static final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
      Files.delete(folder);
      return FileVisitResult.CONTINUE;
    }
  }
}
