package io.adapterworks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** Finds the folder {@code shared}, with data and fixtures, beside the repository or above it. */
public final class SharedFolder {
  private SharedFolder() {}

  /** The file or folder of that name under shared; the test is skipped where it is absent. */
  public static Path require(String relative) {
    Optional<Path> found = find(relative);
    Assumptions.assumeTrue(found.isPresent(), () -> "skipped: no shared/" + relative);
    return found.orElseThrow();
  }

  /** The file or folder of that name under shared, if it is there. */
  public static Optional<Path> find(String relative) {
    Path root = Path.of(System.getProperty("adapterworks.root", "")).toAbsolutePath().normalize();
    for (Path folder = root.getParent(); folder != null; folder = folder.getParent()) {
      Path candidate = folder.resolve("shared").resolve(relative);
      if (Files.exists(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }
}
