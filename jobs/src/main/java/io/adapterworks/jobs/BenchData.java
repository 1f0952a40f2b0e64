package io.adapterworks.jobs;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the real data sets that benchmarks of curation are made of. */
final class BenchData {
  private static final List<String> SETS =
      List.of(
          "banking77/train.csv",
          "clinc150/train_val.json",
          "instructions/alpaca_en_demo.json",
          "tinystories/tinystories_1000.json");

  private BenchData() {}

  /** The files that were named, or those in a folder {@code shared/data} above the project. */
  static List<Path> files(List<Path> named) {
    if (!named.isEmpty()) {
      return named;
    }
    Path root = Path.of(System.getProperty("adapterworks.root", ".")).toAbsolutePath().normalize();
    List<Path> found =
        Stream.iterate(root.getParent(), folder -> folder != null, Path::getParent)
            .map(folder -> folder.resolve("shared").resolve("data"))
            .filter(Files::isDirectory)
            .findFirst()
            .map(data -> SETS.stream().map(data::resolve).filter(Files::isRegularFile).toList())
            .orElse(List.of());
    Check.that(
        !found.isEmpty(),
        ErrorCode.USAGE,
        "there is no folder shared/data above %s; name the texts to measure on with --data FILE…",
        root);
    return found;
  }
}
